import { RegistryError } from "@ocilayout/oci-types";

/**
 * Returns `ARCHIVE_INVALID`: the archive cannot be read as images.
 *
 * @param reason - A sentence: `it has no member "manifest.json"`.
 */
export function invalidArchive(reason: string, cause?: unknown): RegistryError {
  return new RegistryError(
    "ARCHIVE_INVALID",
    `cannot read the archive: ${reason}`,
    cause === undefined ? {} : { cause },
  );
}

/** Returns `ARCHIVE_INVALID`: the archive ends too early, at `offset`. */
export function truncated(offset: number): RegistryError {
  return new RegistryError("ARCHIVE_INVALID", `cannot read the archive: it ends at byte ${offset}`, {
    detail: { offset },
  });
}

/** Returns `SIZE_INVALID`: the archive exceeds a limit. */
export function beyondLimit(what: string, limit: number): RegistryError {
  return new RegistryError("SIZE_INVALID", `cannot read the archive: ${what} exceeds the limit of ${limit}`, {
    detail: { limit },
  });
}
