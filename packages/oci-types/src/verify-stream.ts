import type { BlobChunks, BlobSource } from "./blob-source.ts";
import { readBlobSource } from "./blob-source.ts";
import type { Digest } from "./digest.ts";
import { digestAlgorithms, isDigestAlgorithm, requireDigest } from "./digest.ts";
import { RegistryError } from "./errors.ts";
import type { HasherFactory } from "./hasher.ts";
import { createHasher } from "./hasher.ts";
import type { BlobDescriptor, CallOptions } from "./registry.ts";

/** Options of what hashes. */
export interface HashOptions extends CallOptions {
  /** Where the hash comes from. Default {@link createHasher}. */
  readonly createHasher?: HasherFactory | undefined;
}

/** Options of {@link computeDigest}. */
export interface ComputeDigestOptions extends HashOptions {
  /** Default `"sha256"`. */
  readonly algorithm?: string | undefined;
}

/**
 * The digest and size in bytes of `content`.
 *
 * @throws {@link RegistryError} `DIGEST_INVALID` where the algorithm is not supported.
 */
export async function computeDigest(
  content: BlobSource,
  options: ComputeDigestOptions = {},
): Promise<{ digest: Digest; size: number }> {
  const chunks = readBlobSource(content, options);
  try {
    const algorithm = requireAlgorithm(options.algorithm ?? "sha256");
    const hasher = (options.createHasher ?? createHasher)(algorithm);
    let size = 0;
    for await (const chunk of chunks) {
      size += chunk.length;
      hasher.update(chunk);
    }
    return { digest: `${algorithm}:${await hasher.digest()}`, size };
  } finally {
    await chunks.return();
  }
}

/**
 * `algorithm`, known to be supported.
 *
 * @throws {@link RegistryError} `DIGEST_INVALID` where it is not.
 */
export function requireAlgorithm(algorithm: string): "sha256" | "sha512" {
  if (typeof algorithm !== "string") throw new TypeError("a digest algorithm must be a string");
  if (isDigestAlgorithm(algorithm)) return algorithm;
  throw new RegistryError(
    "DIGEST_INVALID",
    `digest algorithm not supported, only ${digestAlgorithms.join(", ")}`,
  );
}

/**
 * Passes `content` on while checking it against `expected`. The last chunk comes only once size and digest are
 * known to be right; else the iteration ends in `SIZE_INVALID` or `DIGEST_INVALID`, having read one byte too many
 * at most. Each chunk is passed on as it came: copy what you keep. However it ends, the content is cancelled or
 * returned.
 */
export function verifyStream(
  content: BlobSource,
  expected: BlobDescriptor,
  options: HashOptions = {},
): BlobChunks {
  const chunks = readBlobSource(content, options);
  const { digest, size } = expected;
  const verified = verifyChunks(
    chunks,
    { digest, size },
    (what, message, detail) => {
      return new RegistryError(what === "size" ? "SIZE_INVALID" : "DIGEST_INVALID", message, { detail });
    },
    options.createHasher,
  );
  // A generator that never began returns without a word to its source.
  const iterator = { next: () => verified.next(), return: () => chunks.return() };
  return readBlobSource({ [Symbol.asyncIterator]: () => iterator });
}

/** Makes the error for content of another size or digest than expected. */
export type MismatchError = (what: "size" | "digest", message: string, detail: unknown) => RegistryError;

/** {@link verifyStream} over chunks already opened, with errors of the caller's choice. */
export async function* verifyChunks(
  chunks: BlobChunks,
  expected: BlobDescriptor,
  mismatch: MismatchError,
  startHash: HasherFactory = createHasher,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    const { algorithm, digest } = requireDigest(expected.digest);
    if (expected.size !== undefined) requireSize(expected.size);
    const hasher = startHash(algorithm);
    let size = 0;
    let withheld: Uint8Array | undefined;
    for await (const chunk of chunks) {
      size += chunk.length;
      if (expected.size !== undefined && size > expected.size) {
        throw mismatch("size", `content is longer than ${expected.size} bytes`, { expected: expected.size });
      }
      if (withheld !== undefined) yield withheld;
      hasher.update(chunk);
      const mayBeLast = expected.size === undefined || size === expected.size;
      // To learn whether it is the last, the next is asked for, and then the source may reuse this one's memory.
      withheld = mayBeLast ? chunk.slice() : undefined;
      if (!mayBeLast) yield chunk;
    }
    if (expected.size !== undefined && size !== expected.size) {
      const detail = { expected: expected.size, received: size };
      throw mismatch("size", `content has ${size} bytes, not ${expected.size}`, detail);
    }
    const received = `${algorithm}:${await hasher.digest()}`;
    if (received !== digest) {
      throw mismatch("digest", `content has digest ${received}, not ${digest}`, {
        expected: digest,
        received,
      });
    }
    if (withheld !== undefined) yield withheld;
  } finally {
    await chunks.return();
  }
}

function requireSize(size: number): void {
  if (typeof size !== "number") throw new TypeError(`a size must be a number, not ${typeof size}`);
  if (!Number.isSafeInteger(size) || size < 0)
    throw new RangeError(`a size must be a non-negative integer, not ${size}`);
}
