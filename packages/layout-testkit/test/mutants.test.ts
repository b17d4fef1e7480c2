import type { Registry } from "@ocilayout/oci-types";
import { collect, computeDigest, emptyDescriptor, isRegistryError } from "@ocilayout/oci-types";
import { expect, it } from "vitest";

import { runConformance } from "../src/index.ts";
import { createMemoryRegistry } from "../src/memory/index.ts";

type Defect = (whole: Registry) => Partial<Registry>;

/** A registry that is whole but for one thing. */
function broken(whole: Registry, defect: Defect): Registry {
  return { ...whole, ...defect(whole) };
}

async function* from<Item>(items: Promise<readonly Item[]>): AsyncGenerator<Item, void, undefined> {
  yield* await items;
}

async function quietly(call: Promise<unknown>): Promise<void> {
  await call.catch((error: unknown) => {
    if (!isRegistryError(error)) throw error;
  });
}

it.each<[string, string, Defect]>([
  ["BLOB-02", "stores what it was not asked to", (whole) => ({
    pushBlob: async (repo, descriptor, content, options) => {
      try {
        return await whole.pushBlob(repo, descriptor, content, options);
      } catch (error) {
        if (isRegistryError(error, "DIGEST_INVALID")) return whole.pushBlob(repo, await computeDigest(new Uint8Array()), new Uint8Array());
        throw error;
      }
    },
  })],
  ["BLOB-07", "gives something in place of a rejection", (whole) => ({
    resolveBlob: async (repo, digest, options) =>
      whole.resolveBlob(repo, digest, options).catch((error: unknown) => {
        if (isRegistryError(error, "BLOB_UNKNOWN")) return emptyDescriptor;
        throw error;
      }),
  })],
  ["RANGE-01", "ends its ranges with the last byte, as HTTP does", (whole) => ({
    getBlobRange: async (repo, digest, range, options) =>
      whole.getBlobRange(repo, digest, { ...range, end: range.end === undefined ? undefined : range.end + 1 }, options),
  })],
  ["MANIFEST-01", "stores manifests without the space around them", (whole) => ({
    pushManifest: async (repo, content, mediaType, options) => {
      const rewritten = content instanceof Uint8Array ? new TextEncoder().encode(new TextDecoder().decode(content).trim()) : content;
      return whole.pushManifest(repo, rewritten, mediaType, options);
    },
  })],
  ["MANIFEST-06", "ignores the digest that a manifest should have", (whole) => ({
    pushManifest: async (repo, content, mediaType, options) => whole.pushManifest(repo, content, mediaType, { ...options, digest: undefined }),
  })],
  ["TAG-01", "applies the first tag only", (whole) => ({
    pushManifest: async (repo, content, mediaType, options) =>
      whole.pushManifest(repo, content, mediaType, { ...options, tags: options?.tags?.slice(0, 1) }),
  })],
  ["TAG-04", "ignores conditions", (whole) => ({
    pushManifest: async (repo, content, mediaType, options) =>
      whole.pushManifest(repo, content, mediaType, { ...options, ifMatch: undefined, ifNoneMatch: undefined }),
  })],
  ["TAG-07", "lists tags as people sort them", (whole) => ({
    tags: (repo, options) => from(collect(whole.tags(repo, options)).then((tags) => tags.toSorted((a, b) => a.localeCompare(b)))),
  })],
  ["TAG-09", "has no tags where there is no repository", (whole) => ({
    tags: (repo, options) =>
      from(
        collect(whole.tags(repo, options)).catch((error: unknown) => {
          if (isRegistryError(error, "NAME_UNKNOWN")) return [];
          throw error;
        }),
      ),
  })],
  ["DELETE-01", "deletes the manifest with its tag", (whole) => ({
    deleteTag: async (repo, tag, options) => {
      const { digest } = await whole.resolveTag(repo, tag);
      await whole.deleteTag(repo, tag, options);
      await quietly(whole.deleteManifest(repo, digest));
    },
  })],
  ["DELETE-03", "deletes what is not there", (whole) => ({ deleteTag: async (repo, tag, options) => quietly(whole.deleteTag(repo, tag, options)) })],
  ["REFERRER-04", "finds another repository's referrers", (whole) => ({
    referrers: (repo, digest, options) =>
      from(
        (async () => {
          const found = await Promise.all((await collect(whole.repositories())).map((other) => collect(whole.referrers(other, digest))));
          return found.flat().length === 0 ? collect(whole.referrers(repo, digest, options)) : found.flat();
        })(),
      ),
  })],
  ["UPLOAD-07", "begins a session for an id that it never issued", (whole) => ({
    pushBlobChunkedResume: async (repo, id, options) =>
      whole.pushBlobChunkedResume(repo, id, options).catch((error: unknown) => {
        if (isRegistryError(error, "BLOB_UPLOAD_UNKNOWN")) return whole.pushBlobChunked(repo);
        throw error;
      }),
  })],
  ["SIGNAL-01", "does not look at signals", (whole) => ({
    resolveTag: async (repo, tag) => whole.resolveTag(repo, tag),
    resolveBlob: async (repo, digest) => whole.resolveBlob(repo, digest),
    pushBlob: async (repo, descriptor, content) => whole.pushBlob(repo, descriptor, content),
  })],
])("%s tells a registry that %s", async (id, _what, defect) => {
  const { results, ok } = await runConformance({
    capabilities: { persistent: false },
    create: () => ({ registry: broken(createMemoryRegistry(), defect) }),
  });
  expect(ok).toBe(false);
  const found = results.find((result) => result.id === id);
  expect(found?.status, String(found?.message)).toBe("fail");
  expect(found?.hint?.lookFor).toBeTruthy();
});
