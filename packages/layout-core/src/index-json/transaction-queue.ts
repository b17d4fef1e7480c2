import { isRegistryError, RegistryError } from "@ocilayout/oci-types";
import { onAbort } from "@ocilayout/oci-types/authors";

import type { HeldLock } from "../lock/lock.ts";
import { storageError } from "../disk/storage-error.ts";
import { pauseIfDue } from "@ocilayout/oci-backend";

/** The operations of a {@link TransactionQueue} on its waiting changes. */
export interface TransactionSteps<Draft> {
  acquire(options: { readonly timeoutMs: number; readonly signal: AbortSignal }): Promise<HeldLock>;
  /**
   * Lets `decide` change a draft, and commits it. Returns false if nothing was committed because another writer changed
   * the base. The queue then tries again.
   */
  commit(lock: HeldLock, decide: (draft: Draft) => Promise<void>): Promise<boolean>;
  /** Whether another process waits for the lock. */
  isAwaited(): Promise<boolean>;
}

type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** The steps of a job under the lock. If one step fails, the next ones do not run. */
interface Work<Draft> {
  /** Runs once, beside those of other jobs, before the changes. */
  readonly together?: ((lock: HeldLock) => unknown) | undefined;
  /** May run more than once. */
  readonly change?: (draft: Draft) => unknown;
  /** Runs once, with nothing beside it, after the changes. */
  readonly alone?: (lock: HeldLock) => unknown;
}

interface Job<Draft> {
  readonly work: Work<Draft>;
  readonly deadline: number;
  /** The result of the last step, or of the latest attempt at the change. */
  outcome: Outcome | undefined;
  settle(outcome: Outcome): void;
}

/** Limits on the time that a job waits. */
export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long the job waits for the lock, in milliseconds. Defaults to the limit of the queue. */
  readonly timeoutMs?: number | undefined;
}

/** Options of {@link TransactionQueue.add}. */
export interface ChangeOptions extends WaitOptions {
  /** Runs once under the lock, before the change and as shared effects do. If it fails, the change is not made. */
  readonly prepare?: ((lock: HeldLock) => unknown) | undefined;
}

/**
 * Commits changes that wait at the same time together, under one lock and with one read and one write. Each change has
 * its own outcome. A change that throws is left out; a failure of the whole rejects all.
 *
 * Effects share only the lock. Each runs once, and has its own outcome. Neither another writer nor a failed write of the
 * index repeats or rejects it. Shared effects run at the same time, before the changes, so that they wait for the disk
 * together. The others run one after the other, after the changes are committed or have failed.
 *
 * A job can be aborted or time out until its batch begins, which is its commit point.
 *
 * The lock is kept for jobs that are queued already, up to {@link TURN_MS}. Then it is released and, if another process
 * waits for it, left alone for long enough that the other process finds it free.
 */
export class TransactionQueue<Draft> {
  readonly #timeoutMs: number;
  readonly #steps: TransactionSteps<Draft>;
  readonly #waiting: Set<Job<Draft>> = new Set();
  #working: Promise<void> | undefined;
  /** When the turn of this process began, and when it last held the lock, in milliseconds. */
  #turn: { readonly began: number; readonly ended: number } = { began: 0, ended: -Infinity };
  /** Stops waiting for the lock when no job is left. */
  #nobodyWaits = new AbortController();

  constructor(timeoutMs: number, steps: TransactionSteps<Draft>) {
    this.#timeoutMs = timeoutMs;
    this.#steps = steps;
  }

  /** Queues a change. Resolves to its result once it is committed. The change may run more than once. */
  add<Result>(
    change: (draft: Draft) => Result | Promise<Result>,
    options: ChangeOptions = {},
  ): Promise<Result> {
    return this.#enqueue<Result>({ together: options.prepare, change }, options);
  }

  /**
   * Queues an effect, which needs the lock and changes no draft. It runs once, whatever happens to the changes beside
   * it.
   */
  addEffect<Result>(
    effect: (lock: HeldLock) => Result | Promise<Result>,
    options: WaitOptions = {},
  ): Promise<Result> {
    return this.#enqueue<Result>({ alone: effect }, options);
  }

  /** {@link addEffect} for an effect that undoes nothing that another one does, so that all of them can run at once. */
  addShared<Result>(
    effect: (lock: HeldLock) => Result | Promise<Result>,
    options: WaitOptions = {},
  ): Promise<Result> {
    return this.#enqueue<Result>({ together: effect }, options);
  }

  #enqueue<Result>(work: Job<Draft>["work"], { signal, timeoutMs }: WaitOptions): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      signal?.throwIfAborted();
      let ignoreAbort: (() => void) | undefined;
      const job: Job<Draft> = {
        work,
        deadline: performance.now() + (timeoutMs ?? this.#timeoutMs),
        outcome: undefined,
        settle(outcome) {
          ignoreAbort?.();
          if ("error" in outcome) reject(outcome.error);
          else resolve(outcome.value as Result);
        },
      };
      if (signal !== undefined) {
        ignoreAbort = onAbort(signal, () => {
          this.#drop(job, signal.reason);
        });
      }
      this.#waiting.add(job);
      this.#working ??= this.#work();
    });
  }

  /** Resolves when no job is waiting or running. */
  async idle(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  async #work(): Promise<void> {
    try {
      while (this.#waiting.size > 0) {
        if (this.#isTurnOver()) {
          await this.#giveWay();
          continue;
        }
        const lock = await this.#acquire();
        if (lock === undefined) continue;
        const until = performance.now() + TURN_MS;
        let batch = await this.#run(lock);
        while (this.#waiting.size > 0 && performance.now() < until && isStillOurs(lock)) {
          await settleAll(batch);
          batch = await this.#run(lock);
        }
        await lock.release();
        this.#turn = { began: this.#turn.began, ended: performance.now() };
        await settleAll(batch);
      }
    } finally {
      // Set synchronously: a caller may add the next change as soon as the last one settles.
      this.#working = undefined;
    }
  }

  /** Whether this process has had the lock for so long that another process must have its turn. */
  #isTurnOver(): boolean {
    const now = performance.now();
    if (now - this.#turn.ended < IDLE_MS) return now - this.#turn.began >= TURN_MS;
    this.#turn = { began: now, ended: now };
    return false;
  }

  /** Lets a process that waits for the lock have it, and begins the next turn. */
  async #giveWay(): Promise<void> {
    // If that cannot be seen, for example because too many files are open, another process may wait.
    const isAwaited = await this.#steps.isAwaited().catch(() => true);
    if (isAwaited) await new Promise((resolve) => setTimeout(resolve, GIVE_WAY_MS));
    const now = performance.now();
    this.#turn = { began: now, ended: now };
  }

  /** Runs the jobs that wait now. */
  async #run(lock: HeldLock): Promise<readonly Job<Draft>[]> {
    const batch = [...this.#waiting];
    this.#waiting.clear();
    await Promise.all(
      batch.map(async (job) => {
        const { together } = job.work;
        if (together !== undefined) job.outcome = await attempt(() => together(lock));
      }),
    );
    await this.#commit(lock, batch);
    for (const job of batch) {
      const { alone } = job.work;
      if (alone !== undefined) job.outcome = await attempt(() => alone(lock));
    }
    return batch;
  }

  /** Acquires the lock. If that fails, rejects the jobs that cannot wait longer, and returns `undefined`. */
  async #acquire(): Promise<HeldLock | undefined> {
    const nobodyWaits = (this.#nobodyWaits = new AbortController());
    let soonest = Infinity;
    for (const { deadline } of this.#waiting) soonest = Math.min(soonest, deadline);
    const timeoutMs = Math.max(0, soonest - performance.now());
    try {
      return await this.#steps.acquire({ timeoutMs, signal: nobodyWaits.signal });
    } catch (error) {
      // The abort was for jobs that are gone. The jobs that wait now came later.
      if (nobodyWaits.signal.aborted) return undefined;
      const now = performance.now();
      const isTimeout = isRegistryError(error, "LOCK_TIMEOUT");
      for (const job of this.#waiting) {
        if (!isTimeout || job.deadline <= now + LAST_WAIT_MS)
          this.#drop(job, storageError(error, "take the layout's lock"));
      }
      return undefined;
    }
  }

  /**
   * Commits the changes of `batch` that are prepared, and retries if another writer interferes. A failure of the whole
   * rejects each.
   */
  async #commit(lock: HeldLock, batch: readonly Job<Draft>[]): Promise<void> {
    const changes = batch.flatMap((job) => {
      const { change } = job.work;
      const hasFailed = job.outcome !== undefined && "error" in job.outcome;
      return change === undefined || hasFailed ? [] : [{ job, change }];
    });
    if (changes.length === 0) return;
    let deadline = 0;
    for (const { job } of changes) deadline = Math.max(deadline, job.deadline);
    const decide = async (draft: Draft): Promise<void> => {
      for (const { job, change } of changes) {
        await pauseIfDue();
        job.outcome = await attempt(() => change(draft));
      }
    };
    try {
      while (!(await this.#steps.commit(lock, decide))) {
        if (performance.now() > deadline)
          throw new RegistryError(
            "LOCK_TIMEOUT",
            "cannot change index.json: other writers kept changing it until the timeout",
          );
      }
    } catch (error) {
      const failure = { error: storageError(error, "write index.json") };
      for (const { job } of changes) job.outcome = failure;
    }
  }

  #drop(job: Job<Draft>, reason: unknown): void {
    if (!this.#waiting.delete(job)) return;
    if (this.#waiting.size === 0) this.#nobodyWaits.abort(reason);
    job.settle({ error: reason });
  }
}

/** The wait for the lock ends a little before its deadline, not after. */
const LAST_WAIT_MS = 100;

/** How long the lock is kept for one batch after the other, in milliseconds. */
const TURN_MS = 50;
/** After as long without the lock, another process had the chance to take it, in milliseconds. */
const IDLE_MS = 5;
/** As long as a process sleeps that waits for the lock, in milliseconds: see `WAIT_MS` of the lock. */
const GIVE_WAY_MS = 20;

/** Whether the lock is known to be still held. A lock that cannot be looked at is taken again. */
function isStillOurs(lock: HeldLock): boolean {
  try {
    return lock.isOurs();
  } catch {
    return false;
  }
}

async function settleAll(batch: readonly Pick<Job<unknown>, "outcome" | "settle">[]): Promise<void> {
  for (const job of batch) {
    await pauseIfDue();
    job.settle(job.outcome ?? { error: new Error("a change was not made") });
  }
}

async function attempt(run: () => unknown): Promise<Outcome> {
  try {
    return { value: await run() };
  } catch (error) {
    return { error };
  }
}
