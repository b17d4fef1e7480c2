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

/** What a code means, and the HTTP status of an answer that carries it. */
interface CodeFacts {
  readonly meaning: string;
  readonly status: number;
}

const CODES: Readonly<Record<RegistryErrorCode, CodeFacts>> = {
  BLOB_UNKNOWN: { meaning: "blob unknown", status: 404 },
  BLOB_UPLOAD_INVALID: { meaning: "blob upload invalid", status: 400 },
  BLOB_UPLOAD_UNKNOWN: { meaning: "blob upload unknown", status: 404 },
  DIGEST_INVALID: { meaning: "digest invalid", status: 400 },
  MANIFEST_BLOB_UNKNOWN: { meaning: "manifest refers to unknown content", status: 404 },
  MANIFEST_INVALID: { meaning: "manifest invalid", status: 400 },
  MANIFEST_UNKNOWN: { meaning: "manifest unknown", status: 404 },
  NAME_INVALID: { meaning: "name invalid", status: 400 },
  NAME_UNKNOWN: { meaning: "repository unknown", status: 404 },
  SIZE_INVALID: { meaning: "size invalid", status: 400 },
  UNAUTHORIZED: { meaning: "authentication required", status: 401 },
  DENIED: { meaning: "access denied", status: 403 },
  UNSUPPORTED: { meaning: "operation not supported", status: 405 },
  TOOMANYREQUESTS: { meaning: "too many requests", status: 429 },
  RANGE_INVALID: { meaning: "range invalid", status: 416 },
  PRECONDITION_FAILED: { meaning: "precondition failed", status: 412 },
  CONTENT_CORRUPT: { meaning: "stored content is corrupt", status: 500 },
  LAYOUT_INVALID: { meaning: "layout invalid", status: 500 },
  LOCK_TIMEOUT: { meaning: "timed out waiting for another writer", status: 503 },
  STORAGE_FAILED: { meaning: "storage failed", status: 500 },
  CLOSED: { meaning: "closed", status: 503 },
};

/** Every code, in the order of the distribution-spec, then ours. */
export const registryErrorCodes: readonly RegistryErrorCode[] = Object.freeze(
  Object.keys(CODES) as RegistryErrorCode[],
);

/** What a request was doing when it failed, where the HTTP status depends on it. */
export type RegistryOperation = "manifest" | "blob" | "upload" | "delete" | "list";

/**
 * The HTTP status of an answer that carries `code`; 500 for a code that only another copy of this package knows.
 *
 * The same code has two statuses in two places: `SIZE_INVALID` is 413 for a manifest and 400 elsewhere
 * (end-7), and a refused deletion is 405 (end-9, end-10) where any other refusal is 403.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints}
 */
export function httpStatus(code: RegistryErrorCode, operation?: RegistryOperation): number {
  if (code === "SIZE_INVALID" && operation === "manifest") return 413;
  if (code === "DENIED" && operation === "delete") return 405;
  return Object.hasOwn(CODES, code) ? CODES[code].status : 500;
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

/** The body of an HTTP answer that reports errors. */
export interface WireErrorBody {
  /** Everything that went wrong. */
  readonly errors: readonly WireError[];
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
   * request: the details of the server's own failures may name hosts and processes.
   */
  toJSON(): WireError {
    const wire = { code: this.code, message: this.message };
    const shown = this.detail !== undefined && httpStatus(this.code) < 500;
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

/**
 * The body of an HTTP answer that reports `errors`.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes}
 */
export function errorBody(...errors: readonly RegistryError[]): WireErrorBody {
  return { errors: errors.map((error) => error.toJSON()) };
}
