import { isRegistryError, RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

/** Descriptions of system errors, without paths. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ["EACCES", "permission denied"],
  ["EPERM", "operation not permitted"],
  ["EROFS", "read-only file system"],
  ["ENOSPC", "no space left on the device"],
  ["EDQUOT", "disk quota exceeded"],
  ["EIO", "input/output error"],
  ["EMFILE", "too many open files"],
  ["ENOENT", "it does not exist, or another process removed it"],
  ["ENOTDIR", "a directory is missing, or another process replaced it"],
  ["ELOOP", "a link is in the place of a directory or file"],
  ["ENAMETOOLONG", "a name is too long"],
]);

/** Returns the error code of the operating system, if `error` has one. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && "syscall" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}

/**
 * Converts a system error to `STORAGE_FAILED` without the path on this machine. Returns other errors as they are.
 *
 * @param doing - The failed operation, for the message `cannot <doing>: <reason>`.
 */
export function storageError(error: unknown, doing: string): unknown {
  const code = systemCode(error);
  if (code === undefined || isRegistryError(error)) return error;
  return new RegistryError("STORAGE_FAILED", `cannot ${doing}: ${REASONS.get(code) ?? code}`, {
    cause: error,
    detail: { systemCode: code },
  });
}

/** Returns `STORAGE_FAILED`: something is in the way. */
export function inTheWay(path: string, code: "EEXIST" | "EISDIR", reason: string): RegistryError {
  return new RegistryError("STORAGE_FAILED", `cannot extract ${excerpt(path)}: ${reason}`, {
    detail: { systemCode: code },
  });
}

/** Returns `STORAGE_FAILED`: another process changed something meanwhile. */
export function changedMeanwhile(doing: string, what: string): RegistryError {
  return new RegistryError("STORAGE_FAILED", `cannot ${doing}: another process replaced ${what} meanwhile`);
}
