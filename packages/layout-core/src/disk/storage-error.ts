import { isRegistryError, RegistryError } from "@ocilayout/oci-types";

import { systemCode } from "./disk.ts";

/** What the system's codes mean, in words that hold no path. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ["EACCES", "permission denied"],
  ["EPERM", "operation not permitted"],
  ["EROFS", "the file system is read-only"],
  ["ENOSPC", "no space left"],
  ["EDQUOT", "the quota is used up"],
  ["EIO", "input/output error"],
  ["EMFILE", "too many open files"],
  ["ENFILE", "too many open files on this machine"],
  ["ENOTDIR", "a file is where a directory should be"],
  ["EISDIR", "a directory is where a file should be"],
  ["ELOOP", "too many symbolic links"],
]);

/**
 * Makes of whatever failed an error with a code: a `RegistryError` stays what it is, a system error becomes
 * `STORAGE_FAILED` with itself as `cause`, and anything else, which is a mistake of a program, is passed on.
 *
 * @param doing - What was being done, for the message.
 */
export function storageError(error: unknown, doing: string): unknown {
  if (isRegistryError(error)) return error;
  const code = systemCode(error);
  if (code === undefined || !("syscall" in (error as Error))) return error;
  return new RegistryError("STORAGE_FAILED", `${doing}: ${describeFault(error)}`, {
    cause: error,
    detail: { systemCode: code },
  });
}

/** What a system error means, in words that hold no path. */
export function describeFault(error: unknown): string {
  const code = systemCode(error) ?? "";
  return REASONS.get(code) ?? code;
}
