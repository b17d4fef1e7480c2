import { requireDigest } from "./digest.ts";
import type { Precondition } from "./registry.ts";

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
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${what} must be a non-negative integer`);
  return value;
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
 * Refuses preconditions that make no sense: without a tag there is nothing that could match.
 *
 * @throws TypeError where there is no tag, where both forms are given or `ifNoneMatch` is not `"*"`; `RegistryError`
 * `DIGEST_INVALID` where `ifMatch` is neither `"*"` nor a digest.
 */
export function requirePrecondition({ ifMatch, ifNoneMatch }: Precondition, tags: readonly string[]): void {
  if (ifMatch === undefined && ifNoneMatch === undefined) return;
  if (tags.length === 0) throw new TypeError("ifMatch and ifNoneMatch need a tag");
  if (ifMatch !== undefined && ifNoneMatch !== undefined) throw new TypeError("give either ifMatch or ifNoneMatch");
  if (ifNoneMatch !== undefined && (ifNoneMatch as string) !== "*") throw new TypeError('ifNoneMatch must be "*"');
  if (ifMatch !== undefined && ifMatch !== "*") requireDigest(ifMatch);
}
