import type { CallOptions } from "./call-options.ts";

/**
 * Refuses what is no string.
 *
 * @param what - What to call it in the message; so in all of these.
 * @throws TypeError where it is no string.
 */
export function requireString(value: unknown, what: string): asserts value is string {
  if (typeof value !== "string") throw new TypeError(`${what} must be a string, not ${typeof value}`);
}

/**
 * `value`, a non-negative integer: a size, an offset, a limit.
 *
 * @throws TypeError where it is no number; RangeError where it is negative, or no safe integer.
 */
export function requireCount(value: unknown, what: string): number {
  if (typeof value !== "number") throw new TypeError(`${what} must be a number, not ${typeof value}`);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`${what} must be a non-negative integer`);
  return value;
}

/** The longest duration that a timer takes, in milliseconds: 24.8 days. A longer one fires at once. */
export const maxDurationMs: number = 2 ** 31 - 1;

/**
 * `value`, a duration in milliseconds that a timer can wait for.
 *
 * @throws TypeError if it is not a number; RangeError if it is negative, not an integer, or above {@link maxDurationMs}.
 */
export function requireDuration(value: unknown, what: string): number {
  const duration = requireCount(value, what);
  if (duration > maxDurationMs)
    throw new RangeError(`${what} must be ${maxDurationMs} ms (24.8 days) at most, not ${duration}`);
  return duration;
}

/**
 * `value`, true or false.
 *
 * @throws TypeError where it is neither.
 */
export function requireFlag(value: unknown, what: string): boolean {
  if (typeof value !== "boolean") throw new TypeError(`${what} must be true or false`);
  return value;
}

/**
 * Rejects a value that is not an object: options, a range, a descriptor.
 *
 * @throws TypeError if `value` is not an object.
 */
export function requireObject(value: unknown, what: string): asserts value is object {
  if (typeof value !== "object" || value === null)
    throw new TypeError(`${what} must be an object, not ${value === null ? "null" : typeof value}`);
}

/**
 * Returns the signal of a call's options. A signal that is `null` counts as absent, as in `fetch`. Every call asks for it
 * before it does anything else and uses only what is returned here: a wrong signal then costs no file and no session.
 *
 * @throws TypeError if the options are not an object, or the signal is not an `AbortSignal` of this or another realm.
 */
export function requireSignal(options: CallOptions): AbortSignal | undefined {
  requireObject(options, "options");
  const signal: unknown = options.signal ?? undefined;
  if (signal === undefined || isSignal(signal)) return signal;
  throw new TypeError(`signal must be an AbortSignal, not ${typeof signal}`);
}

/** `instanceof` would refuse the signals of other realms and of polyfills. */
function isSignal(value: unknown): value is AbortSignal {
  if (Object.prototype.toString.call(value) !== "[object AbortSignal]") return false;
  const { throwIfAborted, addEventListener, removeEventListener } = value as Record<string, unknown>;
  return [throwIfAborted, addEventListener, removeEventListener].every(
    (method) => typeof method === "function",
  );
}
