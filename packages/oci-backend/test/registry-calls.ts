import { collect, type Registry } from "@ocilayout/oci-types";
import { bytes } from "@ocilayout/testing";

import { digest } from "./recording-backend.ts";

/** The arguments that a test can replace with invalid ones. */
export interface Arguments {
  readonly repo: string;
  readonly digest: string;
  readonly tag: string;
  readonly options: object | undefined;
}

/** A call with the given arguments. The others are valid. */
export type Call = (
  registry: Registry,
  changed?: Partial<Record<keyof Arguments, unknown>>,
) => Promise<unknown>;

const call =
  (make: (registry: Registry, given: Arguments) => Promise<unknown>): Call =>
  (registry, changed = {}) =>
    make(registry, { repo: "a", digest, tag: "t", options: undefined, ...(changed as Partial<Arguments>) });

/** Every call of a registry. */
export const calls: Record<Exclude<keyof Registry, "capabilities">, Call> = {
  getBlob: call((registry, it) => registry.getBlob(it.repo, it.digest, it.options)),
  getBlobRange: call((registry, it) => registry.getBlobRange(it.repo, it.digest, { start: 1 }, it.options)),
  getManifest: call((registry, it) => registry.getManifest(it.repo, it.digest, it.options)),
  getTag: call((registry, it) => registry.getTag(it.repo, it.tag, it.options)),
  resolveBlob: call((registry, it) => registry.resolveBlob(it.repo, it.digest, it.options)),
  resolveManifest: call((registry, it) => registry.resolveManifest(it.repo, it.digest, it.options)),
  resolveTag: call((registry, it) => registry.resolveTag(it.repo, it.tag, it.options)),
  pushBlob: call((registry, it) =>
    registry.pushBlob(it.repo, { digest: it.digest }, bytes("hello"), it.options),
  ),
  pushBlobChunked: call((registry, it) => registry.pushBlobChunked(it.repo, it.options)),
  pushBlobChunkedResume: call((registry, it) => registry.pushBlobChunkedResume(it.repo, "one", it.options)),
  resolveUpload: call((registry, it) => registry.resolveUpload(it.repo, "one", it.options)),
  cancelUpload: call((registry, it) => registry.cancelUpload(it.repo, "one", it.options)),
  mountBlob: call((registry, it) => registry.mountBlob("b", it.repo, it.digest, it.options)),
  pushManifest: call((registry, { repo, tag, options = { tags: [tag] } }) =>
    registry.pushManifest(repo, bytes("hello"), "text/plain", options),
  ),
  deleteBlob: call((registry, it) => registry.deleteBlob(it.repo, it.digest, it.options)),
  deleteManifest: call((registry, it) => registry.deleteManifest(it.repo, it.digest, it.options)),
  deleteTag: call((registry, it) => registry.deleteTag(it.repo, it.tag, it.options)),
  tags: call((registry, it) => collect(registry.tags(it.repo, it.options))),
  referrers: call((registry, it) => collect(registry.referrers(it.repo, it.digest, it.options))),
  repositories: call((registry, it) => collect(registry.repositories(it.options))),
};

/** The names of the calls that take a repository, a digest or a tag. */
export const taking: Readonly<Record<"repo" | "digest" | "tag", readonly (keyof typeof calls)[]>> = {
  repo: (Object.keys(calls) as (keyof typeof calls)[]).filter((name) => name !== "repositories"),
  digest: [
    "getBlob",
    "getBlobRange",
    "getManifest",
    "resolveBlob",
    "resolveManifest",
    "pushBlob",
    "mountBlob",
    "deleteBlob",
    "deleteManifest",
    "referrers",
  ],
  tag: ["getTag", "resolveTag", "pushManifest", "deleteTag"],
};
