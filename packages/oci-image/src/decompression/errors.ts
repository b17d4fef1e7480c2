import { RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

/** Returns `ARCHIVE_INVALID`: compressed content, such as a layer, is malformed. */
export function notDecompressed(compression: string, cause: unknown): RegistryError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new RegistryError("ARCHIVE_INVALID", `cannot decompress ${compression} content: ${reason}`, {
    cause,
  });
}

/** Returns `ARCHIVE_INVALID`: no runtime unpacks an entry of a layer, or runtimes disagree about it. */
export function badEntry(path: string, offset: number, reason: string): RegistryError {
  return new RegistryError("ARCHIVE_INVALID", `cannot apply the entry ${excerpt(path)}: ${reason}`, {
    detail: { offset },
  });
}

/** Returns `SIZE_INVALID`: an image exceeds a limit. */
export function beyond(what: string, limit: number): RegistryError {
  return new RegistryError("SIZE_INVALID", `cannot read the image: ${what} exceeds the limit of ${limit}`, {
    detail: { limit },
  });
}
