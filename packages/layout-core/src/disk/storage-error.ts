import { isRegistryError, RegistryError } from "@ocilayout/oci-types";

import { systemCode } from "./disk.ts";

/** Descriptions of system error codes, without paths. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ["EACCES", "permission denied"],
  ["EPERM", "operation not permitted"],
  ["EROFS", "read-only file system"],
  ["ENOSPC", "no space left on the device"],
  ["EDQUOT", "disk quota exceeded"],
  ["EIO", "input/output error"],
  ["EMFILE", "too many open files"],
  ["ENFILE", "too many open files in the system"],
  ["ENOTDIR", "not a directory"],
  ["EISDIR", "is a directory"],
  ["ELOOP", "too many levels of symbolic links"],
]);

/**
 * Converts any failure to an error with a code. A `RegistryError` is returned as it is. A system error becomes the
 * `cause` of a `STORAGE_FAILED`. Anything else is a bug, and is returned as it is.
 *
 * @param doing - The failed operation, for the message `cannot <doing>: <reason>`.
 */
export function storageError(error: unknown, doing: string): unknown {
  if (isRegistryError(error)) return error;
  const code = systemCode(error);
  if (code === undefined || !("syscall" in (error as Error))) return error;
  return new RegistryError("STORAGE_FAILED", `cannot ${doing}: ${describeFault(error)}`, {
    cause: error,
    detail: { systemCode: code },
  });
}

/** Describes a system error without paths. */
export function describeFault(error: unknown): string {
  const code = systemCode(error) ?? "";
  return REASONS.get(code) ?? code;
}
