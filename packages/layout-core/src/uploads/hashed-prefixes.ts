import type { Hasher } from "@ocilayout/oci-types";
import { createHasher } from "@ocilayout/oci-types/authors";

import type { UploadState } from "./upload-record.ts";

/** The largest number of closed sessions that are remembered. */
const MOST = 1_000;

/** The hash of the first bytes of an upload. */
export interface HashedPrefix {
  readonly hasher: Hasher;
  /** The number of hashed bytes. */
  size: number;
}

/**
 * Keeps the hashes of upload sessions between two writers, so that bytes that this process wrote are not read again. If
 * another process wrote to a session in between, its hash is not used.
 */
export class HashedPrefixes {
  readonly #kept: Map<string, { readonly stamp: string; readonly hashed: HashedPrefix }> = new Map();

  /** Returns the hash of everything in `state` or, if it is unknown, of nothing. */
  take(state: UploadState): HashedPrefix {
    const kept = this.#kept.get(state.id);
    this.#kept.delete(state.id);
    return kept?.stamp === state.stamp ? kept.hashed : { hasher: createHasher(state.algorithm), size: 0 };
  }

  /** Keeps the hash of everything in a session while its state is `stamp`. */
  keep(id: string, stamp: string, hashed: HashedPrefix): void {
    this.#kept.set(id, { stamp, hashed });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST && oldest !== undefined) this.#kept.delete(oldest);
  }

  /** Drops a session that has ended. */
  drop(id: string): void {
    this.#kept.delete(id);
  }
}
