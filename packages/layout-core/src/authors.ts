export { closeQuietly, createFile, removeQuietly, temporaryBeside } from "./disk/atomic-file.ts";
export { afterCommit } from "./disk/committed.ts";
export { closeWithOwner, nodeDisk, type Disk, type HeldFile, type OpenFile } from "./disk/disk.ts";
export { stampOf } from "./disk/layout-files.ts";
export { storageError } from "./disk/storage-error.ts";
export { syncDirectory } from "./disk/sync-directory.ts";
export { EarlySync } from "./blobs/early-sync.ts";
export { readFileChunks } from "./blobs/file-chunks.ts";
export type { ContentReading } from "./registry/layout-view.ts";
export {
  readStoredLayout,
  type LayoutReader,
  type ReadLayoutOptions,
  type StoredLayout,
} from "./registry/stored-layout.ts";
