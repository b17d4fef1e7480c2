import type { StoredContent } from "@ocilayout/oci-backend";
import type { CheckedDigest, RegistryError } from "@ocilayout/oci-types";

import type { EntryTable } from "../index-json/entry-table.ts";
import type { ManifestGraph } from "../manifests/manifest-graph.ts";

/** How the content of a blob is read: see `ReadOptions`. */
export interface ContentReading {
  /** Whether a chunk is valid only until the next one is requested. */
  readonly chunks: "owned" | "reused";
  /** The largest size of a chunk, in bytes. */
  readonly chunkSize?: number | undefined;
}

/** The blobs that reads of a layout need. */
export interface BlobView {
  /** Opens a blob. Returns `undefined` if it is missing. */
  open(digest: CheckedDigest, reading: ContentReading): Promise<StoredContent | undefined>;
  /** Returns the size of a blob in bytes; `undefined` if it is missing. */
  size(digest: CheckedDigest): Promise<number | undefined>;
  /** Returns the error for a missing blob. */
  unknown(digest: CheckedDigest): RegistryError;
}

/** The parts of a layout that reads and lists need. A directory of this machine has them, and so has an archive. */
export interface LayoutView {
  readonly index: { read(): EntryTable | Promise<EntryTable> };
  readonly graph: ManifestGraph;
  readonly blobs: BlobView;
  /** The size of the largest manifest, in bytes. */
  readonly maxManifestBytes: number;
}
