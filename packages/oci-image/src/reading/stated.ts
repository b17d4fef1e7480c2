import type { BlobReader, Digest } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";
import { excerpt, isRecord, requireDigest } from "@ocilayout/oci-types/authors";

/** A descriptor as a registry states it. Each member can have any type, because the registry may be wrong. */
export type StatedDescriptor = Readonly<Partial<Record<"mediaType" | "digest" | "size", unknown>>>;

/** Returns the descriptor that a registry states for the content of `reader`. */
export function statedBy(reader: BlobReader): StatedDescriptor {
  const stated: unknown = reader.descriptor;
  return isRecord(stated) ? stated : {};
}

/**
 * Returns the stated size, in bytes.
 *
 * @param what - The content, in the message. The same in all of these functions.
 * @throws `RegistryError` `SIZE_INVALID` if the size is not a number of bytes, or larger than `limit`.
 */
export function requireStatedSize({ size }: StatedDescriptor, what: string, limit: number): number {
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    throw new RegistryError(
      "SIZE_INVALID",
      `cannot read ${what}: the registry states the size ${show(size)}`,
    );
  if (size <= limit) return size;
  const detail = { received: size, limit };
  throw new RegistryError("SIZE_INVALID", `${what} has ${size} bytes, more than ${limit}`, { detail });
}

/**
 * Returns the stated digest.
 *
 * @throws `RegistryError` `DIGEST_INVALID` if it is malformed or not supported.
 */
export function requireStatedDigest({ digest }: StatedDescriptor, what: string): Digest {
  if (typeof digest === "string") return requireDigest(digest).digest;
  throw new RegistryError(
    "DIGEST_INVALID",
    `cannot read ${what}: the registry states the digest ${show(digest)}`,
  );
}

/**
 * Returns the stated media type, which can have parameters.
 *
 * @throws `RegistryError` `MANIFEST_INVALID` if it is not text.
 */
export function requireStatedType({ mediaType }: StatedDescriptor, what: string): string {
  if (typeof mediaType === "string") return mediaType;
  throw new RegistryError(
    "MANIFEST_INVALID",
    `cannot read ${what}: the registry states the media type ${show(mediaType)}`,
  );
}

/** Closes a reader whose content is read and verified, or cannot be used. Ignores errors: neither depends on them. */
export async function closeQuietly(reader: BlobReader): Promise<void> {
  try {
    await reader.close();
  } catch {
    // An error of reading is more useful, and verified content stays valid.
  }
}

/** Formats an untrusted value for a message. */
function show(value: unknown): string {
  if (typeof value === "string") return excerpt(value);
  return typeof value === "number" || value === undefined ? String(value) : `[${typeof value}]`;
}
