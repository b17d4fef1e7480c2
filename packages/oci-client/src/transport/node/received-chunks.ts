/** The bytes of a body that have arrived and wait for the caller. */
export interface Received {
  /** The number of bytes. */
  readonly size: number;
  /** Whether more bytes should be read from the connection now. */
  readonly hasRoom: boolean;
  /** Whether bytes are read from the connection while the caller works on a chunk. */
  readonly readsAhead: boolean;
  /** Adds bytes that have arrived. */
  add(chunk: Uint8Array): void;
  /** Returns the next chunk, or `undefined` if nothing waits. The caller is done with the chunk before. */
  take(): Uint8Array | undefined;
  /** Drops what waits. The caller may still use its last chunk. */
  drop(): void;
  /** Frees all memory. The caller is done with all chunks. */
  free(): void;
}

/** Chunks with memory of their own, which are handed on as they arrive. */
export class ReceivedChunks implements Received {
  readonly readsAhead = false;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get hasRoom(): boolean {
    return this.#chunks.length === 0;
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
  }

  take(): Uint8Array | undefined {
    const chunk = this.#chunks.shift();
    this.#size -= chunk?.length ?? 0;
    return chunk;
  }

  drop(): void {
    this.#chunks.length = 0;
    this.#size = 0;
  }

  free(): void {
    // The garbage collector frees chunks.
  }
}
