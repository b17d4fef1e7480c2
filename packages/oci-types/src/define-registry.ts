import { readBlobSource } from "./blob-source.ts";
import { RegistryError } from "./errors.ts";
import type { Registry } from "./registry.ts";

/**
 * Makes a whole {@link Registry} of the calls that a backend has: what is missing rejects with `UNSUPPORTED`, a
 * list at its first `next()`. The counterpart of Go's `oci.Funcs`.
 *
 * @param backend - The calls there are, as an object or an instance of a class; each is called on it.
 */
export function defineRegistry(backend: Partial<Registry>): Registry {
  return {
    ...(backend.capabilities === undefined ? {} : { capabilities: backend.capabilities }),
    getBlob: async (...args) => having(backend, "getBlob").getBlob(...args),
    getBlobRange: async (...args) => having(backend, "getBlobRange").getBlobRange(...args),
    getManifest: async (...args) => having(backend, "getManifest").getManifest(...args),
    getTag: async (...args) => having(backend, "getTag").getTag(...args),
    resolveBlob: async (...args) => having(backend, "resolveBlob").resolveBlob(...args),
    resolveManifest: async (...args) => having(backend, "resolveManifest").resolveManifest(...args),
    resolveTag: async (...args) => having(backend, "resolveTag").resolveTag(...args),
    async pushBlob(...args) {
      if (backend.pushBlob === undefined) await readBlobSource(args[2]).return();
      return having(backend, "pushBlob").pushBlob(...args);
    },
    pushBlobChunked: async (...args) => having(backend, "pushBlobChunked").pushBlobChunked(...args),
    pushBlobChunkedResume: async (...args) => having(backend, "pushBlobChunkedResume").pushBlobChunkedResume(...args),
    resolveUpload: async (...args) => having(backend, "resolveUpload").resolveUpload(...args),
    cancelUpload: async (...args) => having(backend, "cancelUpload").cancelUpload(...args),
    mountBlob: async (...args) => having(backend, "mountBlob").mountBlob(...args),
    pushManifest: async (...args) => having(backend, "pushManifest").pushManifest(...args),
    deleteBlob: async (...args) => having(backend, "deleteBlob").deleteBlob(...args),
    deleteManifest: async (...args) => having(backend, "deleteManifest").deleteManifest(...args),
    deleteTag: async (...args) => having(backend, "deleteTag").deleteTag(...args),
    tags: (...args) => lazily(() => having(backend, "tags").tags(...args)),
    referrers: (...args) => lazily(() => having(backend, "referrers").referrers(...args)),
    repositories: (...args) => lazily(() => having(backend, "repositories").repositories(...args)),
  };
}

/** `backend`, known to have `name`. */
function having<Name extends keyof Registry>(backend: Partial<Registry>, name: Name): Required<Pick<Registry, Name>> {
  if (backend[name] !== undefined) return backend as Required<Pick<Registry, Name>>;
  throw new RegistryError("UNSUPPORTED", `this registry does not support ${name}`);
}

/** Turns whatever `list` throws into a rejection of the first `next()`. */
async function* lazily<Item>(list: () => AsyncIterable<Item>): AsyncGenerator<Item, void, undefined> {
  yield* list();
}
