import { beginCall } from "@ocilayout/oci-backend";
import { isRegistryError, layoutNames } from "@ocilayout/oci-types";
import { requireFlag } from "@ocilayout/oci-types/authors";

import type { EntryTable } from "../index-json/entry-table.ts";
import { isFileFault } from "../disk/disk.ts";
import { storageError } from "../disk/storage-error.ts";
import type { Layout } from "../layout/layout.ts";
import type { Finding, VerifyOptions, VerifySettings } from "./finding.ts";
import { findEntryProblems } from "./verify-entries.ts";
import { findContentProblems } from "./verify-content.ts";
import { findStrayFiles } from "./verify-files.ts";

/** Yields every problem in a layout. */
export async function* verifyLayout(
  layout: Layout,
  options: VerifyOptions = {},
): AsyncGenerator<Finding, void, undefined> {
  const signal = beginCall(layout, "read", options);
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
      signal?.throwIfAborted();
      yield finding;
    }
  } catch (error) {
    throw storageError(error, "verify the layout");
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

/** An index that lost its entries looks the same. Then everything that it listed is garbage. */
const emptyIndex: Finding = {
  severity: "warning",
  kind: "empty-index",
  path: layoutNames.index,
  message: "index.json lists no manifests, but there are blobs: gc removes them after the grace period",
};

async function hasBlobs({ blobs }: Layout): Promise<boolean> {
  try {
    for await (const _ of blobs.list()) return true;
  } catch (error) {
    // A directory that cannot be listed has a finding of its own.
    if (!isFileFault(error)) throw error;
  }
  return false;
}

/** Returns the entries or, if the layout is damaged, a finding. */
async function readTable(layout: Layout): Promise<EntryTable | Finding> {
  try {
    return await layout.index.read();
  } catch (error) {
    if (!isRegistryError(error, "LAYOUT_INVALID")) throw error;
    const message = `${error.message}; nothing in the layout can be read until this is repaired`;
    return { severity: "error", kind: "damaged-layout", message };
  }
}
