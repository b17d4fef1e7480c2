import type { RegistryErrorCode } from "./error-codes.ts";
import { isAboutRequest, meaningOf } from "./error-codes.ts";
import type { ErrorDetails } from "./error-details.ts";

/**
 * An error in the wire form of the distribution-spec.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes}
 */
export interface WireError {
  /** The code, for programs. */
  readonly code: RegistryErrorCode;
  /** The message, for people. */
  readonly message: string;
  /** Facts for programs, by code. */
  readonly detail?: unknown;
}

/** Options of the constructor of {@link RegistryError}. */
export interface RegistryErrorOptions<Code extends RegistryErrorCode = RegistryErrorCode> {
  /** The error that led to this one. The wire form never contains it. */
  readonly cause?: unknown;
  /** Facts for programs, as plain JSON. */
  readonly detail?: ErrorDetails[Code] | undefined;
}

/** Lets every installed copy of this package recognise the errors of the others. */
const BRAND: unique symbol = Symbol.for("@ocilayout/RegistryError");

/**
 * A failure with a stable code. Every failure that a caller of a registry can cause or meet is a `RegistryError`.
 * Programming mistakes, such as an argument of the wrong type, are a `TypeError` or `RangeError` instead.
 *
 * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-1 | Contract, clause 1}
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

  /** The code, for programs. It is stable; the message is not. */
  readonly code: Code;

  /** Facts for programs. {@link ErrorDetails} has the shape for each code. Any error can lack them. */
  declare readonly detail?: ErrorDetails[Code] | undefined;

  /** @param message - Defaults to the meaning of the code. */
  constructor(code: Code, message?: string, options: RegistryErrorOptions<Code> = {}) {
    super(message ?? meaningOf(code), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options.detail !== undefined) this.detail = options.detail;
  }

  /**
   * Returns the wire form of this error. It never contains `cause`. It contains `detail` only if the code is about the
   * request, because the details of the registry's own failures may name hosts and processes.
   */
  toJSON(): WireError {
    const wire = { code: this.code, message: this.message };
    const shown = this.detail !== undefined && isAboutRequest(this.code);
    return shown ? { ...wire, detail: this.detail } : wire;
  }
}

/**
 * Whether `error` is a {@link RegistryError} with one of `codes`, or with any code if `codes` is empty. Recognises the
 * errors of other installed copies of this package. Narrows the type of `error.detail` to the shapes for `codes`; a
 * comparison of `error.code` narrows it further.
 */
export function isRegistryError<Code extends RegistryErrorCode = RegistryErrorCode>(
  error: unknown,
  ...codes: readonly Code[]
): error is Code extends RegistryErrorCode ? RegistryError<Code> : never {
  if (typeof error !== "object" || error === null || !(BRAND in error)) return false;
  return codes.length === 0 || ("code" in error && codes.includes(error.code as Code));
}
