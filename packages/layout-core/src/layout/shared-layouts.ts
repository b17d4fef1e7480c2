import { join } from "node:path";

import { digestAlgorithms, isRegistryError, RegistryError } from "@ocilayout/oci-types";

import type { Layout, LockedAlone } from "./layout.ts";

/** The layouts that share one directory of blobs. A deletion from that directory must ask all of them. */
export type Sharers = readonly Layout[];

/** A layout whose lock is held, and the operations that the lock permits. */
export interface LockedSharer {
  readonly layout: Layout;
  readonly tx: LockedAlone;
}

/**
 * Whether other layouts may need the blobs of this one: the option `blobDirectory` is set, or `blobs` or a directory in
 * it is a link.
 *
 * A bind mount looks like any directory, and is not detected.
 */
export function isLinked({ disk, paths, settings }: Layout): boolean {
  if (settings.blobDirectory !== undefined) return true;
  return [paths.blobs, ...digestAlgorithms.map((algorithm) => join(paths.blobs, algorithm))].some(
    (path) => disk.lstatNow(path)?.isSymbolicLink() === true,
  );
}

/**
 * Returns the layouts that may need the blobs of `layout`, including itself, in the order of their real paths.
 *
 * @returns `undefined` if they are unknown: the blobs are linked, and the option `sharedWith` is absent.
 * @throws `RegistryError` `LAYOUT_INVALID` if a layout of `sharedWith` is missing or damaged, or has other blobs.
 */
export async function findSharers(layout: Layout): Promise<Sharers | undefined> {
  if (layout.others === undefined) return isLinked(layout) ? undefined : [layout];
  const sharers: Map<string, { readonly path: string; readonly layout: Layout }> = new Map();
  const add = async (sharer: Layout): Promise<void> => {
    // Two paths to one directory share one lock.
    const identity = identify(sharer, sharer.paths.root) ?? "";
    if (!sharers.has(identity))
      sharers.set(identity, { path: await sharer.disk.realpath(sharer.paths.root), layout: sharer });
  };
  await add(layout);
  for (const [at, other] of layout.others.entries()) {
    await naming(at, async () => {
      await other.index.read();
      if (!(await other.index.isWhole()))
        throw new RegistryError("LAYOUT_INVALID", "it is missing or incomplete");
      if (!haveSameBlobs(layout, other))
        throw new RegistryError("LAYOUT_INVALID", "it has other blobs than this layout");
      await add(other);
    });
  }
  return [...sharers.values()].sort((a, b) => (a.path < b.path ? -1 : 1)).map((sharer) => sharer.layout);
}

/**
 * Runs `effect` under the locks of all `sharers`. The locks are taken in the order of the list, which prevents
 * deadlocks between callers that want the same locks.
 *
 * @param effect - Receives each layout and the operations that its lock permits, in the same order.
 * @throws `RegistryError` `LOCK_TIMEOUT` if `lockTimeoutMs` passes before all locks are taken.
 */
export async function lockAll<Result>(
  sharers: Sharers,
  signal: AbortSignal | undefined,
  effect: (locked: readonly LockedSharer[]) => Promise<Result>,
): Promise<Result> {
  const [first] = sharers;
  const deadline = performance.now() + (first?.settings.lockTimeoutMs ?? 0);
  const lockFrom = (at: number, locked: readonly LockedSharer[]): Promise<Result> => {
    signal?.throwIfAborted();
    const layout = sharers[at];
    if (layout === undefined) return effect(locked);
    const timeoutMs = Math.max(0, deadline - performance.now());
    return layout.lockedAlone((tx) => lockFrom(at + 1, [...locked, { layout, tx }]), {
      signal,
      timeoutMs,
    });
  };
  return lockFrom(0, []);
}

/** Returns the operations that the lock of `layout` permits. `layout` must be one of the locked layouts. */
export function ownOf(locked: readonly LockedSharer[], layout: Layout): LockedAlone {
  const own = locked.find((sharer) => sharer.layout === layout) ?? locked[0];
  if (own === undefined) throw new Error("the layout is not locked");
  return own.tx;
}

/** Drops what each layout cached of a blob that was removed. */
export function forgetIn(sharers: Sharers, digest: string): void {
  for (const { graph } of sharers) graph.forget(digest);
}

/** Adds to an error which layout of `sharedWith` it concerns, by its position: messages contain no host path. */
async function naming(at: number, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (cause) {
    const reason = isRegistryError(cause) ? cause.message : "it cannot be read";
    throw new RegistryError("LAYOUT_INVALID", `cannot use sharedWith[${at}]: ${reason}`, {
      cause,
      detail: { sharedWith: at },
    });
  }
}

/** Whether the blobs of one algorithm, or all of them, are in the same directory. */
function haveSameBlobs(one: Layout, other: Layout): boolean {
  return ["", ...digestAlgorithms].some((name) => {
    const directory = identify(one, join(one.paths.blobs, name));
    return directory !== undefined && directory === identify(other, join(other.paths.blobs, name));
  });
}

/** Identifies a directory by device and inode, whatever path leads to it. */
function identify({ disk }: Layout, path: string): string | undefined {
  const stats = disk.statNow(path);
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`;
}
