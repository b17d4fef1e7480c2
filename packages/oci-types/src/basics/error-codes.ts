/**
 * The error codes of the OCI distribution-spec.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes}
 */
export type DistributionErrorCode =
  | "BLOB_UNKNOWN"
  | "BLOB_UPLOAD_INVALID"
  | "BLOB_UPLOAD_UNKNOWN"
  | "DIGEST_INVALID"
  | "MANIFEST_BLOB_UNKNOWN"
  | "MANIFEST_INVALID"
  | "MANIFEST_UNKNOWN"
  | "NAME_INVALID"
  | "NAME_UNKNOWN"
  | "SIZE_INVALID"
  | "UNAUTHORIZED"
  | "DENIED"
  | "UNSUPPORTED"
  | "TOOMANYREQUESTS";

/**
 * The error codes that the distribution-spec does not have:
 *
 * - `RANGE_INVALID`: a byte range or an upload offset does not fit the content.
 * - `PRECONDITION_FAILED`: `ifMatch` or `ifNoneMatch` is not fulfilled.
 * - `FILE_UNKNOWN`: an image has no such file.
 * - `ARCHIVE_INVALID`: a tar archive is malformed.
 * - `CONTENT_CORRUPT`: stored bytes do not match their digest or size.
 * - `LAYOUT_INVALID`: a layout directory is damaged or of another version.
 * - `LOCK_TIMEOUT`: another writer held the lock for too long.
 * - `STORAGE_FAILED`: the storage failed; its own error is in `cause`.
 * - `REMOTE_FAILED`: a remote registry cannot be reached, fails, or breaks the protocol.
 * - `CLOSED`: the registry or the reader was closed.
 */
export type LocalErrorCode =
  | "RANGE_INVALID"
  | "PRECONDITION_FAILED"
  | "FILE_UNKNOWN"
  | "ARCHIVE_INVALID"
  | "CONTENT_CORRUPT"
  | "LAYOUT_INVALID"
  | "LOCK_TIMEOUT"
  | "STORAGE_FAILED"
  | "REMOTE_FAILED"
  | "CLOSED";

/**
 * Every code that a {@link RegistryError} can have. Codes are stable, messages are not.
 *
 * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#error-codes | Contract, error codes}
 */
export type RegistryErrorCode = DistributionErrorCode | LocalErrorCode;

/** The meaning of a code, and whether the request or the registry is at fault. */
interface CodeFacts {
  readonly meaning: string;
  readonly about: "request" | "registry";
}

const DISTRIBUTION_CODES: Readonly<Record<DistributionErrorCode, CodeFacts>> = {
  BLOB_UNKNOWN: { meaning: "blob unknown", about: "request" },
  BLOB_UPLOAD_INVALID: { meaning: "blob upload invalid", about: "request" },
  BLOB_UPLOAD_UNKNOWN: { meaning: "blob upload unknown", about: "request" },
  DIGEST_INVALID: { meaning: "digest invalid", about: "request" },
  MANIFEST_BLOB_UNKNOWN: { meaning: "manifest refers to unknown content", about: "request" },
  MANIFEST_INVALID: { meaning: "manifest invalid", about: "request" },
  MANIFEST_UNKNOWN: { meaning: "manifest unknown", about: "request" },
  NAME_INVALID: { meaning: "name invalid", about: "request" },
  NAME_UNKNOWN: { meaning: "repository unknown", about: "request" },
  SIZE_INVALID: { meaning: "size invalid", about: "request" },
  UNAUTHORIZED: { meaning: "authentication required", about: "request" },
  DENIED: { meaning: "access denied", about: "request" },
  UNSUPPORTED: { meaning: "operation not supported", about: "request" },
  TOOMANYREQUESTS: { meaning: "too many requests", about: "request" },
};

const LOCAL_CODES: Readonly<Record<LocalErrorCode, CodeFacts>> = {
  RANGE_INVALID: { meaning: "range invalid", about: "request" },
  PRECONDITION_FAILED: { meaning: "precondition failed", about: "request" },
  FILE_UNKNOWN: { meaning: "file unknown", about: "request" },
  ARCHIVE_INVALID: { meaning: "archive invalid", about: "request" },
  CONTENT_CORRUPT: { meaning: "stored content is corrupt", about: "registry" },
  LAYOUT_INVALID: { meaning: "layout invalid", about: "registry" },
  LOCK_TIMEOUT: { meaning: "timed out waiting for another writer", about: "registry" },
  STORAGE_FAILED: { meaning: "storage failed", about: "registry" },
  REMOTE_FAILED: { meaning: "remote registry failed", about: "registry" },
  CLOSED: { meaning: "closed", about: "registry" },
};

const CODES: Readonly<Record<RegistryErrorCode, CodeFacts>> = { ...DISTRIBUTION_CODES, ...LOCAL_CODES };

/** Every code: first those of the distribution-spec, in its order, then ours. */
export const registryErrorCodes: readonly RegistryErrorCode[] = Object.freeze(
  Object.keys(CODES) as RegistryErrorCode[],
);

/** Whether `code` is a code of the distribution-spec, which any registry may send. */
export function isDistributionErrorCode(code: string): code is DistributionErrorCode {
  return Object.hasOwn(DISTRIBUTION_CODES, code);
}

/** Whether `code` is about the request. False for an unknown code, which a newer copy of this package may have. */
export function isAboutRequest(code: RegistryErrorCode): boolean {
  return Object.hasOwn(CODES, code) && CODES[code].about === "request";
}

/** Returns the meaning of `code`: the message of an error without one. */
export function meaningOf(code: RegistryErrorCode): string {
  return CODES[code].meaning;
}
