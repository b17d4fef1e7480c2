import type { Disk, OpenFile } from "../disk/disk.ts";

/** What is written at once, in bytes. */
export const BLOCK_BYTES: number = 1024 * 1024;
/** The first block: most blobs are small, and many of them may be written at once. */
const FIRST_BLOCK_BYTES = 64 * 1024;

/**
 * Writes chunks to a file in large blocks, and looks at each block while it is on its way to the disk.
 *
 * Every byte is copied first: a caller, or another thread, can change the memory of a chunk at any moment, and what is
 * looked at must be what is written. There are two blocks: one is written while the other is filled.
 */
export class ChunkWriter {
  readonly #disk: Disk;
  readonly #file: OpenFile;
  readonly #look: (block: Uint8Array) => void;
  readonly #blocks: (Uint8Array | undefined)[] = [];
  #turn: 0 | 1 = 0;
  #filled = 0;
  #size = 0;
  #writing: Promise<void> | undefined;

  /** @param look - Sees every byte, once and in order. */
  constructor(disk: Disk, file: OpenFile, look: (block: Uint8Array) => void) {
    this.#disk = disk;
    this.#file = file;
    this.#look = look;
  }

  /** Bytes added. */
  get size(): number {
    return this.#size;
  }

  /** Adds a chunk, whose memory is its owner's again when this resolves. A write that failed rejects a later call. */
  async add(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      const block = (this.#blocks[this.#turn] ??= Buffer.allocUnsafeSlow(
        this.#size === 0 ? FIRST_BLOCK_BYTES : BLOCK_BYTES,
      ));
      const part = chunk.subarray(at, at + block.length - this.#filled);
      block.set(part, this.#filled);
      this.#filled += part.length;
      this.#size += part.length;
      at += part.length;
      if (this.#filled === block.length) await this.#write();
    }
  }

  /** Writes what is left, and waits until all is written. */
  async end(): Promise<void> {
    if (this.#filled > 0) await this.#write();
    await this.#writing;
  }

  /** Waits for the write that is under way, whatever comes of it: before that the file must not be closed. */
  async settle(): Promise<void> {
    await this.#writing?.catch(() => undefined);
  }

  async #write(): Promise<void> {
    const block = this.#blocks[this.#turn]?.subarray(0, this.#filled);
    if (block === undefined) return;
    await this.#writing;
    // Another thread writes while this one hashes.
    this.#writing = this.#disk.write(this.#file, block);
    // Whoever waits for it is told.
    this.#writing.catch(() => undefined);
    this.#look(block);
    if (this.#size <= FIRST_BLOCK_BYTES) this.#blocks[this.#turn] = undefined;
    this.#turn = this.#turn === 0 ? 1 : 0;
    this.#filled = 0;
  }
}
