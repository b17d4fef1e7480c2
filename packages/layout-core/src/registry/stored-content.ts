import type { OpenContent } from "@ocilayout/oci-backend";
import { markUnshared } from "@ocilayout/oci-types/authors";

import type { OpenBlob } from "../blobs/blob-files.ts";
import { readFileChunks } from "../blobs/file-chunks.ts";
import { closeQuietly } from "../disk/atomic-file.ts";
import type { HeldFile } from "../disk/disk.ts";
import { closeWithOwner } from "../disk/disk.ts";
import { storageError } from "../disk/storage-error.ts";
import type { Layout } from "../layout/layout.ts";
import type { ContentReading, LayoutView } from "./layout-view.ts";

/** Returns what reads and lists of a layout in a directory need. */
export function viewOf({ index, graph, blobs, smallBlobs, disk, settings }: Layout): LayoutView {
  return {
    index,
    graph,
    maxManifestBytes: settings.maxManifestBytes,
    blobs: {
      async open(digest, reading) {
        try {
          const small = await smallBlobs.read(digest);
          if (small !== undefined) return small;
          const blob = await blobs.open(digest);
          return blob === undefined ? undefined : contentOf(disk, blob, reading);
        } catch (error) {
          throw storageError(error, "open the blob");
        }
      },
      async size(digest) {
        try {
          return await blobs.size(digest);
        } catch (error) {
          throw storageError(error, "look up the blob");
        }
      },
      unknown: (digest) => blobs.unknown(digest),
    },
  };
}

function contentOf(disk: Layout["disk"], blob: OpenBlob, { chunks, chunkSize }: ContentReading): OpenContent {
  const held: HeldFile = { file: blob.file };
  const content: OpenContent = {
    size: blob.size,
    chunks,
    read(start, end) {
      // From here on the chunks own the file, because they may outlive this object.
      const taken = take(held);
      const iterator = readFileChunks(disk, taken, { start, end }, { chunks, chunkSize });
      closeWithOwner(iterator, taken);
      return iterator;
    },
    async close() {
      const { file } = take(held);
      if (file !== undefined) await closeQuietly(disk, file);
    },
  };
  closeWithOwner(content, held);
  return markUnshared(content);
}

/** Moves the file to a new owner. */
function take(held: HeldFile): HeldFile {
  const { file } = held;
  held.file = undefined;
  return { file };
}
