import { isRegistryError, manifestKind, RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import type { Entry, ForeignEntry } from "./entry.ts";
import { parseEntry } from "./entry.ts";
import { Draft } from "./draft.ts";
import { EntryTable } from "./entry-table.ts";
import { ensureDirectory } from "../disk/atomic-file.ts";
import type { Disk } from "../disk/disk.ts";
import { IndexFile } from "./index-file.ts";
import type { LayoutPaths } from "../disk/layout-files.ts";
import { damaged, torn } from "../disk/layout-files.ts";
import type { HeldLock } from "../lock/lock.ts";
import { acquireLock } from "../lock/lock.ts";
import { Reserve } from "../lock/reserve.ts";
import { storageError } from "../disk/storage-error.ts";
import { requireWay } from "../disk/way.ts";
import type { IndexText } from "./index-text.ts";
import { emptyIndexText, joinIndexText, parseIndexText } from "./index-text.ts";
import { checkParts, completeLayout } from "./layout-parts.ts";
import { JsonTextError } from "./json-text.ts";
import { isPauseDue, pause } from "@ocilayout/oci-backend";
import type { NameRules } from "./ref-name.ts";
import type { WaitOptions } from "./transaction-queue.ts";
import { TransactionQueue } from "./transaction-queue.ts";

/** What a {@link LayoutIndex} needs to know. */
export interface LayoutIndexSettings extends NameRules {
  readonly durable: boolean;
  readonly lockTimeoutMs: number;
  /** Whether a holder that cannot be seen from here may be taken for dead. */
  readonly stealStale: boolean;
}

/**
 * A change of the index: it asks `draft` what there is, decides, and only then changes it. It may run more than once,
 * each time on a new draft; one that throws must not have changed its draft. It removes nothing: that is an
 * {@link LockedEffect}.
 */
export type IndexChange<Result> = (draft: Draft, lock: HeldLock) => Result | Promise<Result>;

/** What is done under the lock, and changes no entry: it runs once. `entries` are those of the index as it stands. */
export type LockedEffect<Result> = (entries: EntryTable, lock: HeldLock) => Result | Promise<Result>;

/** What the index says. */
interface IndexState {
  /** The document around the entries. */
  readonly text: IndexText;
  readonly table: EntryTable;
  /** The stamp of the file; `undefined` where there is none, or it is not known. */
  readonly stamp: string | undefined;
  /** The whole text, kept while it may have to be compared. */
  readonly source: string | undefined;
  /** Whether what was read can be relied on while the file stays the same. */
  readonly settled: boolean;
  /** Whether the layout has all its parts; what lacks some is completed by the next write. */
  readonly whole: boolean;
}

/** The index of a layout: read when its file changed, changed under its lock. */
export class LayoutIndex {
  readonly #disk: Disk;
  readonly #paths: LayoutPaths;
  readonly #settings: LayoutIndexSettings;
  readonly #reserve: Reserve;
  readonly #file: IndexFile;
  readonly #queue: TransactionQueue<Draft>;
  #state: IndexState | undefined;
  #loading: Promise<IndexState> | undefined;

  constructor(disk: Disk, paths: LayoutPaths, settings: LayoutIndexSettings) {
    this.#disk = disk;
    this.#paths = paths;
    this.#settings = settings;
    this.#reserve = new Reserve(disk, paths);
    this.#file = new IndexFile(disk, paths, this.#reserve);
    this.#queue = new TransactionQueue(settings.lockTimeoutMs, {
      acquire: (options) => this.#acquire(options),
      commit: (lock, decide) => this.#commit(lock, decide),
    });
  }

  /**
   * The entries as they are now, whoever wrote them.
   *
   * @throws `RegistryError` `LAYOUT_INVALID` where the layout is damaged.
   */
  read(): EntryTable | Promise<EntryTable> {
    const state = this.#current();
    return state instanceof Promise ? state.then(({ table }) => table) : state.table;
  }

  /**
   * Changes the entries. Changes that wait at the same time are made together, each with its own outcome; what a
   * change asks and decides holds until it is made, because nobody else writes meanwhile.
   *
   * @throws `RegistryError` `LOCK_TIMEOUT`, `LAYOUT_INVALID`, `STORAGE_FAILED`, and what `change` throws.
   */
  transact<Result>(change: IndexChange<Result>, signal?: AbortSignal): Promise<Result> {
    return this.#queue.add(change, { signal });
  }

  /**
   * Keeps, places or removes blobs under the lock. It runs once, in a layout that has all its parts, and its outcome is its
   * own: a foreign write does not repeat it, and a change that cannot be written does not fail it.
   *
   * @throws `RegistryError` `LOCK_TIMEOUT`, `LAYOUT_INVALID`, `STORAGE_FAILED`, and what `effect` throws.
   */
  locked<Result>(effect: LockedEffect<Result>, options: WaitOptions = {}): Promise<Result> {
    return this.#queue.addEffect(async (lock) => effect((await this.#completed()).table, lock), options);
  }

  /**
   * Whether the layout is there and has all its parts, looked at now.
   *
   * @throws `RegistryError` `LAYOUT_INVALID` where it is damaged.
   */
  async isWhole(): Promise<boolean> {
    const { stamp, table } = await this.#current();
    return checkParts(this.#disk, this.#paths, stamp === undefined ? undefined : table.size);
  }

  /** Makes sure that the layout is there and whole. */
  async ensure(signal?: AbortSignal): Promise<void> {
    if (!(await this.#current()).whole) await this.transact(() => undefined, signal);
  }

  /** Makes what is missing of the reserve: to be called under the lock, once there may be room again. */
  async replenishReserve(): Promise<void> {
    await this.#reserve.replenish(Number(this.#disk.lstatNow(this.#paths.index)?.size ?? 0n));
  }

  /** Waits for what is being written, and closes what is open. */
  async close(): Promise<void> {
    await this.#queue.idle();
    this.#state = undefined;
    await this.#file.keep(undefined);
  }

  /** What the index says now: at once if it is as it was, which it is in most calls. */
  #current(): IndexState | Promise<IndexState> {
    try {
      requireWay(this.#disk, this.#paths);
      const state = this.#state;
      if (state?.settled === true && this.#file.isNow(state.stamp)) return state;
      return this.#reread();
    } catch (error) {
      throw storageError(error, "reading the layout");
    }
  }

  async #reread(): Promise<IndexState> {
    try {
      for (;;) {
        const state = await (this.#loading ??= this.#load().finally(() => (this.#loading = undefined)));
        // What was changed a moment ago is never settled: it is right as long as nothing moved while it was read.
        if (this.#file.isNow(state.stamp)) return state;
      }
    } catch (error) {
      throw storageError(error, "reading the layout");
    }
  }

  async #load(): Promise<IndexState> {
    for (const from = performance.now(); ;) {
      const file = await this.#file.read();
      try {
        const parsed = await this.#parse(file?.text);
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
          source: settled ? undefined : file?.text,
        };
        this.#state = state;
        await this.#file.keep(file?.file);
        return state;
      } catch (error) {
        await this.#file.discard(file);
        // What was looked at is not of one moment: somebody made, completed or removed the layout meanwhile.
        const hasMoved = !this.#file.isNow(file?.stamp);
        const isTorn = error instanceof JsonTextError;
        if (!isTorn && !(hasMoved && isRegistryError(error, "LAYOUT_INVALID"))) throw error;
        const isOver = performance.now() - from > torn.waitMs;
        if (isOver || (!hasMoved && (file === undefined || !(await this.#file.changesSoon(file.stamp))))) {
          throw isTorn ? damaged(`index.json cannot be read: ${error.message}`, error) : error;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, torn.retryMs));
    }
  }

  /** What `source` says. */
  async #parse(source: string | undefined): Promise<Pick<IndexState, "text" | "table">> {
    if (source !== undefined && this.#state !== undefined && source === this.#state.source)
      return this.#state;
    const text = parseIndexText(source ?? emptyIndexText);
    requireIndex(text.document);
    const table = new EntryTable();
    for (const entry of text.entries) {
      if (isPauseDue()) await pause();
      table.append(this.#parseEntry(entry));
    }
    return { text: { ...text, entries: [] }, table };
  }

  #parseEntry(text: string): Entry | ForeignEntry {
    try {
      return parseEntry(text, this.#settings);
    } catch (cause) {
      if (cause instanceof SyntaxError) throw new JsonTextError("an entry is not JSON", { cause });
      throw cause;
    }
  }

  async #acquire(options: { timeoutMs: number; signal: AbortSignal }): Promise<HeldLock> {
    requireWay(this.#disk, this.#paths);
    await ensureDirectory(this.#disk, this.#paths.root, this.#settings.durable);
    // A directory may have been swapped for a link while others were created below it.
    requireWay(this.#disk, this.#paths);
    const { stealStale } = this.#settings;
    return acquireLock(this.#disk, this.#paths.lock, { ...options, stealStale, reserve: this.#reserve });
  }

  /** What the index says once the layout has all its parts. To be called under the lock. */
  async #completed(): Promise<IndexState> {
    if (!(await this.#current()).whole) await completeLayout(this.#disk, this.#paths, this.#settings.durable);
    return this.#current();
  }

  /** One attempt at the waiting changes, under the lock. False where another writer came between. */
  async #commit(lock: HeldLock, decide: (draft: Draft) => Promise<void>): Promise<boolean> {
    const { durable } = this.#settings;
    const state = await this.#completed();
    const draft = new Draft(state.table);
    await decide(draft);
    if (!draft.isChanged) return true;
    const text = joinIndexText(state.text, state.table.texts(draft));
    let next: IndexState | undefined;
    const outcome = await this.#file.replace({
      text,
      base: state.stamp,
      lock,
      durable,
      onCommit: () => {
        state.table.apply(draft);
        next = { ...state, settled: false, stamp: undefined, source: text };
        this.#state = next;
      },
    });
    if (outcome === "changed by another") return false;
    if (outcome === "lock lost")
      throw new RegistryError("LOCK_TIMEOUT", "the lock was lost before the change was made");
    const { stamp } = outcome;
    if (next !== undefined && stamp !== undefined && this.#state === next) {
      this.#state = { ...next, stamp, settled: true, source: undefined };
    }
    await this.#reserve.replenish(text.length);
    return true;
  }
}

/** Members of what is not an index: manifests of several kinds, a config, the file `oci-layout`. */
const FOREIGN_MEMBERS = ["config", "layers", "fsLayers", "blobs", "rootfs", "imageLayoutVersion"];

/** Refuses a document that is something else than an index: read as an empty one, its content would be garbage. */
function requireIndex(document: Readonly<Record<string, unknown>>): void {
  const { mediaType } = document;
  if (typeof mediaType === "string" && manifestKind(mediaType) !== "index") {
    throw damaged(`index.json is not an image index: its media type is ${excerpt(mediaType)}`);
  }
  const hasManifests = Object.hasOwn(document, "manifests") && document["manifests"] !== null;
  const member = hasManifests ? undefined : FOREIGN_MEMBERS.find((name) => Object.hasOwn(document, name));
  if (member !== undefined)
    throw damaged(`index.json is not an image index: it has ${member} and no manifests`);
}
