import type { Disk, OpenFile } from "./disk.ts";

/** What is written at once, in bytes. Smaller chunks are put together. */
const BLOCK_BYTES = 1024 * 1024;
/** The first block: most blobs are small, and many of them may be written at once. */
const FIRST_BLOCK_BYTES = 64 * 1024;
/** A chunk of so many bytes is written as it is. */
const DIRECT_BYTES = 256 * 1024;

/** Writes chunks to a file in large blocks, and looks at each block while it is on its way to the disk. */
export class ChunkWriter {
  readonly #disk: Disk;
  readonly #file: OpenFile;
  readonly #look: (block: Uint8Array) => void;
  #block: Uint8Array | undefined;
  #filled = 0;
  #size = 0;

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

  /** Adds a chunk, whose memory is its owner's again when this resolves. */
  async add(chunk: Uint8Array): Promise<void> {
    this.#size += chunk.length;
    if (this.#filled === 0 && chunk.length >= DIRECT_BYTES) {
      await this.#write(chunk);
      return;
    }
    for (let rest = chunk; rest.length > 0; ) {
      this.#block ??= Buffer.allocUnsafeSlow(this.#size <= FIRST_BLOCK_BYTES ? FIRST_BLOCK_BYTES : BLOCK_BYTES);
      const part = rest.subarray(0, this.#block.length - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.length;
      rest = rest.subarray(part.length);
      if (this.#filled < this.#block.length) continue;
      const isFirst = this.#block.length < BLOCK_BYTES;
      await this.end();
      if (isFirst) this.#block = undefined;
    }
  }

  /** Writes what is left. */
  async end(): Promise<void> {
    if (this.#block === undefined || this.#filled === 0) return;
    const block = this.#block.subarray(0, this.#filled);
    this.#filled = 0;
    await this.#write(block);
  }

  async #write(block: Uint8Array): Promise<void> {
    // Another thread writes while this one hashes.
    const written = this.#disk.write(this.#file, block);
    this.#look(block);
    await written;
  }
}
