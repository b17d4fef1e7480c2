/** The place that blocks are written to. */
export interface BlockOutput {
  /** Whether the output may keep a block after its write has resolved, so that its memory must not be used again. */
  readonly keepsBlocks: boolean;
  /** Writes blocks after those before them. Not called while another write is pending. */
  write(...blocks: readonly Uint8Array[]): Promise<void>;
}

/** The size of a write, in bytes. */
const BLOCK_BYTES = 512 * 1024;
/** The size of the smallest chunk that is written without a copy, in bytes. */
const LEAST_UNCOPIED = 64 * 1024;
const ZERO_BYTES: Uint8Array = new Uint8Array();

/** A hash of the bytes that are written. */
export interface Look {
  update(bytes: Uint8Array): unknown;
}

/** Waits until the memory of a chunk is not used any more. */
export type Release = () => Promise<void>;

/**
 * Collects chunks to large blocks. Each chunk is copied first, and the copy is hashed: its owner may change the memory at any
 * moment. One block is filled and hashed while the other is written. Large chunks that no other code can change are not copied.
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

  /**
   * Adds a chunk that no other code can change before it is released: see `isUnshared`. A large one is hashed and written without
   * a copy. A failed write rejects this call or a later one.
   *
   * @returns A function that waits until the chunk is written. Only then may its owner reuse its memory.
   */
  async addUnshared(chunk: Uint8Array, look: Look, isLast: boolean): Promise<Release> {
    if (this.#output.keepsBlocks || chunk.length < LEAST_UNCOPIED) {
      await this.add(chunk, look);
      return async () => undefined;
    }
    // The last chunk of a blob is hashed while the chunk before it is written. So that of the next blob can follow at once.
    if (isLast) look.update(chunk);
    await this.#writing;
    this.#start(this.#takeBlock(), chunk);
    const writing = this.#writing;
    if (!isLast) look.update(chunk);
    return () => writing;
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
    await this.#writing;
    this.#start(this.#takeBlock());
  }

  /** Returns the filled part of the current block. The next bytes go to the other block. Call it when no write is pending. */
  #takeBlock(): Uint8Array {
    const block = this.#blocks[this.#turn]?.subarray(0, this.#filled) ?? ZERO_BYTES;
    if (this.#output.keepsBlocks) this.#blocks[this.#turn] = undefined;
    this.#turn = this.#turn === 0 ? 1 : 0;
    this.#filled = 0;
    return block;
  }

  #start(...blocks: readonly Uint8Array[]): void {
    this.#writing = this.#output.write(...blocks);
    // Prevents an unhandled rejection: the next call that waits for the write reports the failure.
    this.#writing.catch(() => undefined);
  }
}
