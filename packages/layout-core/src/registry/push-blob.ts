import type { PushBlobCall } from "@ocilayout/oci-backend";
import type { BlobChunks } from "@ocilayout/oci-types/authors";
import { readBlobSource } from "@ocilayout/oci-types/authors";

import type { OpenBlob } from "../blobs/blob-files.ts";
import { requireMatch } from "../blobs/blob-staging.ts";
import { chunksOf, compareWithStored } from "../blobs/compare-stored.ts";
import { closeQuietly } from "../disk/atomic-file.ts";
import { isFileFault } from "../disk/disk.ts";
import { storageError } from "../disk/storage-error.ts";
import type { Layout } from "../layout/layout.ts";

/** Stores a blob, and returns its size. Content that is stored already is compared with its file, and not written. */
export async function pushBlob(layout: Layout, call: PushBlobCall): Promise<number> {
  const { index, blobs, disk } = layout;
  try {
    // A damaged layout is not written to. A missing one is created once the content is verified.
    await index.read();
    const stamp = blobs.stamp(call.digest);
    const blob = stamp === undefined ? undefined : await openStored(layout, call);
    if (stamp === undefined || blob === undefined) return await store(layout, call, call.unverified);
    try {
      const found = await compareWithStored(disk, blob, call.digest, call.unverified);
      if ("rest" in found) return await store(layout, call, found.rest);
      requireMatch(call, call.digest, blob.size, found.received);
      call.signal?.throwIfAborted();
      if (await renew(layout, call, blob, stamp)) return blob.size;
      // The file was changed, replaced or removed meanwhile. Its content is still open.
      return await store(layout, call, readBlobSource(chunksOf(disk, blob, blob.size)));
    } finally {
      await closeQuietly(disk, blob.file);
    }
  } catch (error) {
    throw storageError(error, "store the blob");
  }
}

/** Opens the stored file of a blob, if it may be the pushed content. */
async function openStored(
  { blobs, disk }: Layout,
  { digest, size }: PushBlobCall,
): Promise<OpenBlob | undefined> {
  try {
    const blob = await blobs.open(digest);
    if (blob === undefined || size === undefined || blob.size === size) return blob;
    await closeQuietly(disk, blob.file);
    return undefined;
  } catch (error) {
    // A file that cannot be read is replaced.
    if (isFileFault(error)) return undefined;
    throw error;
  }
}

/**
 * Renews the file of a blob under the lock. If it changed since `stamp`, it is verified first: another push may have renewed it.
 * Returns whether it was intact.
 */
async function renew(
  layout: Layout,
  { digest, signal }: PushBlobCall,
  blob: OpenBlob,
  stamp: string,
): Promise<boolean> {
  await layout.index.ensure(signal);
  return layout.locked(
    async ({ blobs }) =>
      (await blobs.renewUnchanged(digest, blob, stamp)) || (await blobs.keep({ digest, size: blob.size })),
    { signal },
  );
}

async function store(
  layout: Layout,
  { digest, size, signal }: PushBlobCall,
  content: BlobChunks,
): Promise<number> {
  const { staging } = layout;
  const staged = await staging.stage({ digest, size }, content, signal);
  await staging.orDrop(staged, () => layout.place(staged, signal));
  return staged.size;
}
