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

/** A holder that cannot be judged from here is taken for dead after so long without a sign of life. */
const STALE_MS = 30_000;
/** How often a holder gives a sign of life. */
const HEARTBEAT_MS = 5_000;
/** How long a waiter sleeps between two looks: at first, and at most. */
const WAIT_MS = { first: 2, most: 50 } as const;
/** How often in a row a waiter looks again at once, because the lock changed while it looked. */
const TURNS_AT_ONCE = 3;
/** How many may have died while they took over from one another. More claims than that are not believed. */
const CLAIMS = 8;

/** Settings of {@link acquireLock}. */
export interface LockOptions {
  /** How long to wait, in milliseconds, before `LOCK_TIMEOUT`. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Whether a holder on another machine or in another namespace may be taken for dead. Default true. */
  readonly stealStale?: boolean | undefined;
  /**
   * A holder that cannot be judged is also replaced if its lock was last written before this time, by the clock of the file
   * system: for what expires by that clock anyway. Default: none.
   */
  readonly abandonedBeforeMs?: number | undefined;
  readonly processes?: ProcessTable | undefined;
  readonly watch?: StaleWatch | undefined;
  /** Where the file of a record comes from if there is room for no other. Without it such a failure is passed on. */
  readonly reserve?: Reserve | undefined;
}

/** A lock that is held. */
export interface HeldLock {
  /** Whether it is still ours: a holder that gave no sign of life for long may have been taken for dead. */
  isOurs(): boolean;
  /** Lets go. Never rejects: a lock that could not be removed is taken over by whoever comes next. */
  release(): Promise<void>;
}

/**
 * Takes the lock `path`, whose directory must exist, waiting for its holder. A holder that is provably dead is replaced at
 * once, and only by way of a claim that one process at a time can have. A holder that cannot be judged is replaced once
 * this process saw no sign of life of it for 30 s, in this call or since an earlier one.
 *
 * @throws `RegistryError` `LOCK_TIMEOUT`, with the holder in `detail`; `LAYOUT_INVALID` if `path` is not a regular file.
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
  /** The lock, also where a claim on it is taken: every name is made of this one and a nonce. */
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
 * Gives `path` a record of ours. Also takes claims: a claim is a lock on taking over.
 *
 * @param depth - How many claims lie between `path` and the lock.
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
        // One that let go between our reading and our judging looks dead, too; but then the lock is not there any more.
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
 * Puts our record in the place of a dead holder's. The claim is named after the dead holder's nonce, so one
 * process has it at a time; and a lock that is still the dead holder's once we have it stays so until we let go.
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

/** Renews the record now and then. */
function startHeartbeat(disk: Disk, record: OwnRecord): () => Promise<void> {
  let beat: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    // A beat that fails is a sign of life less, and that is all: the transaction looks for itself.
    beat = renewRecord(disk, record).catch(() => undefined);
  }, HEARTBEAT_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await beat;
  };
}

function timeout(timeoutMs: number, holder: Holder | undefined): RegistryError {
  return new RegistryError("LOCK_TIMEOUT", `another writer held the layout for more than ${timeoutMs} ms`, {
    detail: holder === undefined ? undefined : { host: holder.host, pid: holder.pid },
  });
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
