import { join } from "node:path";

import { digestAlgorithms, isRegistryError, RegistryError } from "@ocilayout/oci-types";

import type { Layout, Locked } from "./layout.ts";

/** The layouts whose blobs lie in one directory: what deletes from it asks all of them. */
export type Sharers = readonly Layout[];

/** A layout whose lock is held, and what that allows. */
export interface LockedSharer {
  readonly layout: Layout;
  readonly tx: Locked;
}

/**
 * Whether other layouts may need the blobs that lie here: they lie elsewhere, or `blobs` or a directory in it is a link.
 *
 * A bind mount looks like any directory and is not noticed.
 */
export function isLinked({ disk, paths, settings }: Layout): boolean {
  if (settings.blobDirectory !== undefined) return true;
  return [paths.blobs, ...digestAlgorithms.map((algorithm) => join(paths.blobs, algorithm))].some(
    (path) => disk.lstatNow(path)?.isSymbolicLink() === true,
  );
}

/**
 * The layouts that may need the blobs of `layout`, itself among them, in the order of their real paths.
 *
 * @returns `undefined` if nobody knows them: the blobs are linked, and the option `sharedWith` is not given.
 * @throws `RegistryError` `LAYOUT_INVALID` if a layout of `sharedWith` is missing or damaged, or has other blobs.
 */
export async function findSharers(layout: Layout): Promise<Sharers | undefined> {
  if (layout.others === undefined) return isLinked(layout) ? undefined : [layout];
  const sharers: Map<string, { readonly path: string; readonly layout: Layout }> = new Map();
  const add = async (sharer: Layout): Promise<void> => {
    // Two names of one directory have one lock.
    const identity = identify(sharer, sharer.paths.root) ?? "";
    if (!sharers.has(identity))
      sharers.set(identity, { path: await sharer.disk.realpath(sharer.paths.root), layout: sharer });
  };
  await add(layout);
  for (const [at, other] of layout.others.entries()) {
    await naming(at, async () => {
      await other.index.read();
      if (!(await other.index.isWhole()))
        throw new RegistryError("LAYOUT_INVALID", "no whole layout is there");
      if (!haveSameBlobs(layout, other))
        throw new RegistryError("LAYOUT_INVALID", "it does not share the blobs of this layout");
      await add(other);
    });
  }
  return [...sharers.values()].sort((a, b) => (a.path < b.path ? -1 : 1)).map((sharer) => sharer.layout);
}

/**
 * Runs `effect` under the locks of all `sharers`, which are taken in their order: two callers that want the same locks
 * never wait for each other in turn.
 *
 * @param effect - Called with each layout and what its lock allows, in the same order.
 * @throws `RegistryError` `LOCK_TIMEOUT` if all locks together were not had within `lockTimeoutMs`.
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
    return layout.locked((tx) => lockFrom(at + 1, [...locked, { layout, tx }]), {
      signal,
      timeoutMs,
    });
  };
  return lockFrom(0, []);
}

/** What the lock of `layout`, which is one of those that are locked, allows. */
export function ownOf(locked: readonly LockedSharer[], layout: Layout): Locked {
  const own = locked.find((sharer) => sharer.layout === layout) ?? locked[0];
  if (own === undefined) throw new Error("the layout is not locked");
  return own.tx;
}

/** Forgets in every layout what was read of a blob that was removed. */
export function forgetIn(sharers: Sharers, digest: string): void {
  for (const { graph } of sharers) graph.forget(digest);
}

/** Says of an error which layout of `sharedWith` it is about; a host path is not for messages. */
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

/** Whether the blobs of one algorithm, or all of them, lie in the same directory. */
function haveSameBlobs(one: Layout, other: Layout): boolean {
  return ["", ...digestAlgorithms].some((name) => {
    const directory = identify(one, join(one.paths.blobs, name));
    return directory !== undefined && directory === identify(other, join(other.paths.blobs, name));
  });
}

/** What tells a directory from any other, whatever path leads there. */
function identify({ disk }: Layout, path: string): string | undefined {
  const stats = disk.statNow(path);
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`;
}
