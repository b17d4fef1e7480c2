import { beginCall } from "@ocilayout/oci-backend";
import type { CheckedDigest, CallOptions, Digest } from "@ocilayout/oci-types";
import { isRegistryError, RegistryError } from "@ocilayout/oci-types";
import { requireCount, requireFlag, requireObject } from "@ocilayout/oci-types/authors";

import { Draft } from "../index-json/draft.ts";
import type { Mark } from "./find-needed.ts";
import { findNeeded, requireKnown } from "./find-needed.ts";
import type { StoredBlob } from "../blobs/blob-files.ts";
import { clearDebris } from "./debris.ts";
import { processNow } from "../disk/file-clock.ts";
import { ownNames } from "../disk/layout-files.ts";
import { findDirectory } from "../disk/own-directory.ts";
import { storageError } from "../disk/storage-error.ts";
import type { Layout } from "../layout/layout.ts";
import type { Sharers } from "../layout/shared-layouts.ts";
import { findSharers, forgetIn, lockAll, ownOf } from "../layout/shared-layouts.ts";
import type { UntaggedRule } from "./untagged.ts";
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
   * Whether untagged manifests go, too: those that no tag reaches and that are no referrer of one that stays. Nameless entries
   * that another tool wrote stay; `"all"` drops those as well. Default false.
   */
  readonly untagged?: boolean | "all" | undefined;
}

/** What a collection removed, or would. */
export interface GcReport {
  /** The blobs, in the order of their digests. */
  readonly removed: readonly Digest[];
  /** How many bytes these had. */
  readonly bytes: number;
  /** How many expired upload sessions, and files and locks that dead processes left behind. */
  readonly uploads: number;
  /**
   * The blobs that nothing in this layout needs and that stay, in the order of their digests: `blobs` is a link, and
   * other layouts may need them. Only there if `blobs` is a link and the option `sharedWith` is not given.
   */
  readonly withheld?: readonly Digest[] | undefined;
}

const DAY_MS = 86_400_000;
/** How many blobs are removed while the lock is held once. */
const SLICE = 256;
/** How often what is needed is found out without the lock, while others keep changing it. */
const PATIENCE = 3;

interface Settings {
  readonly dryRun: boolean;
  readonly graceMs: number;
  /** When it began, by the clock that dates the files: what is dated later counts as just written. */
  readonly nowMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Removes what no entry reaches. What is needed is found out first and without the lock; then, under it and a few at a
 * time, the age of each candidate is looked at again and it is removed. Where the index moved in between, what is needed
 * is found out again.
 *
 * @throws `RegistryError` with what was removed until then in `detail.removed` and `detail.bytes`, if that is anything.
 */
export async function collectGarbage(layout: Layout, options: GcOptions = {}): Promise<GcReport> {
  requireObject(options, "options");
  const dryRun = requireFlag(options.dryRun ?? false, "dryRun");
  const untagged = options.untagged === "all" ? "all" : requireFlag(options.untagged ?? false, "untagged");
  const graceMs = requireCount(options.graceMs ?? DAY_MS, "graceMs");
  const signal = beginCall(layout, dryRun ? "read" : "write", options);
  const settings = { dryRun, graceMs, signal };
  const removed: StoredBlob[] = [];
  try {
    return await collect(layout, settings, untagged, removed);
  } catch (error) {
    throw tellRemoved(storageError(error, "collecting garbage"), removed);
  }
}

/** How a garbage collection ends that removes a part of what it should. */
const UNFINISHED = ["LAYOUT_INVALID", "STORAGE_FAILED", "LOCK_TIMEOUT", "CONTENT_CORRUPT"] as const;

/** Adds to an error what was removed before it. */
function tellRemoved(error: unknown, removed: readonly StoredBlob[]): unknown {
  if (removed.length === 0 || !isRegistryError(error, ...UNFINISHED)) return error;
  return new RegistryError<(typeof UNFINISHED)[number]>(error.code, error.message, {
    cause: error.cause,
    detail: { ...error.detail, removed: digestsOf(removed), bytes: bytesOf(removed) },
  });
}

async function collect(
  layout: Layout,
  options: Omit<Settings, "nowMs">,
  untagged: boolean | "all",
  removed: StoredBlob[],
): Promise<GcReport> {
  const { index, disk, paths } = layout;
  const table = await index.read();
  // A layout that is not there has nothing to remove, and is not made for that.
  if (!(await index.isWhole())) return { removed: [], bytes: 0, uploads: 0 };
  // Refused before the first blob is removed, not after the last.
  findDirectory(disk, paths.uploads, ownNames.uploads);
  // A dry run writes nothing, not even to learn the time.
  const settings: Settings = { ...options, nowMs: options.dryRun ? processNow() : await layout.clock.now() };
  // Where nobody knows what else is needed, what would be removed is only told.
  const known = await findSharers(layout);
  const sharers = known ?? [layout];
  let mark = await findNeeded(sharers, settings, "fresh");
  if (untagged !== false) {
    const rule: UntaggedRule = {
      isOld: (digest) => isOld(layout, settings, digest),
      foreignToo: untagged === "all",
      onUnreadable: ({ digest }, why) => {
        requireKnown(digest, why);
      },
    };
    const drop = (draft: Draft): Promise<void> => dropUntagged(layout.graph, draft, rule);
    const draft = new Draft(table);
    await (settings.dryRun ? drop(draft) : layout.transact((tx) => drop(tx.draft), settings.signal));
    mark = await findNeeded(
      sharers,
      settings,
      "memory",
      settings.dryRun ? (it) => (it === layout ? draft : undefined) : undefined,
    );
  }
  const candidates = await findCandidates(layout, settings, mark);
  if (settings.dryRun && known !== undefined) for (const blob of candidates) removed.push(blob);
  if (!settings.dryRun && known !== undefined)
    await sweep(layout, settings, { sharers, mark, candidates, removed });
  const clear = (): Promise<number> => clearDebris(disk, paths, layout.settings, settings);
  const clearAndReserve = async (): Promise<number> => {
    const cleared = await clear();
    await index.replenishReserve();
    return cleared;
  };
  const uploads = await (settings.dryRun
    ? clear()
    : layout.locked(clearAndReserve, { signal: settings.signal }));
  const report = { removed: digestsOf(removed), bytes: bytesOf(removed), uploads };
  return known === undefined ? { ...report, withheld: digestsOf(candidates) } : report;
}

function digestsOf(blobs: readonly StoredBlob[]): Digest[] {
  return blobs.map(({ digest }) => digest);
}

function bytesOf(blobs: readonly StoredBlob[]): number {
  return blobs.reduce((sum, { size }) => sum + size, 0);
}

/** The blobs that are not needed and old enough, in the order of their digests. */
async function findCandidates(layout: Layout, settings: Settings, { needed }: Mark): Promise<StoredBlob[]> {
  const candidates: StoredBlob[] = [];
  for await (const blob of layout.blobs.list()) {
    if (!needed.has(blob.digest) && isOld(layout, settings, blob.digest)) candidates.push(blob);
  }
  return candidates.sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

interface Sweep {
  readonly sharers: Sharers;
  readonly mark: Mark;
  readonly candidates: readonly StoredBlob[];
  /** What was removed so far: right also where an error ends the sweep. */
  readonly removed: StoredBlob[];
}

/** Removes every candidate that is still of no use. */
async function sweep(
  layout: Layout,
  settings: Settings,
  { sharers, mark: first, candidates, removed }: Sweep,
): Promise<void> {
  let mark = first;
  for (let at = 0, disturbed = 0; at < candidates.length;) {
    settings.signal?.throwIfAborted();
    const slice = candidates.slice(at, at + SLICE);
    const isDone = await lockAll(sharers, settings.signal, async (locked) => {
      const isCurrent = locked.every(({ tx }, i) => tx.entries.revision === mark.revisions[i]);
      if (!isCurrent && disturbed < PATIENCE) return false;
      // Where others do not let it be known in time, what is needed is found out here.
      const { needed } = isCurrent
        ? mark
        : await findNeeded(sharers, settings, "memory", (_, i) => locked[i]?.tx.entries);
      const own = ownOf(locked, layout);
      for (const blob of slice) {
        // Needed by now, renewed by a push that found it, or gone.
        if (needed.has(blob.digest) || !layout.staging.isTaken(blob) || !isOld(layout, settings, blob.digest))
          continue;
        await own.blobs.remove(blob.digest, () => removed.push(blob));
        forgetIn(sharers, blob.digest);
      }
      return true;
    });
    if (isDone) at += slice.length;
    else {
      disturbed += 1;
      mark = await findNeeded(sharers, settings);
    }
  }
}

function isOld(layout: Layout, { graceMs, nowMs }: Settings, digest: CheckedDigest): boolean {
  const writtenMs = layout.blobs.writtenMs(digest);
  return graceMs === 0 || writtenMs === undefined || nowMs - writtenMs > graceMs;
}
