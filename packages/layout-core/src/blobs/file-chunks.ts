import { RegistryError } from "@ocilayout/oci-types";
import { SpareBuffers } from "@ocilayout/oci-types/authors";

import { closeQuietly } from "../disk/atomic-file.ts";
import type { Disk, HeldFile } from "../disk/disk.ts";
import { storageError } from "../disk/storage-error.ts";

/** The size of a read, in bytes. */
export const READ_BYTES: number = 1024 * 1024;
const spare = new SpareBuffers(READ_BYTES, 8);

/** A part of a file. */
export interface FilePart {
  readonly start: number;
  readonly end: number;
}

/** How to read a file. */
export interface ChunkOptions {
  /** `"reused"`: a chunk is valid only until the next one is requested. `"owned"`: each chunk has its own memory. */
  readonly chunks: "owned" | "reused";
  /** The largest size of a chunk in bytes, if it is less than {@link READ_BYTES}. */
  readonly chunkSize?: number | undefined;
}

/**
 * Returns the chunks of a file. The next chunk is read while the caller works on the current one. The file is closed
 * when the iterator ends or is closed.
 */
export function readFileChunks(
  disk: Pick<Disk, "read" | "close">,
  held: HeldFile,
  part: FilePart,
  { chunks, chunkSize }: ChunkOptions,
): AsyncIterableIterator<Uint8Array, undefined> {
  const readBytes = Math.min(Math.max(chunkSize ?? READ_BYTES, 1), READ_BYTES);
  return new FileChunks(disk, held, part, { readBytes, memory: chunks === "reused" ? inTurn() : owned });
}

/** The memory of chunks. */
interface ChunkMemory {
  /** Returns the memory of the next chunk. The first size must be the largest. */
  make(size: number): Uint8Array;
  /** Keeps the memory for other readers. The caller must not use any chunk anymore. */
  free(): void;
}

/** Every chunk has its own memory. */
const owned: ChunkMemory = {
  make: (size) => Buffer.allocUnsafeSlow(size),
  free: () => undefined,
};

/** Alternates between two buffers: one is filled while the caller works on the other. */
function inTurn(): ChunkMemory {
  const buffers: [Uint8Array?, Uint8Array?] = [];
  let turn: 0 | 1 = 0;
  return {
    make(size) {
      turn = turn === 0 ? 1 : 0;
      const buffer = (buffers[turn] ??= size === READ_BYTES ? spare.take() : owned.make(size));
      return buffer.length === size ? buffer : buffer.subarray(0, size);
    },
    free() {
      for (const buffer of buffers.splice(0)) spare.give(buffer);
    },
  };
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

class FileChunks implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #disk: Pick<Disk, "read" | "close">;
  readonly #held: HeldFile;
  readonly #end: number;
  readonly #readBytes: number;
  readonly #memory: ChunkMemory;
  #at: number;
  #ahead: Promise<Uint8Array> | undefined;
  /** The latest read. The file must not be closed before it has ended. */
  #latest: Promise<Uint8Array> | undefined;

  constructor(
    disk: Pick<Disk, "read" | "close">,
    held: HeldFile,
    { start, end }: FilePart,
    { readBytes, memory }: { readonly readBytes: number; readonly memory: ChunkMemory },
  ) {
    this.#readBytes = readBytes;
    this.#disk = disk;
    this.#memory = memory;
    this.#held = held;
    this.#at = start;
    this.#end = end;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const reading = this.#ahead ?? this.#start();
    if (reading === undefined) {
      const isWhole = this.#held.file !== undefined;
      await this.#close();
      // The caller is done with the last chunk. After an early end it may still be sending one.
      if (isWhole) this.#memory.free();
      return DONE;
    }
    this.#ahead = undefined;
    try {
      const value = await reading;
      this.#ahead = this.#start();
      return { done: false, value };
    } catch (error) {
      await this.#close();
      throw storageError(error, "read the blob");
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.#close();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Begins to read the next chunk; returns `undefined` at the end, or if the file was closed. */
  #start(): Promise<Uint8Array> | undefined {
    const { file } = this.#held;
    const position = this.#at;
    const size = Math.min(this.#readBytes, this.#end - position);
    if (file === undefined || size <= 0) return undefined;
    this.#at += size;
    const buffer = this.#memory.make(size);
    const reading = this.#disk.read(file, buffer, position).then((count) => {
      if (count === size) return buffer;
      throw new RegistryError("CONTENT_CORRUPT", "the stored file is shorter than when it was opened");
    });
    // Prevents an unhandled rejection if the read-ahead is never consumed.
    reading.catch(() => undefined);
    this.#latest = reading;
    return reading;
  }

  /** Closes the file, but not during a read: another file could get its descriptor. */
  async #close(): Promise<void> {
    const { file } = this.#held;
    this.#held.file = undefined;
    this.#ahead = undefined;
    await this.#latest?.catch(() => undefined);
    if (file !== undefined) await closeQuietly(this.#disk, file);
  }
}
