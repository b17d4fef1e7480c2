import type { CallOptions, Registry } from "@ocilayout/oci-types";
import { readBlobSource, requireSignal } from "@ocilayout/oci-types/authors";

import { having } from "./checks/having.ts";

/**
 * Creates a `Registry` from some of its calls. A missing call rejects with `UNSUPPORTED`, a missing list at its first
 * `next()`. It checks options and signals, and no other arguments. It corresponds to Go's `oci.Funcs`.
 *
 * @param backend - The calls, as an object or an instance of a class. They are called with it as `this`.
 */
export function defineRegistry(backend: Partial<Registry>): Registry {
  return {
    ...(backend.capabilities === undefined ? {} : { capabilities: backend.capabilities }),
    getBlob: async (repo, digest, options) =>
      having(backend, "getBlob").getBlob(repo, digest, checked(options)),
    getBlobRange: async (repo, digest, range, options) =>
      having(backend, "getBlobRange").getBlobRange(repo, digest, range, checked(options)),
    getManifest: async (repo, digest, options) =>
      having(backend, "getManifest").getManifest(repo, digest, checked(options)),
    getTag: async (repo, tag, options) => having(backend, "getTag").getTag(repo, tag, checked(options)),
    resolveBlob: async (repo, digest, options) =>
      having(backend, "resolveBlob").resolveBlob(repo, digest, checked(options)),
    resolveManifest: async (repo, digest, options) =>
      having(backend, "resolveManifest").resolveManifest(repo, digest, checked(options)),
    resolveTag: async (repo, tag, options) =>
      having(backend, "resolveTag").resolveTag(repo, tag, checked(options)),
    async pushBlob(repo, descriptor, content, options) {
      const begin = (): [Pick<Registry, "pushBlob">, CallOptions | undefined] => [
        having(backend, "pushBlob"),
        checked(options),
      ];
      let begun: ReturnType<typeof begin>;
      try {
        begun = begin();
      } catch (error) {
        // Ends content that does not reach the backend.
        await readBlobSource(content).return(error);
        throw error;
      }
      return begun[0].pushBlob(repo, descriptor, content, begun[1]);
    },
    pushBlobChunked: async (repo, options) =>
      having(backend, "pushBlobChunked").pushBlobChunked(repo, checked(options)),
    pushBlobChunkedResume: async (repo, id, options) =>
      having(backend, "pushBlobChunkedResume").pushBlobChunkedResume(repo, id, checked(options)),
    resolveUpload: async (repo, id, options) =>
      having(backend, "resolveUpload").resolveUpload(repo, id, checked(options)),
    cancelUpload: async (repo, id, options) =>
      having(backend, "cancelUpload").cancelUpload(repo, id, checked(options)),
    mountBlob: async (from, to, digest, options) =>
      having(backend, "mountBlob").mountBlob(from, to, digest, checked(options)),
    pushManifest: async (repo, content, mediaType, options) =>
      having(backend, "pushManifest").pushManifest(repo, content, mediaType, checked(options)),
    deleteBlob: async (repo, digest, options) =>
      having(backend, "deleteBlob").deleteBlob(repo, digest, checked(options)),
    deleteManifest: async (repo, digest, options) =>
      having(backend, "deleteManifest").deleteManifest(repo, digest, checked(options)),
    deleteTag: async (repo, tag, options) =>
      having(backend, "deleteTag").deleteTag(repo, tag, checked(options)),
    tags: (repo, options) => lazily(() => having(backend, "tags").tags(repo, checked(options))),
    referrers: (repo, digest, options) =>
      lazily(() => having(backend, "referrers").referrers(repo, digest, checked(options))),
    repositories: (options) => lazily(() => having(backend, "repositories").repositories(checked(options))),
  };
}

/** Checks the options of a call. A signal that is `null` becomes absent. */
function checked<Options extends CallOptions>(options: Options | undefined): Options | undefined {
  if (options === undefined) return undefined;
  const signal = requireSignal(options);
  return (options.signal as unknown) === null ? { ...options, signal } : options;
}

/** Makes the first `next()` reject if `list` throws. */
async function* lazily<Item>(list: () => AsyncIterable<Item>): AsyncGenerator<Item, void, undefined> {
  yield* list();
}
