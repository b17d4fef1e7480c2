import type { Backend } from "@ocilayout/oci-backend";

import { storageError } from "../disk/storage-error.ts";
import type { Layout } from "../layout/layout.ts";
import { pushBlob } from "./push-blob.ts";
import { pushManifest } from "./push-manifest.ts";

/** Implements the writes of a backend on a layout, except upload sessions: see `LayoutUploads`. */
export function writerOf(layout: Layout): Required<Pick<Backend, "pushBlob" | "mountBlob" | "pushManifest">> {
  return {
    pushBlob: (call) => pushBlob(layout, call),
    /** All repositories of a layout share its blobs, so a mount needs no source. */
    async mountBlob({ digest, signal }) {
      const { index, blobs } = layout;
      try {
        await index.read();
        if ((await blobs.size(digest)) === undefined) throw blobs.unknown(digest);
        return await layout.locked(
          async (tx) => {
            const size = await blobs.size(digest);
            // The blob counts as written now, so that no garbage collection removes it as old.
            if (size === undefined || !(await tx.blobs.renew({ digest, size }))) throw blobs.unknown(digest);
            return size;
          },
          { signal },
        );
      } catch (error) {
        throw storageError(error, "mount the blob");
      }
    },
    pushManifest: (call) => pushManifest(layout, call),
  };
}
