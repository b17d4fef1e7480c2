import { RegistryError } from "@ocilayout/oci-types";

/**
 * Returns `ARCHIVE_INVALID`: the archive is malformed.
 *
 * @param offset - The offset of the malformed block in the archive, in bytes.
 * @param reason - A sentence: `the checksum of the header is 1, not 2`.
 */
export function malformed(offset: number, reason: string): RegistryError {
  return new RegistryError("ARCHIVE_INVALID", `cannot read the archive at byte ${offset}: ${reason}`, {
    detail: { offset },
  });
}

/** Returns `ARCHIVE_INVALID`: the archive ends too early, at `offset`. */
export function truncated(offset: number): RegistryError {
  return malformed(offset, "it ends in the middle of an entry");
}

/** Returns `SIZE_INVALID`: the archive exceeds a limit at `offset`. */
export function beyondLimit(offset: number, what: string, limit: number): RegistryError {
  return new RegistryError(
    "SIZE_INVALID",
    `cannot read the archive at byte ${offset}: ${what} exceeds the limit of ${limit}`,
    { detail: { limit } },
  );
}
