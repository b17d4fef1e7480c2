import type { ListOptions, Precondition } from "@ocilayout/oci-types";
import { excerpt, RegistryError, requireDigest } from "@ocilayout/oci-types";
import { isValidRepository, isValidTag } from "@ocilayout/ociref";

/** Refuses what is no string. */
export function requireString(value: unknown, what: string): void {
  if (typeof value !== "string") throw new TypeError(`${what} must be a string, not ${typeof value}`);
}

/** Refuses what is no non-negative integer. */
export function requireCount(value: unknown, what: string): number {
  if (typeof value !== "number") throw new TypeError(`${what} must be a number, not ${typeof value}`);
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${what} must be a non-negative integer`);
  return value;
}

/** Clause 5: a repository name that is none is `NAME_INVALID`. */
export function requireRepository(name: string): string {
  requireString(name, "a repository name");
  if (isValidRepository(name)) return name;
  throw new RegistryError("NAME_INVALID", `not a valid repository name: ${excerpt(name)}`);
}

/** Clause 15: a tag that is none is `NAME_INVALID`. */
export function requireTag(tag: string): string {
  requireString(tag, "a tag");
  if (isValidTag(tag)) return tag;
  throw new RegistryError("NAME_INVALID", `not a valid tag: ${excerpt(tag)}`);
}

/** The tags of a push, each once and valid. */
export function requireTags(tags: readonly string[] = []): string[] {
  if (typeof tags === "string") throw new TypeError("tags must be an array");
  return [...new Set(tags)].map((tag) => requireTag(tag));
}

/** Refuses what is neither true nor false. */
export function requireFlag(value: unknown, what: string): boolean {
  if (typeof value !== "boolean") throw new TypeError(`${what} must be true or false`);
  return value;
}

/** Clause 15: a precondition needs a tag, and only one of its two forms. */
export function requirePrecondition({ ifMatch, ifNoneMatch }: Precondition, tags: readonly string[]): void {
  if (ifMatch === undefined && ifNoneMatch === undefined) return;
  if (tags.length === 0) throw new TypeError("ifMatch and ifNoneMatch need a tag");
  if (ifMatch !== undefined && ifNoneMatch !== undefined) throw new TypeError("give either ifMatch or ifNoneMatch");
  if (ifNoneMatch !== undefined && (ifNoneMatch as string) !== "*") throw new TypeError('ifNoneMatch must be "*"');
  if (ifMatch !== undefined && ifMatch !== "*") requireDigest(ifMatch);
}

/** Clause 20: the part of a sorted list that is asked for; clause 2: until the signal is aborted. */
export function* page<Item>(items: readonly Item[], key: (item: Item) => string, options: ListOptions): Generator<Item, void, undefined> {
  const { startAfter, limit, signal } = options;
  if (startAfter !== undefined) requireString(startAfter, "startAfter");
  if (limit !== undefined) requireCount(limit, "limit");
  let left = limit ?? Infinity;
  for (const item of items) {
    if (startAfter !== undefined && startAfter !== "" && key(item) <= startAfter) continue;
    if (left === 0) return;
    left -= 1;
    signal?.throwIfAborted();
    yield item;
  }
}

/** Code-unit order. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The chunks in one piece. */
export function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** The error for a blob that a repository does not have. */
export function unknownBlob(repo: string | undefined, digest: string): RegistryError {
  return new RegistryError("BLOB_UNKNOWN", `no blob ${digest} in ${repo ?? "any repository"}`);
}

/** The error for a manifest that a repository does not have. */
export function unknownManifest(repo: string, digest: string): RegistryError {
  return new RegistryError("MANIFEST_UNKNOWN", `no manifest ${digest} in ${repo}`);
}

/** The error for a tag that a repository does not have. */
export function unknownTag(repo: string, tag: string): RegistryError {
  return new RegistryError("MANIFEST_UNKNOWN", `no tag ${tag} in ${repo}`);
}

/** The error for an upload that is not there, not here, or over. */
export function unknownUpload(): RegistryError {
  return new RegistryError("BLOB_UPLOAD_UNKNOWN", "there is no such upload");
}
