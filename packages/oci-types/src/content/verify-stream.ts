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
   * Where the content comes from: a mismatch is `SIZE_INVALID` or `DIGEST_INVALID` in what a caller pushes, and
   * `CONTENT_CORRUPT` in what was stored. Default `"pushed"`.
   */
  readonly origin?: ContentOrigin | undefined;
}

/**
 * Passes `content` on while checking it against `expected`. The last chunk comes only once size and digest are
 * known to be right; else the iteration fails, having read one byte too many
 * at most. Each chunk is passed on as it came: copy what you keep. However it ends, the content is cancelled or
 * returned.
 */
export function verifyStream(
  content: BlobSource,
  expected: BlobDescriptor,
  options: VerifyStreamOptions = {},
): BlobChunks {
  const chunks = readBlobSource(content, options);
  const { digest, size } = expected;
  const verified = verifyChunks(chunks, { digest, size }, options);
  // A generator that never began returns without a word to its source.
  const iterator = { next: () => verified.next(), return: () => chunks.return() };
  return readBlobSource({ [Symbol.asyncIterator]: () => iterator });
}

/**
 * Reads the whole of `content` and returns it once size and digest are known to be right, as `verifyStream` checks
 * them. For content that fits into memory.
 */
export async function readVerified(
  content: BlobSource,
  expected: BlobDescriptor,
  options: VerifyStreamOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // What is copied first and verified then is what the caller gets, whatever becomes of the source's memory.
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
      // To learn whether it is the last, the next is asked for, and then the source may reuse this one's memory.
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
