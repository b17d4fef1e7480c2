import type { CallOptions, Registry } from "@ocilayout/oci-types";
import { readBlobSource, requireSignal } from "@ocilayout/oci-types/authors";

import { having } from "./checks/having.ts";

/**
 * Makes a whole `Registry` of the calls that a backend has: what is missing rejects with `UNSUPPORTED`, a
 * list at its first `next()`. The counterpart of Go's `oci.Funcs`.
 *
 * @param backend - The calls there are, as an object or an instance of a class; each is called on it.
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
        // Content that never reaches the backend is ended here.
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

/** The options of a call, known to be an object with a signal or none: a backend sees no signal that is `null`. */
function checked<Options extends CallOptions>(options: Options | undefined): Options | undefined {
  if (options === undefined) return undefined;
  const signal = requireSignal(options);
  return (options.signal as unknown) === null ? { ...options, signal } : options;
}

/** Turns whatever `list` throws into a rejection of the first `next()`. */
async function* lazily<Item>(list: () => AsyncIterable<Item>): AsyncGenerator<Item, void, undefined> {
  yield* list();
}
