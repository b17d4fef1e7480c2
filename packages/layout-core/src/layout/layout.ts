import { wasClosed } from "@ocilayout/oci-backend";

import type { Draft } from "../index-json/draft.ts";
import { BlobFiles } from "../blobs/blob-files.ts";
import type { StagedBlob } from "../blobs/blob-staging.ts";
import { BlobStaging } from "../blobs/blob-staging.ts";
import { LockedBlobs } from "../blobs/locked-blobs.ts";
import { SmallBlobs } from "../blobs/small-blobs.ts";
import type { Disk } from "../disk/disk.ts";
import { FileClock } from "../disk/file-clock.ts";
import type { LayoutPaths } from "../disk/layout-files.ts";
import { layoutPaths } from "../disk/layout-files.ts";
import type { EntryTable } from "../index-json/entry-table.ts";
import type { RepositoryChange } from "../index-json/index-changes.ts";
import { LayoutIndex } from "../index-json/layout-index.ts";
import type { WaitOptions } from "../index-json/transaction-queue.ts";
import type { HeldLock } from "../lock/lock.ts";
import { ManifestGraph } from "../manifests/manifest-graph.ts";
import type { LayoutSettings } from "./options.ts";
import { requireWritable } from "./options.ts";
import { Slots } from "./slots.ts";

/** The operations that are permitted only while the layout's lock is held. */
export interface Locked {
  /** The entries of the index as it is on disk. */
  readonly entries: EntryTable;
  readonly blobs: LockedBlobs;
}

/** The state that a change of the index works on. A change may run more than once, each time with a new draft. */
export interface Transaction {
  readonly draft: Draft;
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

  /** Runs `effect` once, under the lock, in a complete layout: see `LayoutIndex.locked`. */
  locked<Result>(effect: (tx: Locked) => Result | Promise<Result>, options?: WaitOptions): Promise<Result> {
    return this.index.locked((entries, lock) => effect({ entries, blobs: this.#blobsUnder(lock) }), options);
  }

  /** Changes the index: see `LayoutIndex.transact`. */
  transact<Result>(
    change: (tx: Transaction) => Result | Promise<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    return this.index.transact((draft, lock) => change({ draft, blobs: this.#blobsUnder(lock) }), signal);
  }

  /**
   * Moves a staged blob into place. If the name is taken, it does so under the lock, to exclude a garbage collection.
   */
  async place(staged: StagedBlob, signal: AbortSignal | undefined): Promise<void> {
    await this.index.ensure(signal);
    if (this.staging.isTaken(staged)) await this.locked(({ blobs }) => blobs.ensure(staged), { signal });
    else await this.staging.place(staged);
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
