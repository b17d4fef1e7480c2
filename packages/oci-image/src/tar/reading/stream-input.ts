import { beyondLimit, truncated } from "../errors.ts";
import type { TarInput } from "./tar-input.ts";

const EMPTY: Uint8Array = new Uint8Array();

/** Reads an archive from a stream. It copies only blocks that are not in one chunk. */
export class StreamInput implements TarInput {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #limit: number;
  /** The unread bytes: first `#view`, then `#rest`, which belongs to the source and is valid until its next chunk. */
  #view: Uint8Array = EMPTY;
  #rest: Uint8Array = EMPTY;
  #received = 0;

  /** @param limit - The maximum size of the archive, in bytes. */
  constructor(source: AsyncIterator<Uint8Array>, limit: number) {
    this.#source = source;
    this.#limit = limit;
  }

  get offset(): number {
    return this.#received - this.#view.length - this.#rest.length;
  }

  has(length: number): boolean {
    return this.#view.length >= length;
  }

  async fill(length: number): Promise<void> {
    if (this.has(length)) return;
    let filled = new Uint8Array(Math.max(this.#view.length, Math.min(length, 1024)));
    filled.set(this.#view);
    let size = this.#view.length;
    while (size < length) {
      if (this.#rest.length === 0 && !(await this.#pull())) break;
      const part = this.#rest.subarray(0, length - size);
      if (size + part.length > filled.length) {
        const larger = new Uint8Array(Math.min(length, Math.max(size + part.length, 2 * filled.length)));
        larger.set(filled);
        filled = larger;
      }
      filled.set(part, size);
      size += part.length;
      this.#rest = this.#rest.subarray(part.length);
      // The source may overwrite its last chunk when the next one is pulled, so the copy is the view.
      this.#view = filled.subarray(0, size);
    }
  }

  take(length: number): Uint8Array {
    const taken = this.#view.subarray(0, length);
    this.#drop(taken.length);
    return taken;
  }

  /** Returns the next bytes, at most `most`. They are empty only at the end of the archive. */
  async some(most: number): Promise<Uint8Array> {
    if (!this.has(1) && (await this.#pull())) this.#drop(0);
    return this.take(most);
  }

  async seek(offset: number): Promise<void> {
    this.#drop(offset - this.offset);
    while (this.offset < offset) {
      if (!(await this.#pull())) throw truncated(this.offset);
      this.#drop(offset - this.offset);
    }
  }

  /** Reads the rest of the archive and drops it. */
  async drain(): Promise<void> {
    this.#drop(Infinity);
    while (await this.#pull()) this.#drop(Infinity);
  }

  /** Drops bytes that are in memory, at most `length`. Afterwards, `#view` is empty only if `#rest` is. */
  #drop(length: number): void {
    const fromRest = Math.max(0, length - this.#view.length);
    this.#view = this.#view.subarray(length);
    this.#rest = this.#rest.subarray(fromRest);
    if (this.#view.length > 0) return;
    this.#view = this.#rest;
    this.#rest = EMPTY;
  }

  /** Gets the next chunk, if `#rest` is empty. Returns false at the end. */
  async #pull(): Promise<boolean> {
    const result = await this.#source.next();
    if (result.done === true) return false;
    const { value } = result;
    this.#received += value.length;
    if (this.#received > this.#limit) throw beyondLimit(this.#limit, "its size", this.#limit);
    this.#rest = value;
    return true;
  }
}
