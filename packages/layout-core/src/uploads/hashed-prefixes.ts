import type { Hasher } from "@ocilayout/oci-types";
import { createHasher } from "@ocilayout/oci-types/authors";

import type { UploadState } from "./upload-record.ts";

/** How many sessions that are not open are remembered. */
const MOST = 1_000;

/** The hash of the first bytes of an upload. */
export interface HashedPrefix {
  readonly hasher: Hasher;
  /** How many bytes were hashed. */
  size: number;
}

/**
 * The hashes of upload sessions between two of their writers, so that nothing that was written here has to be read
 * again. A session that somebody else wrote to meanwhile is not what was hashed.
 */
export class HashedPrefixes {
  readonly #kept: Map<string, { readonly stamp: string; readonly hashed: HashedPrefix }> = new Map();

  /** The hash of all that `state` has; where it is not known, of nothing. */
  take(state: UploadState): HashedPrefix {
    const kept = this.#kept.get(state.id);
    this.#kept.delete(state.id);
    return kept?.stamp === state.stamp ? kept.hashed : { hasher: createHasher(state.algorithm), size: 0 };
  }

  /** Keeps the hash of all that a session has while it is in the state of `stamp`. */
  keep(id: string, stamp: string, hashed: HashedPrefix): void {
    this.#kept.set(id, { stamp, hashed });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST && oldest !== undefined) this.#kept.delete(oldest);
  }

  /** Forgets a session that has ended. */
  drop(id: string): void {
    this.#kept.delete(id);
  }
}
