import type { Descriptor, Hasher } from "@ocilayout/oci-types";
import {
  concatBytes,
  createHasher,
  requireDigest,
  wrongDigest,
  wrongSize,
  type BlobChunks,
} from "@ocilayout/oci-types/authors";

/** Reads the chunks of a blob, and verifies size and digest before it reports the end. */
export class VerifiedChunks implements AsyncIterator<Uint8Array, undefined> {
  readonly #chunks: BlobChunks;
  readonly #descriptor: Descriptor;
  readonly #onRead: ((bytes: number) => void) | undefined;
  readonly #hasher: Hasher;
  #peeked: Uint8Array | undefined;
  #size = 0;
  #hasEnded = false;

  constructor(chunks: BlobChunks, descriptor: Descriptor, onRead: ((bytes: number) => void) | undefined) {
    this.#chunks = chunks;
    this.#descriptor = descriptor;
    this.#onRead = onRead;
    this.#hasher = createHasher(requireDigest(descriptor.digest).algorithm);
  }

  /** The number of bytes that were read so far. */
  get size(): number {
    return this.#size;
  }

  /** Returns the first bytes, at least `length` of them unless the blob is shorter. The next read returns them, too. */
  async peek(length: number): Promise<Uint8Array> {
    let start = new Uint8Array();
    while (start.length < length) {
      const result = await this.#pull();
      if (result.done === true) break;
      start = concatBytes([start, result.value], start.length + result.value.length);
    }
    if (start.length > 0) this.#peeked = start;
    return start;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#peeked === undefined) return this.#pull();
    const value = this.#peeked;
    this.#peeked = undefined;
    return { done: false, value };
  }

  /** Reads the rest, and verifies it. */
  async drain(): Promise<void> {
    while ((await this.#pull()).done !== true);
  }

  async #pull(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#hasEnded) return { done: true, value: undefined };
    const { digest, size } = this.#descriptor;
    const result = await this.#chunks.next();
    if (result.done !== true) {
      this.#size += result.value.length;
      if (this.#size > size) throw wrongSize(size, undefined, "stored");
      this.#hasher.update(result.value);
      this.#onRead?.(this.#size);
      return result;
    }
    if (this.#size !== size) throw wrongSize(size, this.#size, "stored");
    const { algorithm, digest: expected } = requireDigest(digest);
    const received = `${algorithm}:${await this.#hasher.digest()}`;
    if (received !== expected) throw wrongDigest(expected, received, "stored");
    this.#hasEnded = true;
    return result;
  }
}
