import type { BlobSource } from "./blob-source.ts";
import { readBlobSource } from "./blob-source.ts";
import type { CheckedDigest } from "../basics/digest.ts";
import { requireAlgorithm } from "../basics/require-digest.ts";
import type { HasherFactory } from "./hasher.ts";
import { createHasher } from "./hasher.ts";
import type { CallOptions } from "../basics/call-options.ts";

/** Options of functions that hash. */
export interface HashOptions extends CallOptions {
  /** Creates the hash. Defaults to Node's own hash, or to WebCrypto, which hashes at most 64 MiB. */
  readonly createHasher?: HasherFactory | undefined;
}

/** Options of {@link computeDigest}. */
export interface ComputeDigestOptions extends HashOptions {
  /** The algorithm: `"sha256"` or `"sha512"`. Defaults to `"sha256"`. */
  readonly algorithm?: string | undefined;
}

/**
 * Returns the digest of `content`, and its size in bytes.
 *
 * @throws `RegistryError` `DIGEST_INVALID` if the algorithm is not supported. `UNSUPPORTED` if the platform has only
 * WebCrypto and the content is larger than 64 MiB.
 */
export async function computeDigest(
  content: BlobSource,
  options: ComputeDigestOptions = {},
): Promise<{ digest: CheckedDigest; size: number }> {
  const chunks = readBlobSource(content, options);
  try {
    const algorithm = requireAlgorithm(options.algorithm ?? "sha256");
    const hasher = (options.createHasher ?? createHasher)(algorithm);
    let size = 0;
    for await (const chunk of chunks) {
      size += chunk.length;
      hasher.update(chunk);
    }
    return { digest: `${algorithm}:${await hasher.digest()}` as CheckedDigest, size };
  } finally {
    await chunks.return();
  }
}
