import { isPauseDue, pause } from "@ocilayout/oci-backend";
import { manifestKind } from "@ocilayout/oci-types";
import { excerpt, JsonTextError } from "@ocilayout/oci-types/authors";

import { damaged } from "../disk/layout-files.ts";
import type { Entry, ForeignEntry } from "./entry.ts";
import { parseEntry } from "./entry.ts";
import { EntryTable } from "./entry-table.ts";
import type { IndexText } from "./index-text.ts";
import { parseIndexText } from "./index-text.ts";
import type { NameRules } from "./ref-name.ts";

/** The content of `index.json`. */
export interface ParsedIndex {
  /** The document without its entries. */
  readonly text: IndexText;
  readonly table: EntryTable;
}

/** How many entries are read between two looks at the clock. */
const ENTRIES_IN_A_ROW = 32;

/**
 * Parses the bytes of `index.json`, which are UTF-8.
 *
 * @throws {@link JsonTextError} if the text or an entry is not JSON of the expected form.
 * @throws `RegistryError` `LAYOUT_INVALID` if the document is not an index.
 */
export async function parseIndex(source: Uint8Array, rules: NameRules): Promise<ParsedIndex> {
  const text = parseIndexText(source);
  requireIndex(text.document);
  const table = new EntryTable();
  for (const [at, entry] of text.entries.entries()) {
    if (at % ENTRIES_IN_A_ROW === 0 && isPauseDue()) await pause();
    table.append(readEntry(entry, rules));
  }
  return { text: { ...text, entries: [] }, table };
}

/** Returns the error for an index whose text cannot be parsed. */
export function unreadableIndex(error: JsonTextError): Error {
  return damaged(`invalid OCI layout: cannot read index.json: ${error.message}`, error);
}

function readEntry(text: string, rules: NameRules): Entry | ForeignEntry {
  try {
    return parseEntry(text, rules);
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new JsonTextError("an entry is not valid JSON", { cause });
    throw cause;
  }
}

/** Members of documents that are not indexes: manifests of several kinds, a config, the file `oci-layout`. */
const FOREIGN_MEMBERS = ["config", "layers", "fsLayers", "blobs", "rootfs", "imageLayoutVersion"];

/** Fails if a document is not an index. If it were read as an empty index, its content would be garbage. */
function requireIndex(document: Readonly<Record<string, unknown>>): void {
  const { mediaType } = document;
  if (typeof mediaType === "string" && manifestKind(mediaType) !== "index") {
    throw damaged(
      `invalid OCI layout: index.json is not an image index: its media type is ${excerpt(mediaType)}`,
    );
  }
  const hasManifests = Object.hasOwn(document, "manifests") && document["manifests"] !== null;
  const member = hasManifests ? undefined : FOREIGN_MEMBERS.find((name) => Object.hasOwn(document, name));
  if (member !== undefined)
    throw damaged(`invalid OCI layout: index.json is not an image index: it has ${member} and no manifests`);
}
