import { isRegistryError, RegistryError } from "@ocilayout/oci-types";
import { onAbort } from "@ocilayout/oci-types/authors";

import type { HeldLock } from "../lock/lock.ts";
import { storageError } from "../disk/storage-error.ts";
import { pauseIfDue } from "@ocilayout/oci-backend";

/** What a {@link TransactionQueue} does with the changes that wait. */
export interface TransactionSteps<Draft> {
  acquire(options: { readonly timeoutMs: number; readonly signal: AbortSignal }): Promise<HeldLock>;
  /**
   * Lets `decide` make its changes of a draft and commits them. False where nothing was committed because somebody
   * else changed the base: to be tried again.
   */
  commit(lock: HeldLock, decide: (draft: Draft) => Promise<void>): Promise<boolean>;
}

type Outcome = { readonly value: unknown } | { readonly error: unknown };

interface Job<Draft> {
  /** A change of the draft, which may be decided more than once, or an effect, which happens once. */
  readonly work:
    | { readonly change: (draft: Draft, lock: HeldLock) => unknown }
    | { readonly effect: (lock: HeldLock) => unknown };
  readonly deadline: number;
  /** What the effect, or the latest attempt of the change, answered. */
  outcome: Outcome | undefined;
  settle(outcome: Outcome): void;
}

/** Bounds of the waiting of one job. */
export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long the job waits for the lock, in milliseconds. Defaults to the queue's own limit. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Lets changes that wait at the same moment share one lock, one reading and one writing, each with its own outcome:
 * a change that throws is left out, what fails for all rejects all.
 *
 * Effects share the lock only. Each runs once, after the changes are committed or have failed, and has its own outcome:
 * neither another writer nor a failed write of the index makes it run again or reject.
 *
 * A job can be aborted or time out until its batch is taken, which is its commit point.
 */
export class TransactionQueue<Draft> {
  readonly #timeoutMs: number;
  readonly #steps: TransactionSteps<Draft>;
  readonly #waiting: Set<Job<Draft>> = new Set();
  #working: Promise<void> | undefined;
  /** Ends the waiting for the lock when nobody is left who wants it. */
  #nobodyWaits = new AbortController();

  constructor(timeoutMs: number, steps: TransactionSteps<Draft>) {
    this.#timeoutMs = timeoutMs;
    this.#steps = steps;
  }

  /** Queues a change; resolves to what it answers, once that is committed. It may be decided more than once. */
  add<Result>(
    change: (draft: Draft, lock: HeldLock) => Result | Promise<Result>,
    options: WaitOptions = {},
  ): Promise<Result> {
    return this.#enqueue<Result>({ change }, options);
  }

  /** Queues what needs the lock and changes no draft: it runs once, whatever becomes of the changes beside it. */
  addEffect<Result>(
    effect: (lock: HeldLock) => Result | Promise<Result>,
    options: WaitOptions = {},
  ): Promise<Result> {
    return this.#enqueue<Result>({ effect }, options);
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

  /** Resolves when no change is waiting or being made. */
  async idle(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  async #work(): Promise<void> {
    try {
      while (this.#waiting.size > 0) {
        const lock = await this.#acquire();
        if (lock === undefined) continue;
        const batch = [...this.#waiting];
        this.#waiting.clear();
        await this.#commit(lock, batch);
        for (const job of batch) {
          const { work } = job;
          if ("effect" in work) job.outcome = await attempt(() => work.effect(lock));
        }
        await lock.release();
        for (const job of batch) {
          await pauseIfDue();
          job.settle(job.outcome ?? { error: new Error("a change was not made") });
        }
      }
    } finally {
      // At once, not a microtask later: whoever is told of the last change may add the next one by then.
      this.#working = undefined;
    }
  }

  /** The lock, or `undefined` where it could not be had: then those who cannot wait longer were told. */
  async #acquire(): Promise<HeldLock | undefined> {
    const nobodyWaits = (this.#nobodyWaits = new AbortController());
    let soonest = Infinity;
    for (const { deadline } of this.#waiting) soonest = Math.min(soonest, deadline);
    const timeoutMs = Math.max(0, soonest - performance.now());
    try {
      return await this.#steps.acquire({ timeoutMs, signal: nobodyWaits.signal });
    } catch (error) {
      // Those who wait now came after the last of those that this was about, and know nothing of its abort.
      if (nobodyWaits.signal.aborted) return undefined;
      const now = performance.now();
      const isTimeout = isRegistryError(error, "LOCK_TIMEOUT");
      for (const job of this.#waiting) {
        if (!isTimeout || job.deadline <= now + LAST_WAIT_MS)
          this.#drop(job, storageError(error, "taking the layout's lock"));
      }
      return undefined;
    }
  }

  /** Makes the changes of `batch`, again where another writer came between. What fails for all of them rejects each. */
  async #commit(lock: HeldLock, batch: readonly Job<Draft>[]): Promise<void> {
    const changes = batch.flatMap((job) => ("change" in job.work ? [{ job, change: job.work.change }] : []));
    if (changes.length === 0) return;
    let deadline = 0;
    for (const { job } of changes) deadline = Math.max(deadline, job.deadline);
    const decide = async (draft: Draft): Promise<void> => {
      for (const { job, change } of changes) {
        await pauseIfDue();
        job.outcome = await attempt(() => change(draft, lock));
      }
    };
    try {
      while (!(await this.#steps.commit(lock, decide))) {
        if (performance.now() > deadline)
          throw new RegistryError("LOCK_TIMEOUT", "other writers kept changing the index");
      }
    } catch (error) {
      const failure = { error: storageError(error, "writing the index") };
      for (const { job } of changes) job.outcome = failure;
    }
  }

  #drop(job: Job<Draft>, reason: unknown): void {
    if (!this.#waiting.delete(job)) return;
    if (this.#waiting.size === 0) this.#nobodyWaits.abort(reason);
    job.settle({ error: reason });
  }
}

/** The lock's own waiting ends a little before its time is up rather than after it. */
const LAST_WAIT_MS = 100;

async function attempt(run: () => unknown): Promise<Outcome> {
  try {
    return { value: await run() };
  } catch (error) {
    return { error };
  }
}
