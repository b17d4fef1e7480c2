import type { Page } from "@ocilayout/oci-backend";
import { RegistryError } from "@ocilayout/oci-types";
import { requireTag } from "@ocilayout/ociref";

/** The tags of a push, each once and valid. */
export function requireTags(tags: readonly string[] = []): string[] {
  if (typeof tags === "string") throw new TypeError("tags must be an array");
  return [...new Set(tags)].map((tag) => requireTag(tag));
}

/** Clause 20: the part of a sorted list that is asked for; clause 2: until the signal is aborted. */
export function* page<Item>(
  items: readonly Item[],
  key: (item: Item) => string,
  { startAfter, limit }: Page,
  signal: AbortSignal | undefined,
): Generator<Item, void, undefined> {
  let left = limit ?? Infinity;
  for (const item of items) {
    if (startAfter !== undefined && key(item) <= startAfter) continue;
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
