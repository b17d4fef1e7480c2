import { RegistryError } from "@ocilayout/oci-types";

import { removeQuietly } from "./atomic-file.ts";
import type { Disk } from "./disk.ts";
import type { Found, OwnRecord } from "./lock-record.ts";
import { createRecord, dropRecord, held, isOurs, isSame, letGo, linkRecord, readHolder, renewRecord } from "./lock-record.ts";
import type { Holder, ProcessTable } from "./process-identity.ts";
import { judgeHolder, processTable } from "./process-identity.ts";

/** A holder that cannot be seen from here is taken for dead after so long without a sign of life. */
const STALE_MS = 30_000;
/** How often a holder gives a sign of life. */
const HEARTBEAT_MS = 5_000;
/** How long a waiter sleeps between two looks: at first, and at most. */
const WAIT_MS = { first: 2, most: 50 } as const;

/** Settings of {@link acquireLock}. */
export interface LockOptions {
  /** How long to wait, in milliseconds, before `LOCK_TIMEOUT`. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Whether a holder on another machine or in another namespace may be taken for dead. Default true. */
  readonly stealStale?: boolean | undefined;
  readonly processes?: ProcessTable | undefined;
}

/** A lock that is held. */
export interface HeldLock {
  /** Whether it is still ours: a holder that gave no sign of life for long may have been taken for dead. */
  isOurs(): boolean;
  /** Lets go. Never rejects: a lock that could not be removed is taken over by whoever comes next. */
  release(): Promise<void>;
}

/**
 * Takes the lock `path`, whose directory must exist, waiting for whoever holds it. A holder that is provably dead
 * is replaced at once, and only by way of a claim that one process at a time can have.
 *
 * @throws `RegistryError` `LOCK_TIMEOUT`, with the holder in `detail`.
 */
export async function acquireLock(disk: Disk, path: string, options: LockOptions): Promise<HeldLock> {
  const record = await take(
    {
      disk,
      lock: path,
      processes: options.processes ?? processTable(),
      stealStale: options.stealStale ?? true,
      timeoutMs: options.timeoutMs,
      deadline: performance.now() + options.timeoutMs,
      signal: options.signal,
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
  readonly stealStale: boolean;
  readonly timeoutMs: number;
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
}

/** Gives `path` a record of ours. Also takes claims: a claim is a lock on taking over. */
async function take(attempt: Attempt, path: string): Promise<OwnRecord> {
  const { disk } = attempt;
  const record = await createRecord(disk, attempt.lock, attempt.processes);
  let renewed = performance.now();
  try {
    for (let wait: number = WAIT_MS.first; ; wait = Math.min(wait * 2, WAIT_MS.most)) {
      attempt.signal?.throwIfAborted();
      // What becomes the lock must look alive from its first moment on, however long it waited.
      if (performance.now() - renewed > HEARTBEAT_MS) {
        await renewRecord(disk, record);
        renewed = performance.now();
      }
      if (await linkRecord(disk, record, path)) {
        await removeQuietly(disk, record.path);
        return record;
      }
      const found = await readHolder(disk, path);
      if (found === undefined) continue; // Let go in the meantime.
      if (await isDead(attempt, found, record)) {
        // One that let go between our reading and our judging looks dead, too; but then the lock is not there any more.
        if (isSame(await readHolder(disk, path), found) && (await takeOver(attempt, path, record, found))) return record;
        continue;
      }
      if (performance.now() + wait > attempt.deadline) throw timeout(attempt.timeoutMs, found.holder);
      await sleep(wait * (0.5 + Math.random()), attempt.signal);
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
async function takeOver(attempt: Attempt, path: string, record: OwnRecord, dead: Found): Promise<boolean> {
  const { disk } = attempt;
  const claimPath = `${attempt.lock}.${dead.name}.claim`;
  const claim = await take(attempt, claimPath);
  try {
    if (!isSame(await readHolder(disk, path), dead)) return false;
    await disk.rename(record.path, path);
    return true;
  } finally {
    await letGo(disk, claimPath, claim);
  }
}

async function isDead(attempt: Attempt, found: Found, record: OwnRecord): Promise<boolean> {
  const verdict = found.holder === undefined ? "unknown" : judgeHolder(found.holder, attempt.processes, held);
  if (verdict !== "unknown") return verdict === "dead";
  // The clocks of two machines differ; that of the server they share the directory on is one.
  return attempt.stealStale && (await renewRecord(attempt.disk, record)) - found.touchedMs > STALE_MS;
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
