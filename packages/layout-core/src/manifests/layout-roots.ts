import type { Entry, ForeignEntry } from "../index-json/entry.ts";
import type { ManifestRoot } from "./stored-manifest.ts";

/** Where the content of a layout begins: what every entry names, foreign ones too. */
export function* rootsOf(entries: {
  all(): Iterable<Entry | ForeignEntry>;
}): Generator<ManifestRoot, void, undefined> {
  for (const { digest, mediaType } of entries.all()) {
    if (digest !== undefined) yield { digest, mediaType };
  }
}
