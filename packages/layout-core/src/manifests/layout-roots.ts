import type { Entry, ForeignEntry } from "../index-json/entry.ts";
import type { ManifestRoot } from "./stored-manifest.ts";

/** Yields the roots of a layout's content: the digests of all entries, including foreign ones. */
export function* rootsOf(entries: {
  all(): Iterable<Entry | ForeignEntry>;
}): Generator<ManifestRoot, void, undefined> {
  for (const { digest, mediaType } of entries.all()) {
    if (digest !== undefined) yield { digest, mediaType };
  }
}
