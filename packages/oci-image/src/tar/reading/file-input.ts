import type { CallOptions } from "@ocilayout/oci-types";
import { requireBytes, requireCount, requireObject } from "@ocilayout/oci-types/authors";

import { beyondLimit, truncated } from "../errors.ts";
import type { TarInput } from "./tar-input.ts";

/** An archive with random access, such as an open file. */
export interface TarFile {
  /** The size of the archive, in bytes. */
  readonly size: number;
  /**
   * Reads `length` bytes from `offset`. It may return fewer only if the archive has become shorter. Reads are small and follow
   * each other, so a function that returns the bytes at once is several times faster than one that returns a promise. The bytes
   * are used only until the next read, so each read can return the same memory.
   */
  read(offset: number, length: number, options?: CallOptions): Uint8Array | Promise<Uint8Array>;
}

/** The number of bytes that are read at once, after a long gap and in an archive of small entries. */
const LEAST = 4 * 1024;
const MOST = 256 * 1024;

const EMPTY: Uint8Array = new Uint8Array();
const RESULT = "the result of read";

/** Reads an archive with random access. It reads only headers, and what is near them. */
export class FileInput implements TarInput {
  readonly #file: TarFile;
  readonly #size: number;
  readonly #options: CallOptions;
  #window: Uint8Array = EMPTY;
  /** The position in the window of the next byte. It is negative or behind the window after a seek. */
  #position = 0;
  #start = 0;
  #readAhead = LEAST / 2;

  /**
   * @param limit - The maximum size of the archive, in bytes.
   * @throws TypeError or RangeError if `file` is not a `TarFile`; `RegistryError` `SIZE_INVALID` beyond the limit.
   */
  constructor(file: TarFile, limit: number, options: CallOptions) {
    requireObject(file, "the archive");
    if (typeof file.read !== "function") throw new TypeError("the archive must have a function read");
    this.#file = file;
    this.#size = requireCount(file.size, "the size of the archive");
    this.#options = options;
    if (this.#size > limit) throw beyondLimit(limit, "its size", limit);
  }

  get offset(): number {
    return this.#start + this.#position;
  }

  has(length: number): boolean {
    return this.#position + length <= this.#window.length;
  }

  fill(length: number): Promise<void> | undefined {
    if (this.has(length)) return undefined;
    const { offset } = this;
    this.#options.signal?.throwIfAborted();
    // Headers that are near each other are read together.
    const isNear = this.#position - this.#window.length < this.#readAhead;
    this.#readAhead = isNear ? Math.min(2 * this.#readAhead, MOST) : LEAST;
    const wanted = Math.min(Math.max(length, this.#readAhead), this.#size - offset);
    const read = wanted === 0 ? EMPTY : this.#file.read(offset, wanted, this.#options);
    if (!(read instanceof Uint8Array)) return this.#receive(read, offset, wanted);
    this.#accept(read.constructor === Uint8Array ? read : requireBytes(read, RESULT), offset, wanted);
    return undefined;
  }

  take(length: number): Uint8Array {
    const taken = this.#window.subarray(this.#position, this.#position + length);
    this.#position += taken.length;
    return taken;
  }

  seek(offset: number): undefined {
    if (offset > this.#size) throw truncated(this.#size);
    this.#position = offset - this.#start;
  }

  async #receive(read: Uint8Array | Promise<Uint8Array>, offset: number, wanted: number): Promise<void> {
    this.#accept(requireBytes(await read, RESULT), offset, wanted);
  }

  #accept(bytes: Uint8Array, offset: number, wanted: number): void {
    this.#window = bytes.length > wanted ? bytes.subarray(0, wanted) : bytes;
    if (bytes.length < wanted) throw truncated(offset + bytes.length);
    this.#start = offset;
    this.#position = 0;
  }
}
