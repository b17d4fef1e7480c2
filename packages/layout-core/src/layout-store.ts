import type { ListOptions, MountsFrom, Registry } from "@ocilayout/oci-types";

import type { Finding, VerifyOptions } from "./maintenance/finding.ts";
import type { GcOptions, GcReport } from "./maintenance/garbage.ts";
import type { ManifestListing } from "./registry/list-manifests.ts";

/**
 * A directory of this machine as a registry: one layout, or a directory of layouts. A function that takes a
 * `LayoutStore` works with both. For a directory of layouts, `verify` and `gc` report the repository too.
 */
export interface LayoutStore extends Registry, MountsFrom, AsyncDisposable {
  /** The directory, as an absolute path. */
  readonly directory: string;
  /**
   * Lists every manifest of a repository with its tags, in the order of their digests. Manifests that only an index
   * contains are included. `startAfter` is a digest. Fails with `NAME_UNKNOWN` if the repository does not exist.
   */
  manifests(repo: string, options?: ListOptions): AsyncIterable<ManifestListing>;
  /** Checks everything for damaged, missing and unneeded content, and hashes every blob. It changes nothing. */
  verify(options?: VerifyOptions): AsyncIterable<Finding>;
  /** Removes unreferenced blobs, expired upload sessions and debris of dead processes. */
  gc(options?: GcOptions): Promise<GcReport>;
  /** Waits for pending writes and frees all resources. Every later call fails with `CLOSED`. Idempotent. */
  close(): Promise<void>;
}
