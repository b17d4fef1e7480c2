/**
 * A digest as registries return it: `sha256:` and 64 lower-case hexadecimal digits, or another algorithm's form.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests}
 */
export type Digest = `${string}:${string}`;

declare const isChecked: unique symbol;

/** A well-formed digest. It is safe to use in a path or as a key. */
export type CheckedDigest = Digest & { readonly [isChecked]: true };

/** A digest algorithm that this package computes and verifies. */
export type DigestAlgorithm = "sha256" | "sha512";

/** The digest algorithms that this package computes and verifies, the default first. */
export const digestAlgorithms: readonly DigestAlgorithm[] = Object.freeze(["sha256", "sha512"] as const);

/** The maximum length of a digest, in characters. A sha512 digest has 135. */
export const maxDigestLength: number = 255;

/** The parts of a digest. */
export interface ParsedDigest {
  /** The part before the colon. It need not be a {@link DigestAlgorithm}. */
  readonly algorithm: string;
  /** The part after the colon. */
  readonly encoded: string;
}

const ALGORITHM = "[a-z0-9]+(?:[+._-][a-z0-9]+)*";
const ENCODED = "[a-zA-Z0-9=_-]+";
const DIGEST = new RegExp(`^${ALGORITHM}:${ENCODED}$`);

/** The number of hexadecimal digits, for the algorithms that the image-spec registers. */
const HEX_LENGTHS: ReadonlyMap<string, number> = new Map([
  ["sha256", 64],
  ["sha512", 128],
  ["blake3", 64],
]);
const HEX = /^[a-f0-9]+$/;

/**
 * Splits a digest into algorithm and encoded part. A digest of a registered algorithm must have the length and the
 * alphabet of that algorithm. Unknown algorithms are accepted.
 *
 * @returns `undefined` if `digest` is malformed.
 * @throws TypeError if `digest` is not a string.
 */
export function parseDigest(digest: string): ParsedDigest | undefined {
  if (typeof digest !== "string") throw new TypeError(`a digest must be a string, not ${typeof digest}`);
  if (digest.length > maxDigestLength) return undefined;
  const colon = digest.indexOf(":");
  const algorithm = digest.slice(0, Math.max(colon, 0));
  const encoded = digest.slice(colon + 1);
  const length = HEX_LENGTHS.get(algorithm);
  const isWellFormed =
    length === undefined ? DIGEST.test(digest) : encoded.length === length && HEX.test(encoded);
  return isWellFormed ? { algorithm, encoded } : undefined;
}

/** Whether `value` is a well-formed digest, of any algorithm. */
export function isDigest(value: unknown): value is CheckedDigest {
  return typeof value === "string" && parseDigest(value) !== undefined;
}

/** Whether this package computes and verifies digests of `algorithm`. */
export function isDigestAlgorithm(algorithm: string): algorithm is DigestAlgorithm {
  return (digestAlgorithms as readonly string[]).includes(algorithm);
}

/** Returns the reason why `value` is not a digest, as a clause: `it is empty`. `value` must not be a digest. */
export function explainDigest(value: string): string {
  if (value === "") return "it is empty";
  if (value.length > maxDigestLength) return `it is longer than ${maxDigestLength} characters`;
  const colon = value.indexOf(":");
  if (colon < 1) return 'it has no algorithm, such as "sha256:"';
  const algorithm = value.slice(0, colon);
  const length = HEX_LENGTHS.get(algorithm);
  if (length !== undefined) return `a ${algorithm} digest has ${length} lower-case hexadecimal digits`;
  if (/[A-Z]/.test(algorithm)) return "its algorithm has upper-case letters";
  return "it does not fit the grammar of digests";
}
