import type { RegistryErrorCode } from "./error-codes.ts";
import { isAboutRequest, meaningOf } from "./error-codes.ts";
import type { ErrorDetails } from "./error-details.ts";

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
export interface RegistryErrorOptions<Code extends RegistryErrorCode = RegistryErrorCode> {
  /** The error that led to this one. Never part of the wire form. */
  readonly cause?: unknown;
  /** Facts for a program to read, as plain JSON. */
  readonly detail?: ErrorDetails[Code] | undefined;
}

/** Shared by every installed copy of this package, so that they know each other's errors. */
const BRAND: unique symbol = Symbol.for("@ocilayout/RegistryError");

/**
 * A failure with a stable code. Everything a caller of a registry can cause or meet is one of these; mistakes
 * in the calling program (a number where a string belongs) are `TypeError` or `RangeError`.
 */
export class RegistryError<Code extends RegistryErrorCode = RegistryErrorCode> extends Error {
  static {
    Object.defineProperty(this.prototype, "name", {
      value: "RegistryError",
      configurable: true,
      writable: true,
    });
    Object.defineProperty(this.prototype, BRAND, { value: true });
  }

  /** What went wrong, for a program. */
  readonly code: Code;

  /**
   * Facts about what went wrong, for a program: {@link ErrorDetails} has the shape for each code. Absent if there are
   * none, and possibly in any error of another backend.
   */
  declare readonly detail?: ErrorDetails[Code] | undefined;

  /** @param message - Defaults to what the code means. */
  constructor(code: Code, message?: string, options: RegistryErrorOptions<Code> = {}) {
    super(message ?? meaningOf(code), options.cause === undefined ? undefined : { cause: options.cause });
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
 * `codes` where any are given. Narrows `error.detail` to the shape for those codes; a test of `error.code` narrows it
 * further.
 */
export function isRegistryError<Code extends RegistryErrorCode = RegistryErrorCode>(
  error: unknown,
  ...codes: readonly Code[]
): error is Code extends RegistryErrorCode ? RegistryError<Code> : never {
  if (typeof error !== "object" || error === null || !(BRAND in error)) return false;
  return codes.length === 0 || ("code" in error && codes.includes(error.code as Code));
}
