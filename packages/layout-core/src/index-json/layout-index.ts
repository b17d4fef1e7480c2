import { isRegistryError, RegistryError } from "@ocilayout/oci-types";
import { JsonTextError } from "@ocilayout/oci-types/authors";

import { Draft } from "./draft.ts";
import type { EntryTable } from "./entry-table.ts";
import { ensureDirectory } from "../disk/atomic-file.ts";
import type { Disk } from "../disk/disk.ts";
import { IndexFile } from "./index-file.ts";
import type { LayoutPaths } from "../disk/layout-files.ts";
import { torn } from "../disk/layout-files.ts";
import type { HeldLock } from "../lock/lock.ts";
import { isAwaited } from "../lock/is-awaited.ts";
import { acquireLock } from "../lock/lock.ts";
import { Reserve } from "../lock/reserve.ts";
import { storageError } from "../disk/storage-error.ts";
import { requireWay } from "../disk/way.ts";
import { emptyIndex, encodeIndexText } from "./index-text.ts";
import { checkParts, completeLayout } from "./layout-parts.ts";
import type { ParsedIndex } from "./parse-index.ts";
import { parseIndex, unreadableIndex } from "./parse-index.ts";
import type { NameRules } from "./ref-name.ts";
import { SpareMemory } from "./spare-memory.ts";
import type { WaitOptions } from "./transaction-queue.ts";
import { TransactionQueue } from "./transaction-queue.ts";

/** Settings of {@link LayoutIndex}. */
export interface LayoutIndexSettings extends NameRules {
  readonly durable: boolean;
  readonly lockTimeoutMs: number;
  /** Whether a stale holder that cannot be judged from here may be assumed dead. */
  readonly stealStale: boolean;
}

/**
 * A change of the index. It asks `draft` for the current entries, decides, and only then changes the draft. It may run
 * more than once, each time with a new draft. If it throws, it must not have changed its draft. It removes no files:
 * that is the task of a {@link LockedEffect}.
 */
export type IndexChange<Result> = (draft: Draft) => Result | Promise<Result>;

/**
 * An operation under the lock that changes no entry, with nothing beside it. It runs once. `entries` are those of the
 * index as it is on disk.
 */
export type LockedEffect<Result> = (entries: EntryTable, lock: HeldLock) => Result | Promise<Result>;

/** An operation under the lock that changes no entry and removes no file. Others of its kind run at the same time. */
export type SharedEffect<Result> = (lock: HeldLock) => Result | Promise<Result>;

/** The state of the index as it was read. */
interface IndexState extends ParsedIndex {
  /** The stamp of the file; `undefined` if the file does not exist or its stamp is unknown. */
  readonly stamp: string | undefined;
  /** The whole file, kept while a comparison may need it. */
  readonly source: Uint8Array | undefined;
  /** Whether an unchanged stamp guarantees unchanged content. */
  readonly settled: boolean;
  /** Whether the layout is complete. If not, the next write completes it. */
  readonly whole: boolean;
}

/** The index of a layout. It is read when its file has changed, and changed under its lock. */
export class LayoutIndex {
  readonly #disk: Disk;
  readonly #paths: LayoutPaths;
  readonly #settings: LayoutIndexSettings;
  readonly #reserve: Reserve;
  readonly #file: IndexFile;
  readonly #queue: TransactionQueue<Draft>;
  readonly #memory: SpareMemory = new SpareMemory();
  #state: IndexState | undefined;
  #loading: Promise<IndexState> | undefined;
  #completing: Promise<void> | undefined;

  constructor(disk: Disk, paths: LayoutPaths, settings: LayoutIndexSettings) {
    this.#disk = disk;
    this.#paths = paths;
    this.#settings = settings;
    this.#reserve = new Reserve(disk, paths);
    this.#file = new IndexFile(disk, paths, this.#reserve);
    this.#queue = new TransactionQueue(settings.lockTimeoutMs, {
      acquire: (options) => this.#acquire(options),
      commit: (lock, decide) => this.#commit(lock, decide),
      isAwaited: () => isAwaited(disk, paths.lock),
    });
  }

  /**
   * Returns the current entries, including the writes of other processes.
   *
   * @throws `RegistryError` `LAYOUT_INVALID` if the layout is damaged.
   */
  read(): EntryTable | Promise<EntryTable> {
    const state = this.#current();
    return state instanceof Promise ? state.then(({ table }) => table) : state.table;
  }

  /**
   * Changes the entries. Changes that wait at the same time are committed together, each with its own outcome. While a
   * change runs, no other writer that takes the lock changes the index.
   *
   * @param prepare - Runs once before the change, as the effect of {@link locked} does, under the same lock. If it fails,
   * the change is not made. Absent by default.
   * @throws `RegistryError` `LOCK_TIMEOUT`, `LAYOUT_INVALID`, `STORAGE_FAILED`, and errors of `change` and `prepare`.
   */
  transact<Result>(
    change: IndexChange<Result>,
    signal?: AbortSignal,
    prepare?: SharedEffect<void>,
  ): Promise<Result> {
    return this.#queue.add(change, { signal, prepare: prepare && this.#whenComplete(prepare) });
  }

  /**
   * Keeps or places blobs under the lock, in a complete layout. `effect` runs once, and has its own outcome. Changes
   * beside it do not affect it: neither another writer nor a failed commit repeats or fails it.
   *
   * @throws `RegistryError` `LOCK_TIMEOUT`, `LAYOUT_INVALID`, `STORAGE_FAILED`, and errors of `effect`.
   */
  locked<Result>(effect: SharedEffect<Result>, options: WaitOptions = {}): Promise<Result> {
    return this.#queue.addShared(this.#whenComplete(effect), options);
  }

  /** {@link locked} for an effect that removes files, or needs the entries. Nothing runs beside it. */
  lockedAlone<Result>(effect: LockedEffect<Result>, options: WaitOptions = {}): Promise<Result> {
    return this.#queue.addEffect(async (lock) => effect((await this.#completed()).table, lock), options);
  }

  #whenComplete<Result>(effect: SharedEffect<Result>): (lock: HeldLock) => Promise<Result> {
    return async (lock) => {
      await this.#completed();
      return effect(lock);
    };
  }

  /**
   * Whether the layout exists and is complete now.
   *
   * @throws `RegistryError` `LAYOUT_INVALID` if it is damaged.
   */
  async isWhole(): Promise<boolean> {
    const { stamp, table } = await this.#current();
    return checkParts(this.#disk, this.#paths, stamp === undefined ? undefined : table.size);
  }

  /** Creates or completes the layout if needed. */
  async ensure(signal?: AbortSignal): Promise<void> {
    if (!(await this.#current()).whole) await this.transact(() => undefined, signal);
  }

  /** Creates missing reserve files. To be called under the lock, when there may be space again. */
  async replenishReserve(): Promise<void> {
    await this.#reserve.replenish(Number(this.#disk.lstatNow(this.#paths.index)?.size ?? 0n), "all");
  }

  /** Waits for pending writes, and closes open files. */
  async close(): Promise<void> {
    await this.#queue.idle();
    this.#state = undefined;
    await this.#file.close();
  }

  /** Returns the current index. Synchronous if the file has not changed, as in most calls. */
  #current(): IndexState | Promise<IndexState> {
    try {
      requireWay(this.#disk, this.#paths);
      const state = this.#state;
      if (state?.settled === true && this.#file.isNow(state.stamp)) return state;
      return this.#reread();
    } catch (error) {
      throw storageError(error, "read the layout");
    }
  }

  async #reread(): Promise<IndexState> {
    try {
      for (;;) {
        const state = await (this.#loading ??= this.#load().finally(() => (this.#loading = undefined)));
        // Recent changes are never settled. Such a state is valid if the file did not change while it was read.
        if (this.#file.isNow(state.stamp)) return state;
      }
    } catch (error) {
      throw storageError(error, "read the layout");
    }
  }

  async #load(): Promise<IndexState> {
    for (const from = performance.now(); ;) {
      const file = await this.#file.read();
      try {
        const parsed = await this.#parse(file?.bytes);
        const whole = await checkParts(
          this.#disk,
          this.#paths,
          file === undefined ? undefined : parsed.table.size,
        );
        const settled = file?.settled === true;
        const state = {
          ...parsed,
          settled,
          whole,
          stamp: file?.stamp,
          source: settled ? undefined : file?.bytes,
        };
        this.#state = state;
        await this.#file.keep(file?.file);
        return state;
      } catch (error) {
        await this.#file.discard(file);
        // The parts were read at different times: another process created, completed or removed the layout.
        const hasMoved = !this.#file.isNow(file?.stamp);
        const isTorn = error instanceof JsonTextError;
        if (!isTorn && !(hasMoved && isRegistryError(error, "LAYOUT_INVALID"))) throw error;
        const isOver = performance.now() - from > torn.waitMs;
        if (isOver || (!hasMoved && (file === undefined || !(await this.#file.changesSoon(file.stamp))))) {
          throw isTorn ? unreadableIndex(error) : error;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, torn.retryMs));
    }
  }

  /** Parses the bytes of the index, unless they are those of the state. */
  async #parse(source: Uint8Array | undefined): Promise<ParsedIndex> {
    const state = this.#state;
    if (source !== undefined && state?.source !== undefined && Buffer.compare(source, state.source) === 0)
      return state;
    return parseIndex(source ?? emptyIndex, this.#settings);
  }

  async #acquire(options: { timeoutMs: number; signal: AbortSignal }): Promise<HeldLock> {
    requireWay(this.#disk, this.#paths);
    await ensureDirectory(this.#disk, this.#paths.root, this.#settings.durable);
    // A directory may have been replaced by a link while the directories below it were created.
    requireWay(this.#disk, this.#paths);
    const { stealStale } = this.#settings;
    return acquireLock(this.#disk, this.#paths.lock, { ...options, stealStale, reserve: this.#reserve });
  }

  /** Completes the layout if needed, and returns the index. To be called under the lock. */
  async #completed(): Promise<IndexState> {
    const state = await this.#current();
    if (state.whole) return state;
    // Effects that run at the same time complete it once.
    this.#completing ??= this.#complete(state).finally(() => (this.#completing = undefined));
    await this.#completing;
    return this.#current();
  }

  async #complete(state: IndexState): Promise<void> {
    await completeLayout(this.#disk, this.#paths, this.#settings.durable);
    // The file of the index may be the same as before.
    if (this.#state === state) this.#state = { ...state, whole: true };
  }

  /**
   * Tries once to commit the waiting changes, under the lock. Returns false if another writer changed the index first.
   */
  async #commit(lock: HeldLock, decide: (draft: Draft) => Promise<void>): Promise<boolean> {
    const { durable } = this.#settings;
    const state = await this.#completed();
    const draft = new Draft(state.table);
    await decide(draft);
    if (!draft.isChanged) {
      // The caller relies on what is there already. Its change may be one whose flush failed.
      if (durable) await this.#file.syncInDoubt();
      return true;
    }
    const bytes = encodeIndexText(state.text, state.table.texts(draft), this.#memory);
    const size = bytes.length;
    let next: IndexState | undefined;
    const outcome = await this.#file.replace({
      bytes,
      base: state.stamp,
      lock,
      durable,
      onCommit: () => {
        state.table.apply(draft);
        next = { ...state, settled: false, stamp: undefined, source: bytes };
        this.#state = next;
      },
    });
    if (outcome === "changed by another") return false;
    if (outcome === "lock lost")
      throw new RegistryError(
        "LOCK_TIMEOUT",
        "cannot change index.json: another process took over the lock, so nothing was changed",
      );
    const { stamp } = outcome;
    if (next !== undefined && stamp !== undefined && this.#state === next) {
      this.#state = { ...next, stamp, settled: true, source: undefined };
      this.#memory.give(bytes);
    }
    await this.#reserve.replenish(size, "first");
    return true;
  }
}
