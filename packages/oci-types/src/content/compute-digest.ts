import type { BlobSource } from "./blob-source.ts";
import { readBlobSource } from "./blob-source.ts";
import type { CheckedDigest } from "../basics/digest.ts";
import { requireAlgorithm } from "../basics/require-digest.ts";
import type { HasherFactory } from "./hasher.ts";
import { createHasher } from "./hasher.ts";
import type { CallOptions } from "../basics/call-options.ts";

/** Options of what hashes. */
export interface HashOptions extends CallOptions {
  /** Where the hash comes from. Default `createHasher`. */
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
 * @throws `RegistryError` `DIGEST_INVALID` where the algorithm is not supported.
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
