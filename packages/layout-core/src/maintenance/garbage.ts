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
  /** Whether to report what would be removed, and remove nothing. Defaults to false. */
  readonly dryRun?: boolean | undefined;
  /**
   * The grace period in milliseconds. Whatever is younger stays, because a push in progress may need it. Defaults to 24
   * hours. With 0, even what was written in the same millisecond is removed.
   */
  readonly graceMs?: number | undefined;
  /**
   * Whether to remove untagged manifests too: manifests that no tag reaches, and that are not referrers of a manifest
   * that stays. With `true`, nameless entries that another tool wrote stay; `"all"` removes them too. Defaults to
   * false.
   */
  readonly untagged?: boolean | "all" | undefined;
}

/** The result of a garbage collection or, for a dry run, what one would remove. */
export interface GcReport {
  /** The removed blobs, in the order of their digests. */
  readonly removed: readonly Digest[];
  /** The total size of the removed blobs, in bytes. */
  readonly bytes: number;
  /** The number of removed upload sessions, and of files and locks that dead processes left behind. */
  readonly uploads: number;
  /**
   * The unreferenced blobs that stay because other layouts may need them, in the order of their digests. Present only
   * if `blobs` is a link and the option `sharedWith` is absent.
   */
  readonly withheld?: readonly Digest[] | undefined;
}

const DAY_MS = 86_400_000;
/** The number of blobs removed under one lock. */
const SLICE = 256;
/** How often other writers may interrupt the marking before it is done under the lock. */
const PATIENCE = 3;

interface Settings {
  readonly dryRun: boolean;
  readonly graceMs: number;
  /** When the collection began, by the clock that dates the files. Later files count as just written. */
  readonly nowMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Removes what no entry reaches. It marks what is needed without the lock. Then it locks the layout for a few blobs at
 * a time, checks the age of each again, and removes it. If the index changed in between, it marks again.
 *
 * @throws `RegistryError` with what was removed before the failure in `detail.removed` and `detail.bytes`, if anything.
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
    throw tellRemoved(storageError(error, "collect garbage"), removed);
  }
}

/** The codes of failures that can end a garbage collection half-way. */
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
  // A missing layout has no garbage, and is not created for a collection.
  if (!(await index.isWhole())) return { removed: [], bytes: 0, uploads: 0 };
  // Fail before the first blob is removed, not after the last.
  findDirectory(disk, paths.uploads, ownNames.uploads);
  // A dry run writes nothing, not even to read the clock of the file system.
  const settings: Settings = { ...options, nowMs: options.dryRun ? processNow() : await layout.clock.now() };
  // If it is unknown which layouts share the blobs, candidates are reported and not removed.
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
    await (settings.dryRun ? drop(draft) : layout.transact(drop, settings.signal));
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
    : layout.lockedAlone(clearAndReserve, { signal: settings.signal }));
  const report = { removed: digestsOf(removed), bytes: bytesOf(removed), uploads };
  return known === undefined ? { ...report, withheld: digestsOf(candidates) } : report;
}

function digestsOf(blobs: readonly StoredBlob[]): Digest[] {
  return blobs.map(({ digest }) => digest);
}

function bytesOf(blobs: readonly StoredBlob[]): number {
  return blobs.reduce((sum, { size }) => sum + size, 0);
}

/** Lists the blobs that are unneeded and old enough, in the order of their digests. */
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
  /** The blobs removed so far. Also correct if an error ends the sweep. */
  readonly removed: StoredBlob[];
}

/** Removes every candidate that is still unneeded. */
async function sweep(
  layout: Layout,
  settings: Settings,
  { sharers, mark: first, candidates, removed }: Sweep,
): Promise<void> {
  let mark = first;
  for (let at = 0, disturbed = 0; at < candidates.length;) {
    settings.signal?.throwIfAborted();
    const slice = candidates.slice(at, at + SLICE);
    const before = removed.length;
    const isDone = await lockAll(sharers, settings.signal, async (locked) => {
      const isCurrent = locked.every(({ tx }, i) => tx.entries.revision === mark.revisions[i]);
      if (!isCurrent && disturbed < PATIENCE) return false;
      // Other writers keep changing the index, so mark under the lock.
      const { needed } = isCurrent
        ? mark
        : await findNeeded(sharers, settings, "memory", (_, i) => locked[i]?.tx.entries);
      const own = ownOf(locked, layout);
      for (const blob of slice) {
        // Referenced meanwhile, removed, or renewed by a push of the same blob.
        if (needed.has(blob.digest) || !layout.staging.isTaken(blob) || !isOld(layout, settings, blob.digest))
          continue;
        await own.blobs.remove(blob.digest);
        removed.push(blob);
        forgetIn(sharers, blob.digest);
      }
      return true;
    }).finally(() => layout.syncRemoved(removed.slice(before)));
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
