import type { CheckedDigest, DigestAlgorithm, ParsedDigest } from "./digest.ts";
import { digestAlgorithms, isDigestAlgorithm, parseDigest } from "./digest.ts";
import { RegistryError } from "./errors.ts";
import { excerpt } from "./excerpt.ts";

/** A digest that can be verified here. */
export interface SupportedDigest extends ParsedDigest {
  /** The part before the colon. */
  readonly algorithm: DigestAlgorithm;
  /** The whole digest. */
  readonly digest: CheckedDigest;
}

/**
 * Takes apart a digest that a caller passed.
 *
 * @throws TypeError if `digest` is not a string.
 * @throws `RegistryError` `DIGEST_INVALID` if it is not a digest, or of an algorithm not supported here.
 */
export function requireDigest(digest: string): SupportedDigest {
  const parsed = parseDigest(digest);
  if (parsed === undefined) throw new RegistryError("DIGEST_INVALID", `not a digest: ${excerpt(digest)}`);
  const { algorithm, encoded } = parsed;
  return { algorithm: requireAlgorithm(algorithm), encoded, digest: digest as CheckedDigest };
}

/**
 * Returns `algorithm`, known to be supported.
 *
 * @throws TypeError if `algorithm` is not a string.
 * @throws `RegistryError` `DIGEST_INVALID` if it is not supported.
 */
export function requireAlgorithm(algorithm: string): DigestAlgorithm {
  if (typeof algorithm !== "string") throw new TypeError("a digest algorithm must be a string");
  if (isDigestAlgorithm(algorithm)) return algorithm;
  throw new RegistryError("DIGEST_INVALID", `digest algorithm not supported: ${excerpt(algorithm)}`, {
    detail: { algorithm, supported: digestAlgorithms },
  });
}
