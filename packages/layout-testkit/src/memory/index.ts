import type { Registry } from "@ocilayout/oci-types";

import { MemoryDeleter } from "./deleter.ts";
import { MemoryLister } from "./lister.ts";
import type { MemoryOptions } from "./options.ts";
import { completeOptions } from "./options.ts";
import { MemoryReader } from "./reader.ts";
import { MemoryStore } from "./store.ts";
import { MemoryUploads } from "./uploads.ts";
import { MemoryWriter } from "./writer.ts";

export type { MemoryOptions } from "./options.ts";

/** A registry that keeps everything in memory. */
export interface MemoryRegistry extends Registry, AsyncDisposable {
  /** Ends it: every later call is `CLOSED`, and every upload's writer is closed. Idempotent. */
  close(): Promise<void>;
}

/**
 * Makes an empty registry that keeps everything in memory: a model to compare other registries with, and a double for
 * tests of what uses one. It does all that the interface promises, but outlive its process.
 *
 * @throws TypeError or RangeError where an option makes no sense.
 */
export function createMemoryRegistry(options: MemoryOptions = {}): MemoryRegistry {
  const settings = completeOptions(options);
  const store = new MemoryStore(settings);
  const reader = new MemoryReader(store);
  const writer = new MemoryWriter(store);
  const uploads = new MemoryUploads(store);
  const deleter = new MemoryDeleter(store);
  const lister = new MemoryLister(store);
  const close = async (): Promise<void> => {
    store.close();
    await uploads.close();
  };
  return {
    capabilities: {
      persistent: false,
      repositoryScopedBlobs: settings.repositoryScopedBlobs,
      checksReferences: !settings.allowSparse,
    },
    getBlob: (...args) => reader.getBlob(...args),
    getBlobRange: (...args) => reader.getBlobRange(...args),
    getManifest: (...args) => reader.getManifest(...args),
    getTag: (...args) => reader.getTag(...args),
    resolveBlob: (...args) => reader.resolveBlob(...args),
    resolveManifest: (...args) => reader.resolveManifest(...args),
    resolveTag: (...args) => reader.resolveTag(...args),
    pushBlob: (...args) => writer.pushBlob(...args),
    pushBlobChunked: (...args) => uploads.pushBlobChunked(...args),
    pushBlobChunkedResume: (...args) => uploads.pushBlobChunkedResume(...args),
    resolveUpload: (...args) => uploads.resolveUpload(...args),
    cancelUpload: (...args) => uploads.cancelUpload(...args),
    mountBlob: (...args) => writer.mountBlob(...args),
    pushManifest: (...args) => writer.pushManifest(...args),
    deleteBlob: (...args) => deleter.deleteBlob(...args),
    deleteManifest: (...args) => deleter.deleteManifest(...args),
    deleteTag: (...args) => deleter.deleteTag(...args),
    tags: (...args) => lister.tags(...args),
    referrers: (...args) => lister.referrers(...args),
    repositories: (...args) => lister.repositories(...args),
    close,
    [Symbol.asyncDispose]: close,
  };
}
