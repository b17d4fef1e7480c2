import type { Backend } from "@ocilayout/oci-backend";

import { storageError } from "../disk/storage-error.ts";
import type { Layout } from "../layout/layout.ts";
import { pushManifest } from "./push-manifest.ts";

/** What writes to a layout at once; upload sessions are `uploadsOf`. */
export function writerOf(layout: Layout): Required<Pick<Backend, "pushBlob" | "mountBlob" | "pushManifest">> {
  return {
    async pushBlob({ digest, size, unverified, signal }) {
      const { index, staging } = layout;
      try {
        // Nothing is written into a layout that is damaged; one that is not there is made once the content is right.
        await index.read();
        const staged = await staging.stage({ digest, size }, unverified, signal);
        await staging.orDrop(staged, () => layout.place(staged, signal));
        return staged.size;
      } catch (error) {
        throw storageError(error, "storing a blob");
      }
    },
    /** Blobs are shared by all repositories: what one has, the other has. */
    async mountBlob({ digest, signal }) {
      const { index, blobs } = layout;
      try {
        await index.read();
        if ((await blobs.size(digest)) === undefined) throw blobs.unknown(digest);
        return await layout.locked(
          async (tx) => {
            const size = await blobs.size(digest);
            // As good as pushed just now, so that no collection takes it for old.
            if (size === undefined || !(await tx.blobs.renew({ digest, size }))) throw blobs.unknown(digest);
            return size;
          },
          { signal },
        );
      } catch (error) {
        throw storageError(error, "mounting a blob");
      }
    },
    pushManifest: (call) => pushManifest(layout, call),
  };
}
