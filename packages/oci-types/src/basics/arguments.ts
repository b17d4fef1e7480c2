import type { CallOptions } from "./call-options.ts";

/**
 * Rejects a value that is not a string.
 *
 * @param what - The name of the value in the message. The same in all of these functions.
 * @throws TypeError if `value` is not a string.
 */
export function requireString(value: unknown, what: string): asserts value is string {
  if (typeof value !== "string") throw new TypeError(`${what} must be a string, not ${typeof value}`);
}

/**
 * Rejects a value that is not one of `allowed`.
 *
 * @throws TypeError that lists the allowed values.
 */
export function requireOneOf(value: string, allowed: readonly string[], what: string): void {
  if (!allowed.includes(value)) throw new TypeError(`${what} must be one of ${allowed.join(", ")}`);
}

/**
 * Returns `value`, a non-negative integer: a size, an offset, a limit.
 *
 * @throws TypeError if it is not a number; RangeError if it is negative or not a safe integer.
 */
export function requireCount(value: unknown, what: string): number {
  if (typeof value !== "number") throw new TypeError(`${what} must be a number, not ${typeof value}`);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`${what} must be a non-negative integer, not ${value}`);
  return value;
}

/** The longest delay of a timer, in milliseconds: 24.8 days. A timer with a longer delay fires at once. */
export const maxDurationMs: number = 2 ** 31 - 1;

/**
 * Returns `value`, a duration in milliseconds that a timer can wait for.
 *
 * @throws TypeError if it is not a number; RangeError if it is negative, not an integer, or above {@link maxDurationMs}.
 */
export function requireDuration(value: unknown, what: string): number {
  const duration = requireCount(value, what);
  if (duration > maxDurationMs)
    throw new RangeError(`${what} must be at most ${maxDurationMs} ms (24.8 days), not ${duration}`);
  return duration;
}

/**
 * Rejects a value that is not an array. Its elements are not checked.
 *
 * @throws TypeError if `value` is not an array.
 */
export function requireArray(value: unknown, what: string): asserts value is readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`${what} must be an array, not ${typeof value}`);
}

/**
 * Returns `value`, true or false.
 *
 * @throws TypeError if it is neither.
 */
export function requireFlag(value: unknown, what: string): boolean {
  if (typeof value !== "boolean") throw new TypeError(`${what} must be true or false, not ${typeof value}`);
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
 * Returns the signal of a call's options. A signal that is `null` counts as absent, as in `fetch`. Call it first: then an
 * invalid signal leaves no file and no session behind.
 *
 * @throws TypeError if the options are not an object, or the signal is not an `AbortSignal` of this or another realm.
 */
export function requireSignal(options: CallOptions): AbortSignal | undefined {
  requireObject(options, "options");
  const signal: unknown = options.signal ?? undefined;
  if (signal === undefined || isSignal(signal)) return signal;
  throw new TypeError(`signal must be an AbortSignal, not ${typeof signal}`);
}

/** Whether `value` is an `AbortSignal`. `instanceof` would reject signals of other realms and of polyfills. */
function isSignal(value: unknown): value is AbortSignal {
  if (Object.prototype.toString.call(value) !== "[object AbortSignal]") return false;
  const { throwIfAborted, addEventListener, removeEventListener } = value as Record<string, unknown>;
  return [throwIfAborted, addEventListener, removeEventListener].every(
    (method) => typeof method === "function",
  );
}
