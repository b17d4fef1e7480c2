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
 * The codes that the distribution-spec has no word for:
 *
 * - `RANGE_INVALID`: a byte range or an upload offset that does not fit the content.
 * - `PRECONDITION_FAILED`: an `ifMatch` or `ifNoneMatch` that does not hold.
 * - `CONTENT_CORRUPT`: stored bytes do not match their digest or size.
 * - `LAYOUT_INVALID`: a layout directory is damaged or of another version.
 * - `LOCK_TIMEOUT`: another writer held the lock for too long.
 * - `STORAGE_FAILED`: the storage failed; its own error is in `cause`.
 * - `CLOSED`: the registry or the reader was closed.
 */
export type LocalErrorCode =
  | "RANGE_INVALID"
  | "PRECONDITION_FAILED"
  | "CONTENT_CORRUPT"
  | "LAYOUT_INVALID"
  | "LOCK_TIMEOUT"
  | "STORAGE_FAILED"
  | "CLOSED";

/** Every code a {@link RegistryError} can have. Codes are stable, messages are not. */
export type RegistryErrorCode = DistributionErrorCode | LocalErrorCode;

/** What a code means, and whether it is about the request or about a failure of the registry itself. */
interface CodeFacts {
  readonly meaning: string;
  readonly about: "request" | "registry";
}

const CODES: Readonly<Record<RegistryErrorCode, CodeFacts>> = {
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
  RANGE_INVALID: { meaning: "range invalid", about: "request" },
  PRECONDITION_FAILED: { meaning: "precondition failed", about: "request" },
  CONTENT_CORRUPT: { meaning: "stored content is corrupt", about: "registry" },
  LAYOUT_INVALID: { meaning: "layout invalid", about: "registry" },
  LOCK_TIMEOUT: { meaning: "timed out waiting for another writer", about: "registry" },
  STORAGE_FAILED: { meaning: "storage failed", about: "registry" },
  CLOSED: { meaning: "closed", about: "registry" },
};

/** Every code, in the order of the distribution-spec, then ours. */
export const registryErrorCodes: readonly RegistryErrorCode[] = Object.freeze(
  Object.keys(CODES) as RegistryErrorCode[],
);

/** Whether `code` is about the request; no for a code that only another copy of this package knows. */
function isAboutRequest(code: RegistryErrorCode): boolean {
  return Object.hasOwn(CODES, code) && CODES[code].about === "request";
}

/** One error of the distribution-spec's wire form. */
export interface WireError {
  /** What went wrong, for a program. */
  readonly code: RegistryErrorCode;
  /** What went wrong, for a person. */
  readonly message: string;
  /** Facts about what went wrong. */
  readonly detail?: unknown;
}

/** What a {@link RegistryError} may carry beside its code and message. */
export interface RegistryErrorOptions {
  /** The error that led to this one. Never part of the wire form. */
  readonly cause?: unknown;
  /** Facts for a program to read, as plain JSON. */
  readonly detail?: unknown;
}

/** Shared by every installed copy of this package, so that they know each other's errors. */
const BRAND: unique symbol = Symbol.for("@ocilayout/RegistryError");

/**
 * A failure with a stable code. Everything a caller of a registry can cause or meet is one of these; mistakes
 * in the calling program (a number where a string belongs) are `TypeError` or `RangeError`.
 */
export class RegistryError extends Error {
  static {
    Object.defineProperty(this.prototype, "name", {
      value: "RegistryError",
      configurable: true,
      writable: true,
    });
    Object.defineProperty(this.prototype, BRAND, { value: true });
  }

  /** What went wrong, for a program. */
  readonly code: RegistryErrorCode;

  /** Facts about what went wrong, for a program; its shape depends on the code. */
  declare readonly detail?: unknown;

  /** @param message - Defaults to what the code means. */
  constructor(code: RegistryErrorCode, message?: string, options: RegistryErrorOptions = {}) {
    super(message ?? CODES[code].meaning, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options.detail !== undefined) this.detail = options.detail;
  }

  /**
   * The wire form of this error. `cause` is never part of it, and `detail` is only where the code is about the
   * request: the details of the registry's own failures may name hosts and processes.
   */
  toJSON(): WireError {
    const wire = { code: this.code, message: this.message };
    const shown = this.detail !== undefined && isAboutRequest(this.code);
    return shown ? { ...wire, detail: this.detail } : wire;
  }
}

/**
 * Whether `error` is a {@link RegistryError}, of this or another installed copy of this package, and has one of
 * `codes` where any are given.
 */
export function isRegistryError<Code extends RegistryErrorCode = RegistryErrorCode>(
  error: unknown,
  ...codes: readonly Code[]
): error is RegistryError & { readonly code: Code } {
  if (typeof error !== "object" || error === null || !(BRAND in error)) return false;
  return codes.length === 0 || ("code" in error && codes.includes(error.code as Code));
}
