import { wasClosed } from "@ocilayout/oci-backend";
import { requireSignal } from "@ocilayout/oci-types";
import type { CallOptions } from "@ocilayout/oci-types";

import type { Draft } from "../index-json/draft.ts";
import { BlobFiles } from "../blobs/blob-files.ts";
import type { StagedBlob } from "../blobs/blob-staging.ts";
import { BlobStaging } from "../blobs/blob-staging.ts";
import type { Disk } from "../disk/disk.ts";
import { FileClock } from "../disk/file-clock.ts";
import type { LayoutPaths } from "../disk/layout-files.ts";
import { layoutPaths } from "../disk/layout-files.ts";
import type { RepositoryChange } from "../index-json/index-changes.ts";
import { LayoutIndex } from "../index-json/layout-index.ts";
import { ManifestGraph } from "../manifests/manifest-graph.ts";
import type { LayoutSettings } from "./options.ts";
import { requireWritable } from "./options.ts";
import { Slots } from "../event-loop/slots.ts";

/** One layout directory and what is known of it: what the facets share. */
export class Layout {
  readonly disk: Disk;
  readonly paths: LayoutPaths;
  readonly settings: LayoutSettings;
  readonly index: LayoutIndex;
  readonly blobs: BlobFiles;
  readonly staging: BlobStaging;
  readonly clock: FileClock;
  readonly graph: ManifestGraph;
  /** For the manifests that are checked and stored at the same time. */
  readonly slots: Slots = new Slots(64);
  /** The other layouts that share the blobs of this one, as the option `sharedWith` says; never written to. */
  readonly others: readonly Layout[] | undefined;
  #closed: Promise<void> | undefined;

  constructor(disk: Disk, directory: string, settings: LayoutSettings) {
    this.disk = disk;
    this.paths = layoutPaths(directory, settings.within, settings.blobDirectory);
    this.settings = settings;
    this.index = new LayoutIndex(disk, this.paths, settings);
    this.blobs = new BlobFiles(disk, this.paths, settings);
    this.clock = new FileClock(disk, this.paths, settings);
    this.staging = new BlobStaging(disk, this.paths, this.blobs, { ...settings, clock: this.clock });
    this.graph = new ManifestGraph(this.blobs, settings.maxManifestBytes);
    this.others = settings.sharedWith?.map(
      (other) => new Layout(disk, other, { ...settings, sharedWith: undefined, within: undefined }),
    );
  }

  /** Begins a call that reads: returns its signal, checked, which is to be used in place of the one in `options`. */
  beginRead(options: CallOptions): AbortSignal | undefined {
    const signal = requireSignal(options);
    if (this.#closed !== undefined) throw wasClosed("this layout");
    signal?.throwIfAborted();
    return signal;
  }

  /** Begins a call that writes, as {@link beginRead} does. */
  beginWrite(options: CallOptions): AbortSignal | undefined {
    const signal = this.beginRead(options);
    requireWritable(this.settings);
    return signal;
  }

  /** Gives a staged blob its name; where something has it, under the lock, so that no collection comes between. */
  async place(staged: StagedBlob, signal: AbortSignal | undefined): Promise<void> {
    const { staging, index } = this;
    await index.ensure(signal);
    if (!staging.isTaken(staged)) {
      await staging.place(staged);
      return;
    }
    const isKept = await index.locked(
      async () => {
        const kept = await staging.keep(staged);
        if (!kept) await staging.place(staged);
        return kept;
      },
      { signal },
    );
    if (isKept) await staging.drop(staged);
  }

  /** A change of `repository` in `draft`. What contains what is to be read before. */
  change(draft: Draft, repository: string): RepositoryChange {
    return {
      draft,
      rules: this.settings,
      repository,
      isContained: (digest) => this.graph.isContained(draft, repository, digest),
    };
  }

  /** Waits for what is being written and closes what is open. Idempotent. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    await this.index.close();
    for (const other of this.others ?? []) await other.close();
  }
}
