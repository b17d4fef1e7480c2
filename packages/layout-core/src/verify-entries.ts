import type { ForeignEntry } from "./entry.ts";
import { isForeign, refNameOf } from "./entry.ts";
import type { EntryTable } from "./entry-table.ts";
import type { ForeignReason } from "./ref-name.ts";
import type { Finding } from "./verify.ts";

/** What to make of an entry that is foreign. */
const ADVICE: Readonly<Record<ForeignReason, string>> = {
  "not an object": "it is no JSON object; it is kept, and of no use",
  "digest not understood": "its digest is malformed or of another algorithm than sha256 and sha512; it is kept",
  "size not understood": "its size is no safe integer; it is kept, and its content is not served",
  "name not understood": "its name is no tag and no repository; the option nameEntry can read other dialects",
  "name of another digest": "its name has another digest than itself; it is kept, and not served",
  "no default repository": "it names no repository; the option defaultRepository says which one it belongs to",
};

/** Entries that are not understood, and those that another one of the same name hides. */
export function* findEntryProblems(table: EntryTable): Generator<Finding, void, undefined> {
  for (const entry of table.all()) {
    if (isForeign(entry)) yield describeForeign(entry);
    else if (entry.tag !== undefined && table.tagged(entry.repository, entry.tag)[0] !== entry) {
      yield {
        severity: "warning",
        kind: "duplicate-ref",
        digest: entry.digest,
        refName: refNameOf(entry),
        message: `${entry.repository}:${entry.tag} is named more than once, and the first counts; pushing the tag again mends it`,
      };
    }
  }
}

function describeForeign(entry: ForeignEntry): Finding {
  return {
    severity: "warning",
    kind: "foreign-entry",
    digest: entry.digest,
    refName: refNameOf(entry),
    message: `an entry of index.json is not understood: ${ADVICE[entry.foreign]}`,
  };
}
