import { requireCount } from "../basics/arguments.ts";
import { requireDigest } from "../basics/require-digest.ts";
import type { BlobDescriptor } from "../documents/descriptor.ts";
import type { BlobChunks, BlobSource } from "./blob-source.ts";
import { readBlobSource } from "./blob-source.ts";
import type { HashOptions } from "./compute-digest.ts";
import { concatBytes, createHasher } from "./hasher.ts";
import type { ContentOrigin } from "./mismatch.ts";
import { wrongDigest, wrongSize } from "./mismatch.ts";

/** Options of `verifyStream`. */
export interface VerifyStreamOptions extends HashOptions {
  /**
   * The origin of the content. A mismatch of pushed content is `SIZE_INVALID` or `DIGEST_INVALID`, one of stored content
   * is `CONTENT_CORRUPT`. Defaults to `"pushed"`.
   */
  readonly origin?: ContentOrigin | undefined;
}

/**
 * Verifies `content` against `expected` while the caller reads it. It withholds the last chunk until size and digest are
 * right. On a mismatch the iteration fails; it reads at most one chunk past the expected size.
 *
 * A source may reuse the memory of its chunks, so copy the chunks that you keep. However the iteration ends, it cancels or
 * returns the content.
 */
export function verifyStream(
  content: BlobSource,
  expected: BlobDescriptor,
  options: VerifyStreamOptions = {},
): BlobChunks {
  const chunks = readBlobSource(content, options);
  const { digest, size } = expected;
  const verified = verifyChunks(chunks, { digest, size }, options);
  // A generator that was never started does not return its source.
  const iterator = { next: () => verified.next(), return: () => chunks.return() };
  return readBlobSource({ [Symbol.asyncIterator]: () => iterator });
}

/**
 * Reads `content` into memory, verifies it as `verifyStream` does, and returns it.
 */
export async function readVerified(
  content: BlobSource,
  expected: BlobDescriptor,
  options: VerifyStreamOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Copies first and verifies the copy: the source may overwrite its chunks meanwhile.
  const copies = copyChunks(readBlobSource(content, options));
  for await (const chunk of verifyStream(copies, expected, options)) {
    chunks.push(chunk);
    size += chunk.length;
  }
  options.signal?.throwIfAborted();
  return concatBytes(chunks, size);
}

async function* copyChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) yield chunk.slice();
}

async function* verifyChunks(
  chunks: BlobChunks,
  expected: BlobDescriptor,
  { origin = "pushed", createHasher: startHash = createHasher }: VerifyStreamOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    const { algorithm, digest } = requireDigest(expected.digest);
    if (expected.size !== undefined) requireCount(expected.size, "size");
    const hasher = startHash(algorithm);
    let size = 0;
    let withheld: Uint8Array | undefined;
    for await (const chunk of chunks) {
      size += chunk.length;
      if (expected.size !== undefined && size > expected.size) {
        throw wrongSize(expected.size, undefined, origin);
      }
      if (withheld !== undefined) yield withheld;
      hasher.update(chunk);
      const mayBeLast = expected.size === undefined || size === expected.size;
      // Requesting the next chunk lets the source reuse the memory of this one.
      withheld = mayBeLast ? chunk.slice() : undefined;
      if (!mayBeLast) yield chunk;
    }
    if (expected.size !== undefined && size !== expected.size) throw wrongSize(expected.size, size, origin);
    const received = `${algorithm}:${await hasher.digest()}`;
    if (received !== digest) throw wrongDigest(digest, received, origin);
    if (withheld !== undefined) yield withheld;
  } finally {
    await chunks.return();
  }
}
