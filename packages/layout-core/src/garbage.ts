import type { CallOptions, Digest } from "@ocilayout/oci-types";
import { RegistryError, requireCount, requireFlag } from "@ocilayout/oci-types";

import { throwIfAborted } from "./check-input.ts";
import { Draft } from "./draft.ts";
import type { EntryTable } from "./entry-table.ts";
import type { StoredBlob } from "./fs/blob-files.ts";
import { clearDebris } from "./fs/debris.ts";
import { storageError } from "./fs/storage-error.ts";
import type { Layout } from "./layout.ts";
import { rootsOf } from "./layout-roots.ts";
import { dropUntagged } from "./untagged.ts";

/** Options of {@link LayoutRegistry.gc}. */
export interface GcOptions extends CallOptions {
  /** Whether it only says what would be removed. Default false. */
  readonly dryRun?: boolean | undefined;
  /**
   * What is younger than so many milliseconds stays: a push under way may need it. Default 24 hours; 0 removes also what
   * was made in this very millisecond.
   */
  readonly graceMs?: number | undefined;
  /**
   * Whether untagged manifests go, too: those that no tag reaches and that are no referrer of one that stays. Default
   * false.
   */
  readonly untagged?: boolean | undefined;
}

/** What a collection removed, or would. */
export interface GcReport {
  /** The blobs, in the order of their digests. */
  readonly removed: readonly Digest[];
  /** How many bytes these had. */
  readonly bytes: number;
  /** How many expired upload sessions, and files and locks that dead processes left behind. */
  readonly uploads: number;
}

const DAY_MS = 86_400_000;
/** How many blobs are removed while the lock is held once. */
const SLICE = 256;
/** How often what is needed is found out without the lock, while others keep changing it. */
const PATIENCE = 3;

interface Settings {
  readonly dryRun: boolean;
  readonly graceMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Removes what no entry reaches. What is needed is found out first and without the lock; then, under it and a few at a
 * time, the age of each candidate is looked at again and it is removed. Where the index moved in between, what is needed
 * is found out again.
 */
export async function collectGarbage(layout: Layout, options: GcOptions = {}): Promise<GcReport> {
  const dryRun = requireFlag(options.dryRun ?? false, "dryRun");
  const untagged = requireFlag(options.untagged ?? false, "untagged");
  const graceMs = requireCount(options.graceMs ?? DAY_MS, "graceMs");
  if (dryRun) layout.beginRead(options);
  else layout.beginWrite(options);
  const settings = { dryRun, graceMs, signal: options.signal };
  try {
    return await collect(layout, settings, untagged);
  } catch (error) {
    throw storageError(error, "collecting garbage");
  }
}

async function collect(layout: Layout, settings: Settings, untagged: boolean): Promise<GcReport> {
  const { index, disk, paths } = layout;
  const table = await index.read();
  // A layout that is not there has nothing to remove, and is not made for that.
  if (!(await index.isWhole())) return { removed: [], bytes: 0, uploads: 0 };
  let mark = await findNeeded(layout, table, settings, "fresh");
  if (untagged) {
    const drop = (draft: Draft): Promise<void> => dropUntagged(layout.graph, draft, (digest) => isOld(layout, settings, digest));
    const draft = new Draft(table);
    await (settings.dryRun ? drop(draft) : index.transact(drop, settings.signal));
    mark = await findNeeded(layout, settings.dryRun ? draft : await index.read(), settings);
  }
  const removed = await sweep(layout, settings, mark);
  const clear = (): Promise<number> => clearDebris(disk, paths, layout.settings, settings);
  const uploads = await (settings.dryRun ? clear() : index.transact(clear, settings.signal));
  return { removed: removed.map(({ digest }) => digest), bytes: removed.reduce((sum, { size }) => sum + size, 0), uploads };
}

/** What is needed, and of which state of the index that is true. */
interface Mark {
  readonly revision: object;
  readonly needed: ReadonlySet<string>;
}

/** Finds out what the entries reach. Refuses where something cannot be read: nobody knows what that needs. */
async function findNeeded(
  layout: Layout,
  entries: Pick<Draft | EntryTable, "all" | "revision">,
  settings: Settings,
  from: "memory" | "fresh" = "memory",
): Promise<Mark> {
  const { revision } = entries;
  const needed: Set<string> = new Set();
  const damaged: string[] = [];
  for (const { digest } of rootsOf(entries)) needed.add(digest);
  for await (const manifest of layout.graph.reachable(rootsOf(entries), ({ digest }) => damaged.push(digest), from)) {
    throwIfAborted(settings);
    needed.add(manifest.digest);
    for (const { digest } of [...manifest.children, ...manifest.parts]) needed.add(digest);
  }
  if (damaged.length === 0) return { revision, needed };
  throw new RegistryError("LAYOUT_INVALID", `what ${damaged[0] ?? ""} needs cannot be known: it is damaged`, {
    detail: { damaged: damaged.sort() },
  });
}

/** Removes every blob that is not needed and old enough; gives those. */
async function sweep(layout: Layout, settings: Settings, first: Mark): Promise<StoredBlob[]> {
  let mark = first;
  const candidates: StoredBlob[] = [];
  for await (const blob of layout.blobs.list()) {
    if (!mark.needed.has(blob.digest) && isOld(layout, settings, blob.digest)) candidates.push(blob);
  }
  candidates.sort((a, b) => (a.digest < b.digest ? -1 : 1));
  if (settings.dryRun) return candidates;
  const removed: StoredBlob[] = [];
  for (let at = 0, disturbed = 0; at < candidates.length; ) {
    throwIfAborted(settings);
    const slice = candidates.slice(at, at + SLICE);
    const known = disturbed < PATIENCE ? mark : undefined;
    const done = await layout.index.transact((draft) => removeSlice(layout, settings, draft, known, slice), settings.signal);
    if (done === undefined) {
      disturbed += 1;
      mark = await findNeeded(layout, await layout.index.read(), settings);
      continue;
    }
    removed.push(...done);
    at += slice.length;
  }
  return removed;
}

/**
 * Removes those of `slice` that are still of no use. `undefined` where the index is not the one that was looked at.
 *
 * @param known - What is needed; where others do not let that be known in time, it is found out here.
 */
async function removeSlice(
  layout: Layout,
  settings: Settings,
  draft: Draft,
  known: Mark | undefined,
  slice: readonly StoredBlob[],
): Promise<StoredBlob[] | undefined> {
  if (known !== undefined && (known.revision !== draft.revision || draft.isChanged)) return undefined;
  const { needed } = known ?? (await findNeeded(layout, draft, settings));
  const removed: StoredBlob[] = [];
  for (const blob of slice) {
    // Needed by now, renewed by a push that found it, or gone.
    if (needed.has(blob.digest) || !layout.staging.isTaken(blob) || !isOld(layout, settings, blob.digest)) continue;
    await layout.staging.remove(blob.digest);
    layout.graph.forget(blob.digest);
    removed.push(blob);
  }
  return removed;
}

function isOld(layout: Layout, { graceMs }: Settings, digest: string): boolean {
  const writtenMs = layout.blobs.writtenMs(digest);
  return graceMs === 0 || writtenMs === undefined || Date.now() - writtenMs > graceMs;
}
