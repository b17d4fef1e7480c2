import { SpareBuffers } from "@ocilayout/oci-types/authors";

import { freeMemory } from "./free-memory.ts";
import type { Received } from "./received-chunks.ts";

/** The size of the blocks that are kept for later bodies, in bytes. */
const KEPT_BYTES = 512 * 1024;
const spare = new SpareBuffers(KEPT_BYTES, 8);

/**
 * Collects chunks in two blocks in turn: one is filled while the caller works on the other. The memory of the chunks is freed
 * at once. Otherwise a large body would leave tens of mebibytes of garbage, and V8 would work longer to collect it than to copy
 * it.
 */
export class ReceivedBlocks implements Received {
  readonly readsAhead = true;
  readonly #blockBytes: number;
  /** The bytes that did not fit into the block, and the chunks that they are parts of. */
  readonly #rest: { readonly part: Uint8Array; readonly chunk: Uint8Array }[] = [];
  #block: Uint8Array | undefined;
  #filled = 0;
  /** The block of the caller. */
  #taken: Uint8Array | undefined;

  /** @param blockBytes - The size of a block, in bytes. */
  constructor(blockBytes: number) {
    this.#blockBytes = Math.max(1, blockBytes);
  }

  get size(): number {
    return this.#filled;
  }

  get hasRoom(): boolean {
    return this.#filled < this.#blockBytes;
  }

  add(chunk: Uint8Array): void {
    this.#pour(chunk, chunk);
  }

  take(): Uint8Array | undefined {
    if (this.#block === undefined || this.#filled === 0) return undefined;
    const full = this.#block;
    const chunk = full.subarray(0, this.#filled);
    this.#block = this.#taken;
    this.#taken = full;
    this.#filled = 0;
    for (const { part, chunk } of this.#rest.splice(0)) this.#pour(part, chunk);
    return chunk;
  }

  drop(): void {
    this.#filled = 0;
    this.#rest.length = 0;
  }

  free(): void {
    this.drop();
    spare.give(this.#block);
    spare.give(this.#taken);
    this.#block = undefined;
    this.#taken = undefined;
  }

  #pour(part: Uint8Array, chunk: Uint8Array): void {
    this.#block ??= this.#blockBytes === KEPT_BYTES ? spare.take() : new Uint8Array(this.#blockBytes);
    const count = Math.min(part.length, this.#block.length - this.#filled);
    this.#block.set(count === part.length ? part : part.subarray(0, count), this.#filled);
    this.#filled += count;
    if (count === part.length) freeMemory(chunk);
    else this.#rest.push({ part: part.subarray(count), chunk });
  }
}
