import { RegistryError } from "../basics/errors.ts";

/** The origin of content: pushed by a caller, or read from a store. */
export type ContentOrigin = "pushed" | "stored";

/**
 * Returns the error for content of another size than expected: `SIZE_INVALID`, or `CONTENT_CORRUPT` if it was stored.
 *
 * @param expected - In bytes.
 * @param received - In bytes. Absent if the content was longer and reading stopped.
 */
export function wrongSize(
  expected: number,
  received?: number,
  origin: ContentOrigin = "pushed",
): RegistryError {
  const reason =
    received === undefined
      ? `content is longer than ${expected} bytes`
      : `content has ${received} bytes, not ${expected}`;
  const detail = { expected, ...(received === undefined ? {} : { received }) };
  return origin === "stored"
    ? new RegistryError("CONTENT_CORRUPT", `stored ${reason}`, { detail })
    : new RegistryError("SIZE_INVALID", reason, { detail });
}

/**
 * Returns the error for content with another digest than expected: `DIGEST_INVALID`, or `CONTENT_CORRUPT` if it was
 * stored.
 */
export function wrongDigest(
  expected: string,
  received: string,
  origin: ContentOrigin = "pushed",
): RegistryError {
  const reason = `content has digest ${received}, not ${expected}`;
  const detail = { expected, received };
  return origin === "stored"
    ? new RegistryError("CONTENT_CORRUPT", `stored ${reason}`, { detail })
    : new RegistryError("DIGEST_INVALID", reason, { detail });
}
