import type { CallOptions, ListOptions, Precondition } from "@ocilayout/oci-types";
import { excerpt, RegistryError, requireDigest } from "@ocilayout/oci-types";
import { isValidRepository, isValidTag } from "@ocilayout/ociref";

/** `repository`, valid. `NAME_INVALID` where it is not. */
export function requireRepository(repository: string): string {
  requireString(repository, "a repository name");
  if (isValidRepository(repository)) return repository;
  throw new RegistryError("NAME_INVALID", `not a valid repository name: ${excerpt(repository)}`);
}

/** `tag`, valid. `NAME_INVALID` where it is not. */
export function requireTag(tag: string): string {
  requireString(tag, "a tag");
  if (isValidTag(tag)) return tag;
  throw new RegistryError("NAME_INVALID", `not a valid tag: ${excerpt(tag)}`);
}

/** `tags`, each once, all valid. */
export function requireTags(tags: readonly string[] = []): string[] {
  if (!Array.isArray(tags)) throw new TypeError(`tags must be an array, not ${typeof tags}`);
  return [...new Set(tags as readonly string[])].map((tag) => requireTag(tag));
}

/** The part of a sorted list that `options` ask for. */
export function selectPage(items: readonly string[], options: ListOptions): readonly string[] {
  const { startAfter, limit } = options;
  if (startAfter !== undefined) requireString(startAfter, "startAfter");
  if (limit !== undefined) requireCount(limit, "limit");
  const first = startAfter === undefined ? 0 : countUpTo(items, startAfter);
  return items.slice(first, limit === undefined ? undefined : first + limit);
}

/** Refuses preconditions that make no sense: without a tag there is nothing that could match. */
export function requirePrecondition(precondition: Precondition, tags: readonly string[]): void {
  const { ifMatch, ifNoneMatch } = precondition;
  if (ifMatch === undefined && ifNoneMatch === undefined) return;
  if (tags.length === 0) throw new TypeError("ifMatch and ifNoneMatch need a tag");
  if (ifMatch !== undefined && ifNoneMatch !== undefined) throw new TypeError("give either ifMatch or ifNoneMatch");
  if (ifNoneMatch !== undefined && (ifNoneMatch as string) !== "*") throw new TypeError('ifNoneMatch must be "*"');
  if (ifMatch !== undefined && ifMatch !== "*") requireDigest(ifMatch);
}

/** Rejects early where the caller does not want the call any more. */
export function throwIfAborted(options: CallOptions): void {
  options.signal?.throwIfAborted();
}

/** Refuses what is no non-negative integer. */
export function requireCount(value: number, what: string): number {
  if (typeof value !== "number") throw new TypeError(`${what} must be a number, not ${typeof value}`);
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${what} must be a non-negative integer`);
  return value;
}

/** Refuses what is neither true nor false. */
export function requireFlag(value: boolean, what: string): boolean {
  if (typeof value !== "boolean") throw new TypeError(`${what} must be true or false`);
  return value;
}

/** Refuses what is no string. */
export function requireString(value: string, what: string): void {
  if (typeof value !== "string") throw new TypeError(`${what} must be a string, not ${typeof value}`);
}

/** How many of the sorted `items` are not greater than `bound`. */
function countUpTo(items: readonly string[], bound: string): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && item <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
