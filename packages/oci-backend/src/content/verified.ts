/** The bytes that match their digest. No member of an object can claim it, so data from outside cannot. */
const verified: WeakSet<Uint8Array> = new WeakSet();

/**
 * Records that a backend verified `content` against the digest for which it returns it. A reader does not verify it again.
 * Nothing may change the bytes afterwards.
 *
 * @returns `content`.
 */
export function markVerified<Content extends Uint8Array>(content: Content): Content {
  verified.add(content);
  return content;
}

/** Whether `content` was marked by {@link markVerified}. */
export function isVerified(content: Uint8Array): boolean {
  return verified.has(content);
}
