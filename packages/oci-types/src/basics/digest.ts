/**
 * A digest as registries return it: `sha256:` and 64 lower-case hexadecimal digits, or another algorithm's form.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests}
 */
export type Digest = `${string}:${string}`;

declare const isChecked: unique symbol;

/** A digest whose form was checked: a path or a key may be made of it without another look. */
export type CheckedDigest = Digest & { readonly [isChecked]: true };

/** The digest algorithms that are computed and verified here. */
export type DigestAlgorithm = "sha256" | "sha512";

/** The digest algorithms that are computed and verified here, the default first. */
export const digestAlgorithms: readonly DigestAlgorithm[] = Object.freeze(["sha256", "sha512"] as const);

/** The longest digest that is looked at, in characters. The longest one in use has 135. */
export const maxDigestLength: number = 255;

/** A digest taken apart. */
export interface ParsedDigest {
  /** The part before the colon; not necessarily one of {@link DigestAlgorithm}. */
  readonly algorithm: string;
  /** The part after the colon. */
  readonly encoded: string;
}

const ALGORITHM = "[a-z0-9]+(?:[+._-][a-z0-9]+)*";
const ENCODED = "[a-zA-Z0-9=_-]+";
const DIGEST = new RegExp(`^${ALGORITHM}:${ENCODED}$`);

/** The form of the encoded part, for the algorithms the image-spec registers. */
const REGISTERED: ReadonlyMap<string, RegExp> = new Map([
  ["sha256", /^[a-f0-9]{64}$/],
  ["sha512", /^[a-f0-9]{128}$/],
  ["blake3", /^[a-f0-9]{64}$/],
]);

/**
 * Takes a digest apart, or answers `undefined` where `digest` is not one. A digest of an unknown algorithm is
 * well-formed; one of a registered algorithm must have that algorithm's length and alphabet.
 *
 * @throws TypeError where `digest` is not a string.
 */
export function parseDigest(digest: string): ParsedDigest | undefined {
  if (typeof digest !== "string") throw new TypeError(`a digest must be a string, not ${typeof digest}`);
  if (digest.length > maxDigestLength) return undefined;
  const colon = digest.indexOf(":");
  const algorithm = digest.slice(0, Math.max(colon, 0));
  const encoded = digest.slice(colon + 1);
  const isWellFormed = REGISTERED.get(algorithm)?.test(encoded) ?? DIGEST.test(digest);
  return isWellFormed ? { algorithm, encoded } : undefined;
}

/** Whether `value` is a well-formed digest, of whatever algorithm. */
export function isDigest(value: unknown): value is CheckedDigest {
  return typeof value === "string" && parseDigest(value) !== undefined;
}

/** Whether `algorithm` is one that is computed and verified here. */
export function isDigestAlgorithm(algorithm: string): algorithm is DigestAlgorithm {
  return (digestAlgorithms as readonly string[]).includes(algorithm);
}
