import type { CheckedDigest, DigestAlgorithm, ParsedDigest } from "./digest.ts";
import { digestAlgorithms, explainDigest, isDigestAlgorithm, parseDigest } from "./digest.ts";
import { RegistryError } from "./errors.ts";
import { excerpt } from "./excerpt.ts";

/** The parts of a digest that this package can verify. */
export interface SupportedDigest extends ParsedDigest {
  /** The part before the colon. */
  readonly algorithm: DigestAlgorithm;
  /** The whole digest. */
  readonly digest: CheckedDigest;
}

/**
 * Splits a digest into its parts.
 *
 * @throws TypeError if `digest` is not a string.
 * @throws `RegistryError` `DIGEST_INVALID` if the digest is malformed, or its algorithm is not supported.
 */
export function requireDigest(digest: string): SupportedDigest {
  const parsed = parseDigest(digest);
  if (parsed === undefined) {
    const reason = explainDigest(digest);
    throw new RegistryError("DIGEST_INVALID", `${excerpt(digest)} is not a digest: ${reason}`, {
      detail: { part: "digest", reason },
    });
  }
  const { algorithm, encoded } = parsed;
  return { algorithm: requireAlgorithm(algorithm), encoded, digest: digest as CheckedDigest };
}

/**
 * Returns `algorithm`, which is supported.
 *
 * @throws TypeError if `algorithm` is not a string.
 * @throws `RegistryError` `DIGEST_INVALID` if it is not supported.
 */
export function requireAlgorithm(algorithm: string): DigestAlgorithm {
  if (typeof algorithm !== "string")
    throw new TypeError(`a digest algorithm must be a string, not ${typeof algorithm}`);
  if (isDigestAlgorithm(algorithm)) return algorithm;
  throw new RegistryError(
    "DIGEST_INVALID",
    `digest algorithm ${excerpt(algorithm)} is not supported: use ${digestAlgorithms.join(" or ")}`,
    { detail: { algorithm, supported: digestAlgorithms } },
  );
}
