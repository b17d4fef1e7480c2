import { closeWriters, defineBackend, sameBackend } from "@ocilayout/oci-backend";
import type { Registry } from "@ocilayout/oci-types";

import { MemoryBackend } from "./backend.ts";
import type { MemoryOptions } from "./options.ts";
import { completeOptions } from "./options.ts";

export type { MemoryOptions } from "./options.ts";

/** A registry that keeps everything in memory. */
export interface MemoryRegistry extends Registry, AsyncDisposable {
  /** Closes the registry: every later call fails with `CLOSED`, and open upload writers are closed. Idempotent. */
  close(): Promise<void>;
}

/**
 * Makes an empty registry in memory. It serves as a model for other registries and as a double in tests. It supports
 * everything in the interface except persistence.
 *
 * @throws TypeError or RangeError if the options are invalid.
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
