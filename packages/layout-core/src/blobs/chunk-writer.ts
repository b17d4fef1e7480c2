import { SpareBuffers } from "@ocilayout/oci-types/authors";

import type { Disk, OpenFile } from "../disk/disk.ts";

/** The size of a write, in bytes. A push holds two blocks: one mebibyte, which is what `oci-server` counts for it. */
export const BLOCK_BYTES: number = 512 * 1024;
/** The size of the first block. It is smaller because most blobs are small, and many may be written at once. */
const FIRST_BLOCK_BYTES = 64 * 1024;
const spare = new SpareBuffers(BLOCK_BYTES, 8);

/**
 * Writes chunks to a file in large blocks, and passes each block to a callback during the write.
 *
 * Every byte is copied first, because the owner of a chunk or another thread may change its memory at any moment. Thus
 * the callback sees the bytes that are written. There are two blocks: one is filled while the other is written. Large
 * chunks that no other code can change are not copied: copying a byte costs a third of hashing it.
 */
export class ChunkWriter {
  readonly #disk: Disk;
  readonly #file: OpenFile;
  readonly #look: (block: Uint8Array) => void;
  readonly #firstBytes: number;
  readonly #blocks: (Uint8Array | undefined)[] = [];
  #turn: 0 | 1 = 0;
  #filled = 0;
  #size = 0;
  #writing: Promise<void> | undefined;

  /**
   * @param look - Receives every byte, once and in order.
   * @param size - The largest number of bytes that are added, if it is known. A small blob needs only a small block.
   */
  constructor(disk: Disk, file: OpenFile, look: (block: Uint8Array) => void, size: number = Infinity) {
    this.#disk = disk;
    this.#file = file;
    this.#look = look;
    this.#firstBytes = Math.max(1, Math.min(size, FIRST_BLOCK_BYTES));
  }

  /** The number of bytes added. */
  get size(): number {
    return this.#size;
  }

  /** Adds a chunk. The caller may reuse its memory after this resolves. A failed write rejects a later call. */
  async add(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      const block = (this.#blocks[this.#turn] ??=
        this.#size === 0 ? Buffer.allocUnsafeSlow(this.#firstBytes) : spare.take());
      const part = chunk.subarray(at, at + block.length - this.#filled);
      block.set(part, this.#filled);
      this.#filled += part.length;
      this.#size += part.length;
      at += part.length;
      if (this.#filled === block.length) await this.#write();
    }
  }

  /**
   * Adds a chunk that no other code can change before this resolves: see `isUnshared`. A failed write rejects this call
   * or a later one.
   */
  async addUnshared(chunk: Uint8Array): Promise<void> {
    if (chunk.length < FIRST_BLOCK_BYTES) return this.add(chunk);
    if (this.#filled > 0) await this.#write();
    await this.#writing;
    this.#size += chunk.length;
    this.#start(chunk);
    await this.#writing;
  }

  /** Writes the rest, and waits until everything is written. */
  async end(): Promise<void> {
    if (this.#filled > 0) await this.#write();
    await this.#writing;
  }

  /** Waits for the current write, and ignores its result. The file must not be closed before. Ends the writer. */
  async settle(): Promise<void> {
    await this.#writing?.catch(() => undefined);
    for (const block of this.#blocks.splice(0)) spare.give(block);
  }

  async #write(): Promise<void> {
    const block = this.#blocks[this.#turn]?.subarray(0, this.#filled);
    if (block === undefined) return;
    await this.#writing;
    this.#start(block);
    if (this.#size <= FIRST_BLOCK_BYTES) this.#blocks[this.#turn] = undefined;
    this.#turn = this.#turn === 0 ? 1 : 0;
    this.#filled = 0;
  }

  /** Begins to write a block. The write runs in another thread while this one hashes. */
  #start(block: Uint8Array): void {
    this.#writing = this.#disk.write(this.#file, block);
    // Prevents an unhandled rejection: the next call that waits for the write reports the failure.
    this.#writing.catch(() => undefined);
    this.#look(block);
  }
}
