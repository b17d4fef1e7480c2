import { dirname } from "node:path";

import { wasClosed } from "@ocilayout/oci-backend";

import type { Draft } from "../index-json/draft.ts";
import { BlobFiles } from "../blobs/blob-files.ts";
import type { StagedBlob } from "../blobs/blob-staging.ts";
import { BlobStaging } from "../blobs/blob-staging.ts";
import { LockedBlobs } from "../blobs/locked-blobs.ts";
import { SmallBlobs } from "../blobs/small-blobs.ts";
import { afterCommit } from "../disk/committed.ts";
import type { Disk } from "../disk/disk.ts";
import { FileClock } from "../disk/file-clock.ts";
import type { LayoutPaths } from "../disk/layout-files.ts";
import { layoutPaths } from "../disk/layout-files.ts";
import { syncDirectory } from "../disk/sync-directory.ts";
import type { EntryTable } from "../index-json/entry-table.ts";
import type { RepositoryChange } from "../index-json/index-changes.ts";
import { LayoutIndex } from "../index-json/layout-index.ts";
import type { WaitOptions } from "../index-json/transaction-queue.ts";
import type { HeldLock } from "../lock/lock.ts";
import { ManifestGraph } from "../manifests/manifest-graph.ts";
import type { LayoutSettings } from "./options.ts";
import { requireWritable } from "./options.ts";
import { Slots } from "./slots.ts";

/** The operations that are permitted only while the layout's lock is held, beside others of their kind. */
export interface Locked {
  /** Keeps and places blobs. While it does, no other operation removes one. */
  readonly blobs: Omit<LockedBlobs, "remove">;
}

/** The operations that are permitted only while the layout's lock is held and nothing else uses it. */
export interface LockedAlone {
  /** The entries of the index as it is on disk. */
  readonly entries: EntryTable;
  readonly blobs: LockedBlobs;
}

/** One layout directory, and the state that its reads, writes, lists and deletions share. */
export class Layout {
  readonly disk: Disk;
  readonly paths: LayoutPaths;
  readonly settings: LayoutSettings;
  readonly index: LayoutIndex;
  readonly blobs: BlobFiles;
  /** For reads of callers. Maintenance and checks read the files themselves. */
  readonly smallBlobs: SmallBlobs;
  readonly staging: BlobStaging;
  readonly clock: FileClock;
  readonly graph: ManifestGraph;
  /** Limits how many manifests are checked and stored at once. */
  readonly slots: Slots = new Slots(64);
  /** Limits how many effects run at once. They hold the lock, so they must not wait for calls that do not. */
  readonly #lockedSlots: Slots = new Slots(64);
  /** The other layouts that share the blobs of this one: the option `sharedWith`. They are never written to. */
  readonly others: readonly Layout[] | undefined;
  #closed: Promise<void> | undefined;

  constructor(disk: Disk, directory: string, settings: LayoutSettings) {
    this.disk = disk;
    this.paths = layoutPaths(directory, settings.within, settings.blobDirectory);
    this.settings = settings;
    this.index = new LayoutIndex(disk, this.paths, settings);
    this.blobs = new BlobFiles(disk, this.paths, settings);
    this.smallBlobs = new SmallBlobs(disk, this.blobs);
    this.clock = new FileClock(disk, this.paths, settings);
    this.staging = new BlobStaging(disk, this.paths, this.blobs, { ...settings, clock: this.clock });
    this.graph = new ManifestGraph(this.blobs, settings.maxManifestBytes);
    this.others = settings.sharedWith?.map(
      (other) => new Layout(disk, other, { ...settings, sharedWith: undefined, within: undefined }),
    );
  }

  /**
   * Begins a call.
   *
   * @throws `RegistryError` `CLOSED` after {@link Layout.close}; `DENIED` for a write to a read-only layout.
   */
  begin(access: "read" | "write"): void {
    if (this.#closed !== undefined) throw wasClosed("this layout");
    if (access === "write") requireWritable(this.settings);
  }

  /**
   * Runs `effect` once, under the lock, in a complete layout, at the same time as others that wait for the lock: see
   * `LayoutIndex.locked`. `effect` must not wait for another lock.
   */
  locked<Result>(effect: (tx: Locked) => Promise<Result>, options?: WaitOptions): Promise<Result> {
    return this.index.locked(this.#inSlot(effect), options);
  }

  /** {@link locked} for an effect that removes blobs, needs the entries, or waits for another lock. */
  lockedAlone<Result>(
    effect: (tx: LockedAlone) => Result | Promise<Result>,
    options?: WaitOptions,
  ): Promise<Result> {
    return this.index.lockedAlone(
      (entries, lock) => effect({ entries, blobs: this.#blobsUnder(lock) }),
      options,
    );
  }

  /**
   * Changes the index: see `LayoutIndex.transact`. `change` may run more than once, each time with a new draft.
   *
   * @param prepare - Runs before it, as the effect of {@link locked} does. Absent by default.
   */
  transact<Result>(
    change: (draft: Draft) => Result | Promise<Result>,
    signal: AbortSignal | undefined,
    prepare?: (tx: Locked) => Promise<void>,
  ): Promise<Result> {
    return this.index.transact(change, signal, prepare && this.#inSlot(prepare));
  }

  #inSlot<Result>(effect: (tx: Locked) => Promise<Result>): (lock: HeldLock) => Promise<Result> {
    return (lock) => this.#lockedSlots.run(() => effect({ blobs: this.#blobsUnder(lock) }));
  }

  /** Makes the removal of blobs durable, which the lock is not needed for. */
  async syncRemoved(blobs: Iterable<Pick<StagedBlob, "digest">>): Promise<void> {
    if (!this.settings.durable) return;
    const directories = new Set(Array.from(blobs, ({ digest }) => dirname(this.blobs.path(digest))));
    await afterCommit("blobs were removed", () =>
      Promise.all(Array.from(directories, (directory) => syncDirectory(this.disk, directory))),
    );
  }

  /**
   * Moves a staged blob into place. If the name is taken, it does so under the lock, to exclude a garbage collection.
   */
  async place(staged: StagedBlob, signal: AbortSignal | undefined): Promise<void> {
    await this.index.ensure(signal);
    if (this.staging.isTaken(staged)) await this.locked(({ blobs }) => blobs.ensure(staged), { signal });
    else await this.staging.place(staged, true);
  }

  /** Returns a change of `repository` in `draft`. The caller must have read the indexes of the repository. */
  change(draft: Draft, repository: string): RepositoryChange {
    return {
      draft,
      rules: this.settings,
      repository,
      isContained: (digest) => this.graph.isContained(draft, repository, digest),
    };
  }

  #blobsUnder(lock: HeldLock): LockedBlobs {
    const { disk, blobs, staging, clock, settings } = this;
    return new LockedBlobs(lock, { disk, blobs, staging, clock, durable: settings.durable });
  }

  /**
   * Refuses every later call, waits for pending writes, and closes open files. Idempotent.
   *
   * @param endUploads - Ends the uploads. The files are closed even if it fails.
   */
  close(endUploads?: () => Promise<void>): Promise<void> {
    return (this.#closed ??= this.#close(endUploads));
  }

  async #close(endUploads?: () => Promise<void>): Promise<void> {
    try {
      await endUploads?.();
    } finally {
      await this.index.close();
      for (const other of this.others ?? []) await other.close();
    }
  }
}
