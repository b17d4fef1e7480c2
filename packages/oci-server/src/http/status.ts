import type { RegistryErrorCode } from "@ocilayout/oci-types";

/** The kind of request that failed. The HTTP status of some codes depends on it. */
export type RegistryOperation = "manifest" | "blob" | "upload" | "delete" | "list";

const STATUSES: Readonly<Record<RegistryErrorCode, number>> = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 400,
  UNAUTHORIZED: 401,
  DENIED: 403,
  UNSUPPORTED: 405,
  TOOMANYREQUESTS: 429,
  RANGE_INVALID: 416,
  PRECONDITION_FAILED: 412,
  FILE_UNKNOWN: 404,
  ARCHIVE_INVALID: 400,
  CONTENT_CORRUPT: 500,
  LAYOUT_INVALID: 500,
  LOCK_TIMEOUT: 503,
  STORAGE_FAILED: 500,
  REMOTE_FAILED: 502,
  CLOSED: 503,
};

/**
 * Returns the HTTP status of `code`. Returns 500 for an unknown code, which another version of oci-types may have.
 *
 * Two codes have two statuses. `SIZE_INVALID` is 413 for a manifest (end-7) and 400 elsewhere. `DENIED` is 405 for a
 * deletion (end-9, end-10) and 403 elsewhere.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints}
 */
export function httpStatus(code: RegistryErrorCode, operation?: RegistryOperation): number {
  if (code === "SIZE_INVALID" && operation === "manifest") return 413;
  if (code === "DENIED" && operation === "delete") return 405;
  return Object.hasOwn(STATUSES, code) ? STATUSES[code] : 500;
}
