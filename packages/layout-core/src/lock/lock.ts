import { RegistryError } from "@ocilayout/oci-types";

import { removeQuietly } from "../disk/atomic-file.ts";
import type { Disk } from "../disk/disk.ts";
import type { Found, OwnRecord } from "./lock-record.ts";
import {
  createRecord,
  dropRecord,
  held,
  isOurs,
  isSame,
  letGo,
  linkRecord,
  readHolder,
  renewRecord,
} from "./lock-record.ts";
import type { Holder, ProcessTable } from "../disk/process-identity.ts";
import { judgeHolder, processTable } from "../disk/process-identity.ts";
import type { Reserve } from "./reserve.ts";
import { lockWatch, type StaleWatch } from "../disk/stale-watch.ts";

/** A holder that cannot be judged from here is assumed dead after this time without a sign of life. */
const STALE_MS = 30_000;
/** How often a holder gives a sign of life. */
const HEARTBEAT_MS = 5_000;
/** How long a waiter sleeps before it looks again: the first time, and at most. */
const WAIT_MS = { first: 2, most: 12 } as const;
/** How often in a row a waiter looks again at once because the lock changed under it. */
const TURNS_AT_ONCE = 3;
/** The largest accepted chain of claims: processes that died while they took over from one another. */
const CLAIMS = 8;

/** Settings of {@link acquireLock}. */
export interface LockOptions {
  /** How long to wait before `LOCK_TIMEOUT`, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether to assume that a holder on another machine or in another namespace is dead when it is stale. Defaults to
   * true.
   */
  readonly stealStale?: boolean | undefined;
  /**
   * A holder that cannot be judged is also replaced if its lock was last written before this time, by the clock of the
   * file system. For locks on sessions, which expire by that clock anyway. Absent by default.
   */
  readonly abandonedBeforeMs?: number | undefined;
  readonly processes?: ProcessTable | undefined;
  readonly watch?: StaleWatch | undefined;
  /** Provides the file of the record on a full disk. If it is absent, the failure is passed on. */
  readonly reserve?: Reserve | undefined;
}

/** A lock that is held. */
export interface HeldLock {
  /**
   * Whether this process still holds the lock. Another process may have taken it over after a long time without a sign
   * of life.
   */
  isOurs(): boolean;
  /** Releases the lock. Never rejects: the next process takes over a lock that could not be removed. */
  release(): Promise<void>;
}

/**
 * Acquires the lock `path`, waiting for its holder. The directory of `path` must exist.
 *
 * - A holder that is provably dead is replaced at once, under a claim that only one process at a time can have.
 * - A holder that cannot be judged is replaced once this process has seen no sign of life for 30 seconds. The time
 *   starts in this call or in an earlier one.
 *
 * @throws `RegistryError` `LOCK_TIMEOUT`, with the holder in `detail`; `LAYOUT_INVALID` if `path` is not a regular
 * file.
 */
export async function acquireLock(disk: Disk, path: string, options: LockOptions): Promise<HeldLock> {
  const record = await take(
    {
      disk,
      lock: path,
      processes: options.processes ?? processTable(),
      watch: options.watch ?? lockWatch,
      stealStale: options.stealStale ?? true,
      abandonedBeforeMs: options.abandonedBeforeMs ?? -Infinity,
      timeoutMs: options.timeoutMs,
      deadline: performance.now() + options.timeoutMs,
      signal: options.signal,
      reserve: options.reserve,
    },
    path,
  );
  const stopHeartbeat = startHeartbeat(disk, record);
  return {
    isOurs: () => isOurs(disk, path, record),
    async release() {
      await stopHeartbeat();
      await letGo(disk, path, record);
    },
  };
}

interface Attempt {
  readonly disk: Disk;
  /** The path of the lock, also while a claim on it is taken. All other names are derived from it and a nonce. */
  readonly lock: string;
  readonly processes: ProcessTable;
  readonly watch: StaleWatch;
  readonly stealStale: boolean;
  readonly abandonedBeforeMs: number;
  readonly timeoutMs: number;
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
  readonly reserve: Reserve | undefined;
}

/**
 * Makes `path` a record of this process. Used for locks and for claims: a claim is a lock on taking over.
 *
 * @param depth - The number of claims between `path` and the lock.
 */
async function take(attempt: Attempt, path: string, depth = 0): Promise<OwnRecord> {
  const { disk } = attempt;
  const record = await createRecord(disk, attempt.lock, attempt.processes, attempt.reserve);
  try {
    for (let wait: number = WAIT_MS.first, atOnce = 0; ;) {
      attempt.signal?.throwIfAborted();
      const link = (): Promise<boolean> => linkRecord(disk, record, path);
      if (await (attempt.reserve?.makeRoomFor(link) ?? link())) {
        await removeQuietly(disk, record.path);
        return record;
      }
      const found = await readHolder(disk, path);
      const mayTakeOver = found !== undefined && depth < CLAIMS && isDead(attempt, path, found);
      if (mayTakeOver) {
        // A holder that released the lock between the read and the judgement also looks dead, but then the lock has
        // changed.
        if (
          isSame(await readHolder(disk, path), found) &&
          (await takeOver(attempt, path, record, found, depth))
        )
          return record;
      }
      atOnce += 1;
      if ((found === undefined || mayTakeOver) && atOnce <= TURNS_AT_ONCE) continue;
      if (performance.now() + wait > attempt.deadline) throw timeout(attempt.timeoutMs, found?.holder);
      await sleep(wait * (0.5 + Math.random()), attempt.signal);
      wait = Math.min(wait * 2, WAIT_MS.most);
      atOnce = 0;
    }
  } catch (error) {
    await dropRecord(disk, record);
    throw error;
  }
}

/**
 * Replaces the record of a dead holder with ours. The claim is named after the dead holder's nonce, so only one process
 * at a time has it. If the lock is still the dead holder's after the claim is taken, it stays so until the claim is
 * released.
 */
async function takeOver(
  attempt: Attempt,
  path: string,
  record: OwnRecord,
  dead: Found,
  depth: number,
): Promise<boolean> {
  const { disk } = attempt;
  const claimPath = `${attempt.lock}.${dead.name}.claim`;
  const claim = await take(attempt, claimPath, depth + 1);
  try {
    if (!isSame(await readHolder(disk, path), dead)) return false;
    await disk.rename(record.path, path);
    return true;
  } finally {
    await letGo(disk, claimPath, claim);
  }
}

function isDead(attempt: Attempt, path: string, found: Found): boolean {
  const verdict = found.holder === undefined ? "unknown" : judgeHolder(found.holder, attempt.processes, held);
  if (verdict !== "unknown") return verdict === "dead";
  if (found.writtenMs < attempt.abandonedBeforeMs) return true;
  return attempt.stealStale && attempt.watch.unchangedMs(path, `${found.name} ${found.stamp}`) >= STALE_MS;
}

/** Renews the record at an interval. */
function startHeartbeat(disk: Disk, record: OwnRecord): () => Promise<void> {
  let beat: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    // A failed beat is one sign of life less. The transaction checks the lock itself.
    beat = renewRecord(disk, record).catch(() => undefined);
  }, HEARTBEAT_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await beat;
  };
}

function timeout(timeoutMs: number, holder: Holder | undefined): RegistryError {
  return new RegistryError(
    "LOCK_TIMEOUT",
    `cannot lock the layout within ${timeoutMs} ms: another writer holds the lock`,
    {
      detail: holder === undefined ? undefined : { host: holder.host, pid: holder.pid },
    },
  );
}

function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      const reason: unknown = signal?.reason;
      reject(reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
