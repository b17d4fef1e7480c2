/**
 * Counts different names by their hashes, up to a limit, without decoding them. Two names with the same hash count once.
 */
export class NameSet {
  readonly #slots: Uint32Array;
  #size = 0;

  /** @param limit - The maximum number of names. */
  constructor(limit: number) {
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(limit * 2)));
  }

  /** The number of different names. */
  get size(): number {
    return this.#size;
  }

  /** Adds the name in the bytes from `start` to `end`. Callers must stop when `size` exceeds the limit. */
  add(content: Uint8Array, start: number, end: number): void {
    const hash = hashOf(content, start, end);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const taken = this.#slots[slot];
      if (taken === hash) return;
      if (taken !== 0) continue;
      this.#slots[slot] = hash;
      this.#size += 1;
      return;
    }
  }
}

/** Returns the FNV-1a hash of bytes. It is never 0, which marks an empty slot. */
function hashOf(content: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (content[at] ?? 0), 0x01000193);
  return hash >>> 0 || 1;
}
