/** The place that blocks are written to. */
export interface BlockOutput {
  /** Whether the output may keep a block after its write has resolved, so that its memory must not be used again. */
  readonly keepsBlocks: boolean;
  /** Writes a block after those before it. Not called while another write is pending. */
  write(block: Uint8Array): Promise<void>;
}

/** The size of a write, in bytes. */
const BLOCK_BYTES = 512 * 1024;

/** A hash of the bytes that are written. */
export interface Look {
  update(bytes: Uint8Array): unknown;
}

/**
 * Collects chunks to large blocks. Each chunk is copied first, and the copy is hashed: its owner may change the memory at any
 * moment. One block is filled and hashed while the other is written.
 */
export class BlockWriter {
  readonly #output: BlockOutput;
  readonly #blocks: [Uint8Array | undefined, Uint8Array | undefined] = [undefined, undefined];
  #turn: 0 | 1 = 0;
  #filled = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(output: BlockOutput) {
    this.#output = output;
  }

  /** Adds a chunk. The caller may reuse its memory after this resolves. A failed write rejects a later call. */
  async add(chunk: Uint8Array, look?: Look): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      const block = (this.#blocks[this.#turn] ??= Buffer.allocUnsafeSlow(BLOCK_BYTES));
      const count = Math.min(chunk.length - at, block.length - this.#filled);
      block.set(chunk.subarray(at, at + count), this.#filled);
      look?.update(block.subarray(this.#filled, this.#filled + count));
      this.#filled += count;
      at += count;
      if (this.#filled === block.length) await this.#write();
    }
  }

  /** Writes the rest, and waits until everything is written. */
  async end(): Promise<void> {
    if (this.#filled > 0) await this.#write();
    await this.#writing;
  }

  /** Waits for the current write, and ignores its result. */
  async settle(): Promise<void> {
    await this.#writing.catch(() => undefined);
  }

  async #write(): Promise<void> {
    const block = this.#blocks[this.#turn]?.subarray(0, this.#filled);
    await this.#writing;
    if (block === undefined) return;
    this.#writing = this.#output.write(block);
    // Prevents an unhandled rejection: the next call that waits for the write reports the failure.
    this.#writing.catch(() => undefined);
    if (this.#output.keepsBlocks) this.#blocks[this.#turn] = undefined;
    this.#turn = this.#turn === 0 ? 1 : 0;
    this.#filled = 0;
  }
}
