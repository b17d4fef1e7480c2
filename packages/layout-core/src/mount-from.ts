import { beginCall } from "@ocilayout/oci-backend";
import type { CheckedDigest, Descriptor, MountsFrom } from "@ocilayout/oci-types";
import { mountFrom, octetStream } from "@ocilayout/oci-types";
import { requireCount, requireDigest, requireObject } from "@ocilayout/oci-types/authors";
import { requireRepository } from "@ocilayout/ociref";

import { storageError } from "./disk/storage-error.ts";
import type { Layout } from "./layout/layout.ts";
import { withLayoutOf } from "./layout/open-layouts.ts";

/** A blob of one layout that is to be added to another. */
export interface MountCall {
  readonly from: Layout;
  readonly to: Layout;
  readonly digest: CheckedDigest;
  /** In bytes. `undefined` stands for the size of the source's file. */
  readonly size: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Implements mounts from other registries on a layout. */
export function mounterOf(to: Layout): MountsFrom {
  return {
    async [mountFrom](source, fromRepo, toRepo, blob, options = {}) {
      const signal = beginCall(to, "write", options);
      requireObject(source, "a registry");
      const repository = requireRepository(fromRepo);
      requireRepository(toRepo);
      requireObject(blob, "a descriptor");
      const { digest } = requireDigest(blob.digest);
      const size = requireCount(blob.size, "size");
      return withLayoutOf(source, repository, (from) => {
        from.begin("read");
        return mountFile({ from, to, digest, size, signal }, "link");
      });
    },
  };
}

/**
 * Adds a blob of one layout to another by a link to its file or, if it cannot be linked and `how` is `"copy"`, by a
 * copy. If the target has the blob already, it is renewed.
 *
 * @returns `undefined` if the blob was not added, because the source does not have it in that size, or because it cannot
 * be linked.
 */
export async function mountFile(
  { from, to, digest, size, signal }: MountCall,
  how: "link" | "copy",
): Promise<Descriptor | undefined> {
  try {
    // Changes neither layout if one is damaged, or if a link leads to it.
    for (const { index } of [from, to]) await index.read();
    const stored = await from.blobs.size(digest);
    const wanted = size ?? stored;
    if (wanted === undefined) return undefined;
    const descriptor = { mediaType: octetStream, digest, size: wanted };
    if (
      (await to.blobs.size(digest)) === wanted &&
      (await to.locked((tx) => tx.blobs.renew(descriptor), { signal }))
    ) {
      return descriptor;
    }
    const path = stored === wanted ? await from.blobs.realPath(digest) : undefined;
    const staged = path === undefined ? undefined : await to.staging.stageFile(path, descriptor, how);
    if (staged === undefined) return undefined;
    await to.staging.orDrop(staged, async () => {
      signal?.throwIfAborted();
      await to.place(staged, signal);
    });
    return descriptor;
  } catch (error) {
    throw storageError(error, "link or copy the blob");
  }
}
