/** Marks bytes that match their digest. It is private to this module, so data from outside cannot have it. */
const verified: unique symbol = Symbol("verified");

/**
 * Records that a backend verified `content` against the digest for which it returns it. A reader does not verify it again.
 * Nothing may change the bytes afterwards.
 *
 * @returns `content`.
 */
export function markVerified<Content extends Uint8Array>(content: Content): Content {
  return Object.assign(content, { [verified]: true });
}

/** Whether `content` was marked by {@link markVerified}. */
export function isVerified(content: Uint8Array): boolean {
  return verified in content;
}
