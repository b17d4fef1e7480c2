import type { Registry, RegistryCapabilities } from "@ocilayout/oci-types";
import { collect } from "@ocilayout/oci-types";

import { bytes } from "./content.ts";

/** The arguments that calls share. */
export interface Names {
  readonly repo: string;
  readonly digest: string;
  readonly tag: string;
  readonly signal?: AbortSignal | undefined;
}

/** Any call of a registry. */
export interface AnyCall {
  readonly name: string;
  /** The capability that the call needs. */
  readonly needs: keyof RegistryCapabilities | undefined;
  readonly run: (registry: Registry, names: Names) => Promise<unknown>;
}

type Run = AnyCall["run"];

function call(name: string, run: Run, needs?: keyof RegistryCapabilities): AnyCall {
  return { name, needs, run };
}

/** Every call with a digest. */
export const digestCalls: readonly AnyCall[] = [
  call("getBlob", (it, { repo, digest, signal }) => it.getBlob(repo, digest, { signal })),
  call("getBlobRange", (it, { repo, digest, signal }) =>
    it.getBlobRange(repo, digest, { start: 0 }, { signal }),
  ),
  call("resolveBlob", (it, { repo, digest, signal }) => it.resolveBlob(repo, digest, { signal })),
  call("getManifest", (it, { repo, digest, signal }) => it.getManifest(repo, digest, { signal })),
  call("resolveManifest", (it, { repo, digest, signal }) => it.resolveManifest(repo, digest, { signal })),
  call("pushBlob", (it, { repo, digest, signal }) => it.pushBlob(repo, { digest }, bytes("x"), { signal })),
  call("pushManifest", (it, { repo, digest, signal }) =>
    it.pushManifest(repo, bytes("x"), "application/x-a", { digest, signal }),
  ),
  call("mountBlob", (it, { repo, digest, signal }) => it.mountBlob(repo, repo, digest, { signal }), "mount"),
  call(
    "mountBlob",
    (it, { repo, digest, signal }) => it.mountBlob(undefined, repo, digest, { signal }),
    "mount",
  ),
  call("deleteBlob", (it, { repo, digest, signal }) => it.deleteBlob(repo, digest, { signal }), "deleteBlob"),
  call(
    "deleteManifest",
    (it, { repo, digest, signal }) => it.deleteManifest(repo, digest, { signal }),
    "deleteManifest",
  ),
  call(
    "referrers",
    (it, { repo, digest, signal }) => collect(it.referrers(repo, digest, { signal })),
    "referrers",
  ),
];

/** Every call with a tag. */
export const tagCalls: readonly AnyCall[] = [
  call("getTag", (it, { repo, tag, signal }) => it.getTag(repo, tag, { signal })),
  call("resolveTag", (it, { repo, tag, signal }) => it.resolveTag(repo, tag, { signal })),
  call("pushManifest", (it, { repo, tag, signal }) =>
    it.pushManifest(repo, bytes("x"), "application/x-a", { tags: [tag], signal }),
  ),
  call("deleteTag", (it, { repo, tag, signal }) => it.deleteTag(repo, tag, { signal }), "deleteTag"),
];

const id = "6f0c2d9e-0000-4000-8000-000000000000";

/** Every call with a repository. */
export const repositoryCalls: readonly AnyCall[] = [
  ...digestCalls,
  ...tagCalls,
  call("pushManifest", (it, { repo, signal }) =>
    it.pushManifest(repo, bytes("x"), "application/x-a", { signal }),
  ),
  call("pushBlobChunked", (it, { repo, signal }) => it.pushBlobChunked(repo, { signal }), "resumableUploads"),
  call(
    "pushBlobChunkedResume",
    (it, { repo, signal }) => it.pushBlobChunkedResume(repo, id, { signal }),
    "resumableUploads",
  ),
  call("resolveUpload", (it, { repo, signal }) => it.resolveUpload(repo, id, { signal }), "resumableUploads"),
  call("cancelUpload", (it, { repo, signal }) => it.cancelUpload(repo, id, { signal }), "resumableUploads"),
  call("tags", (it, { repo, signal }) => collect(it.tags(repo, { signal }))),
];

/** Every call. */
export const everyCall: readonly AnyCall[] = [
  ...repositoryCalls,
  call("repositories", (it, { signal }) => collect(it.repositories({ signal })), "repositories"),
];
