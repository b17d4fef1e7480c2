import { RegistryError } from "@ocilayout/oci-types";

/** Creates the error for a source that exceeds one of the limits of a copy. */
export function tooMuch(what: string, limit: number): RegistryError {
  return new RegistryError("MANIFEST_INVALID", `cannot copy more than ${limit} ${what}`, {
    detail: { limit },
  });
}
