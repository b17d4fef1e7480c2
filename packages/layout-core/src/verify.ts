import type { CallOptions } from "@ocilayout/oci-types";
import { isRegistryError, requireFlag } from "@ocilayout/oci-types";

import { throwIfAborted } from "./check-input.ts";
import type { EntryTable } from "./entry-table.ts";
import { isFileFault } from "./fs/disk.ts";
import { storageError } from "./fs/storage-error.ts";
import type { Layout } from "./layout.ts";
import { findEntryProblems } from "./verify-entries.ts";
import { findContentProblems } from "./verify-content.ts";
import { findStrayFiles } from "./verify-files.ts";

/** What kind of thing {@link Finding} tells of. Stable, as codes are. */
export type FindingKind =
  | "damaged-layout"
  | "unreadable-layout"
  | "empty-index"
  | "foreign-entry"
  | "duplicate-ref"
  | "missing-blob"
  | "corrupt-blob"
  | "unreadable-blob"
  | "wrong-size"
  | "wrong-media-type"
  | "docker-manifest"
  | "unlisted-referrer"
  | "damaged-manifest"
  | "unreachable-blob"
  | "stray-file"
  | "stale-upload";

/** One thing that is not as it should be. */
export interface Finding {
  /** `"error"`: something cannot be read. `"warning"`: something is of no use, or not understood. */
  readonly severity: "error" | "warning";
  /** What kind of thing it is. */
  readonly kind: FindingKind;
  /** The blob or manifest it is about. */
  readonly digest?: string | undefined;
  /** The name of the entry it is about, as it stands in `index.json`. */
  readonly refName?: string | undefined;
  /** The file it is about, within the layout. */
  readonly path?: string | undefined;
  /** What is wrong, and what to do. */
  readonly message: string;
}

/** Options of {@link LayoutRegistry.verify}. */
export interface VerifyOptions extends CallOptions {
  /** Whether every blob is read and hashed. Default true; without, only names and sizes are compared. */
  readonly content?: boolean | undefined;
  /** Whether missing blobs are warnings: the layout holds parts of images on purpose. Default as the layout was opened. */
  readonly allowSparse?: boolean | undefined;
}

/** {@link VerifyOptions}, complete. */
export interface VerifySettings {
  readonly content: boolean;
  readonly allowSparse: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Everything in a layout that is not as it should be. */
export async function* verifyLayout(
  layout: Layout,
  options: VerifyOptions = {},
): AsyncGenerator<Finding, void, undefined> {
  const signal = layout.beginRead(options);
  const settings: VerifySettings = {
    content: requireFlag(options.content ?? true, "content"),
    allowSparse: requireFlag(options.allowSparse ?? layout.settings.allowSparse, "allowSparse"),
    signal,
  };
  try {
    const table = await readTable(layout);
    if ("kind" in table) {
      yield table;
      return;
    }
    const reached: Set<string> = new Set();
    for await (const finding of findAll(layout, table, settings, reached)) {
      throwIfAborted({ signal });
      yield finding;
    }
  } catch (error) {
    throw storageError(error, "verifying the layout");
  }
}

async function* findAll(
  layout: Layout,
  table: EntryTable,
  settings: VerifySettings,
  reached: Set<string>,
): AsyncGenerator<Finding, void, undefined> {
  yield* findEntryProblems(table);
  yield* findContentProblems(layout, table, settings, reached);
  if (table.size === 0 && (await hasBlobs(layout))) yield emptyIndex;
  yield* findStrayFiles(layout, settings, reached);
}

/** An index that lost its entries looks just like this, and everything it listed is garbage then. */
const emptyIndex: Finding = {
  severity: "warning",
  kind: "empty-index",
  path: "index.json",
  message: "index.json lists no manifest, and there are blobs: gc removes them after the grace period",
};

async function hasBlobs({ blobs }: Layout): Promise<boolean> {
  try {
    for await (const _ of blobs.list()) return true;
  } catch (error) {
    // A directory that cannot be listed is a finding of its own.
    if (!isFileFault(error)) throw error;
  }
  return false;
}

/** The entries; where the layout is damaged, that. */
async function readTable(layout: Layout): Promise<EntryTable | Finding> {
  try {
    return await layout.index.read();
  } catch (error) {
    if (!isRegistryError(error, "LAYOUT_INVALID")) throw error;
    const message = `${error.message}; nothing in it can be read until that is mended`;
    return { severity: "error", kind: "damaged-layout", message };
  }
}
