import type { ListOptions, Registry } from "@ocilayout/oci-types";

import type { Finding, VerifyOptions } from "./maintenance/finding.ts";
import type { GcOptions, GcReport } from "./maintenance/garbage.ts";
import type { ManifestListing } from "./registry/lister.ts";

/**
 * A directory of this machine as a registry: one layout, or a directory of layouts. What takes one takes both; what
 * `verify` finds and what `gc` reports may say more where there is more than one layout.
 */
export interface LayoutStore extends Registry, AsyncDisposable {
  /** The directory, as an absolute path. */
  readonly directory: string;
  /**
   * Every manifest of a repository with its tags, in the order of their digests (`startAfter` is a digest), those that
   * only an index contains too. `NAME_UNKNOWN` where there is no such repository.
   */
  manifests(repo: string, options?: ListOptions): AsyncIterable<ManifestListing>;
  /** Looks through everything for what is damaged, missing or of no use, and hashes every blob. It changes nothing. */
  verify(options?: VerifyOptions): AsyncIterable<Finding>;
  /** Removes the blobs that nothing needs, expired upload sessions and what dead processes left behind. */
  gc(options?: GcOptions): Promise<GcReport>;
  /** Waits for what is being written and frees what is held; every later call is `CLOSED`. Idempotent. */
  close(): Promise<void>;
}
