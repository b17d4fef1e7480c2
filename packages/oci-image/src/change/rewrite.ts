import type { Descriptor } from "@ocilayout/oci-types";
import { computeDigest, parseDigest, RegistryError } from "@ocilayout/oci-types";

import { changeMembers } from "./members.ts";

/** A document after a change. It has no bytes if it did not change: its original bytes stay. */
export interface Rewritten<Document> {
  readonly document: Document;
  readonly bytes?: Uint8Array | undefined;
}

/** The maximum depth of a document, as for the manifests that are read. */
const MAX_DEPTH = 100;

/**
 * Returns a changed document and its bytes. If it is equal to the document before the change, returns that one, without bytes.
 *
 * @throws `RegistryError` `MANIFEST_INVALID` as {@link writeDocument}, if the document changed.
 */
export function rewrite<Document extends object>(before: Document, after: Document): Rewritten<Document> {
  for (const document of [before, after]) checkValues(document);
  if (JSON.stringify(before) === JSON.stringify(after)) return { document: before };
  return { document: after, bytes: writeDocument(after) };
}

/**
 * Writes a document as JSON without white space.
 *
 * @throws `RegistryError` `MANIFEST_INVALID` if the document has a number that may have been rounded when it was read, or is
 * nested deeper than 100 levels.
 */
export function writeDocument(document: object): Uint8Array {
  if (checkValues(document)) return new TextEncoder().encode(JSON.stringify(document));
  throw new RegistryError(
    "MANIFEST_INVALID",
    `cannot write the document: it has a number beyond ${Number.MAX_SAFE_INTEGER}, which JavaScript rounds`,
  );
}

/** Checks the depth of a document without recursion. Returns whether all of its numbers are small enough to be exact. */
function checkValues(document: object): boolean {
  let isExact = true;
  let level: readonly object[] = [document];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) {
      throw new RegistryError("MANIFEST_INVALID", `the document is nested deeper than ${MAX_DEPTH}`, {
        detail: { limit: MAX_DEPTH },
      });
    }
    const inner: object[] = [];
    for (const value of level.flatMap((it) => Object.values(it) as unknown[])) {
      if (typeof value === "number") isExact &&= Math.abs(value) <= Number.MAX_SAFE_INTEGER;
      if (typeof value === "object" && value !== null) inner.push(value);
    }
    level = inner;
  }
  return isExact;
}

/** The digest and the size of content. */
export type ContentName = Pick<Descriptor, "digest" | "size">;

/** Returns the digest and the size of new content. The algorithm is that of the digest before. */
export async function nameContent(bytes: Uint8Array, before: ContentName): Promise<ContentName> {
  return computeDigest(bytes, { algorithm: parseDigest(before.digest)?.algorithm });
}

/** Points a descriptor at new content. Removes `data` and `urls`, which are about the content before. */
export function pointAt(descriptor: Descriptor, { digest, size }: ContentName): Descriptor {
  return changeMembers(descriptor, [
    ["digest", digest],
    ["size", size],
    ["data", undefined],
    ["urls", undefined],
  ]);
}
