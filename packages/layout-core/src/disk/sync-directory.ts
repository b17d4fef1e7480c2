import type { Disk } from "./disk.ts";
import { systemCode } from "./disk.ts";

/** The flushes of directories, by path. */
interface Flushes {
  /** Those in progress. */
  readonly running: Map<string, Promise<void>>;
  /** Those that begin when the one in progress ends. Calls join them until then. */
  readonly next: Map<string, Promise<void>>;
  /** The directories with names that are not known to be durable. The object is another one after each change. */
  readonly inDoubt: Map<string, object>;
}

const flushesOn: WeakMap<Disk, Flushes> = new WeakMap();

function flushesOf(disk: Disk): Flushes {
  const flushes = flushesOn.get(disk) ?? { running: new Map(), next: new Map(), inDoubt: new Map() };
  flushesOn.set(disk, flushes);
  return flushes;
}

/**
 * Runs `change`, which changes names in `directory`. If `durable`, a call that relies on such a name can flush it with
 * {@link syncInDoubt}, even if the flush of the caller fails.
 */
export async function changeNames<Result>(
  disk: Disk,
  directory: string,
  durable: boolean,
  change: () => Promise<Result>,
): Promise<Result> {
  if (!durable) return change();
  const { inDoubt } = flushesOf(disk);
  inDoubt.set(directory, {});
  try {
    return await change();
  } finally {
    // A flush that began meanwhile may not cover the change.
    inDoubt.set(directory, {});
  }
}

/** {@link syncDirectory}, if `directory` has names that are not known to be durable: see {@link changeNames}. */
export async function syncInDoubt(disk: Disk, directory: string): Promise<void> {
  if (flushesOf(disk).inDoubt.has(directory)) await syncDirectory(disk, directory);
}

/**
 * Makes changes to a directory durable: created, renamed and removed names. Calls that wait at the same time share one
 * flush, which fails or succeeds for all of them. A call never shares a flush that began before it.
 */
export async function syncDirectory(disk: Disk, directory: string): Promise<void> {
  // Windows cannot sync a directory.
  if (process.platform === "win32") return;
  const flushes = flushesOf(disk);
  let next = flushes.next.get(directory);
  if (next === undefined) {
    next = flushNext(disk, directory, flushes);
    flushes.next.set(directory, next);
  }
  await next;
}

async function flushNext(disk: Disk, directory: string, { running, next, inDoubt }: Flushes): Promise<void> {
  // Without a flush in progress, this waits for a microtask, so that the calls of one moment share the flush.
  await running.get(directory)?.catch(() => undefined);
  const own = next.get(directory);
  next.delete(directory);
  if (own !== undefined) running.set(directory, own);
  const doubt = inDoubt.get(directory);
  try {
    await flush(disk, directory);
    // Unless a name changed meanwhile.
    if (inDoubt.get(directory) === doubt) inDoubt.delete(directory);
  } finally {
    running.delete(directory);
  }
}

async function flush(disk: Disk, directory: string): Promise<void> {
  const handle = await disk.open(directory, "r");
  try {
    await disk.sync(handle);
  } catch (error) {
    // Some file systems do not support syncing directories.
    if (systemCode(error) !== "EINVAL") throw error;
  } finally {
    await disk.close(handle);
  }
}
