import { closeWriters, defineBackend, sameBackend } from "@ocilayout/oci-backend";
import type { Registry } from "@ocilayout/oci-types";

import { MemoryBackend } from "./backend.ts";
import type { MemoryOptions } from "./options.ts";
import { completeOptions } from "./options.ts";

export type { MemoryOptions } from "./options.ts";

/** A registry that keeps everything in memory. */
export interface MemoryRegistry extends Registry, AsyncDisposable {
  /** Ends it: every later call is `CLOSED`, and every upload's writer is closed. Idempotent. */
  close(): Promise<void>;
}

/**
 * Makes an empty registry that keeps everything in memory: a model to compare other registries with, and a double for
 * tests of programs that use one. It does all that the interface promises, but outlive its process.
 *
 * @throws TypeError or RangeError for options that make no sense.
 */
export function createMemoryRegistry(options: MemoryOptions = {}): MemoryRegistry {
  const backend = new MemoryBackend(completeOptions(options));
  const registry = defineBackend(backend);
  const close = async (): Promise<void> => {
    backend.close();
    await closeWriters(registry);
  };
  return sameBackend(registry, { ...registry, close, [Symbol.asyncDispose]: close });
}
