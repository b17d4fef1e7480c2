import { RegistryError } from "@ocilayout/oci-types";
import type { CallOptions } from "@ocilayout/oci-types";

import { throwIfAborted } from "./check-input.ts";
import { BlobFiles } from "./fs/blob-files.ts";
import type { Disk } from "./fs/disk.ts";
import { layoutPaths } from "./fs/layout-files.ts";
import { LayoutIndex } from "./layout-index.ts";
import { ManifestGraph } from "./manifest-graph.ts";
import type { LayoutSettings } from "./options.ts";
import { requireWritable } from "./options.ts";

/** One layout directory and what is known of it: what the facets share. */
export class Layout {
  readonly disk: Disk;
  readonly settings: LayoutSettings;
  readonly index: LayoutIndex;
  readonly blobs: BlobFiles;
  readonly graph: ManifestGraph;
  #closed: Promise<void> | undefined;

  constructor(disk: Disk, directory: string, settings: LayoutSettings) {
    const paths = layoutPaths(directory);
    this.disk = disk;
    this.settings = settings;
    this.index = new LayoutIndex(disk, paths, settings);
    this.blobs = new BlobFiles(disk, paths, settings);
    this.graph = new ManifestGraph(disk, this.blobs, settings.maxManifestBytes);
  }

  /** What every reading call begins with. */
  beginRead(options: CallOptions): void {
    if (this.#closed !== undefined) throw new RegistryError("CLOSED", "this layout was closed");
    throwIfAborted(options);
  }

  /** What every writing call begins with. */
  beginWrite(options: CallOptions): void {
    this.beginRead(options);
    requireWritable(this.settings);
  }

  /** Waits for what is being written and closes what is open. Idempotent. */
  close(): Promise<void> {
    return (this.#closed ??= this.index.close());
  }
}
