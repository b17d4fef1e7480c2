import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { nodeDisk, storageError, type OpenFile } from "@ocilayout/layout-core/authors";
import { decompress, detectCompression, MAGIC_BYTES } from "@ocilayout/oci-image/authors";

import { BlockWriter } from "./block-writer.ts";
import { beyondLimit } from "./errors.ts";
import { ArchiveFile } from "./archive-file.ts";

/** How a compressed archive is decompressed. */
export interface DecompressOptions {
  /** The directory of the temporary file. */
  readonly directory: string | undefined;
  /** Returns the maximum size of the decompressed archive in bytes, from that of the compressed one. */
  readonly limitOf: (compressed: number) => number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Returns an archive without its outer compression, gzip or zstd. A compressed archive is decompressed to a temporary file,
 * once. Other users cannot read that file, and it is removed before it is read, or if the system cannot, when the archive is
 * closed.
 *
 * @param archive - Closed if another file is returned, or if it fails.
 * @throws `RegistryError` `SIZE_INVALID` beyond the limit; `ARCHIVE_INVALID` if the compressed content is malformed.
 */
export async function decompressFile(archive: ArchiveFile, options: DecompressOptions): Promise<ArchiveFile> {
  const start = archive.readNow(0, Math.min(MAGIC_BYTES, archive.size));
  const compression = detectCompression(start);
  if (compression === "none") return archive;
  const chunks = archive.read({ start: 0, end: archive.size }, { chunks: "reused" });
  const temporary = createTemporary(options.directory ?? tmpdir());
  try {
    await write(temporary.file, decompress(chunks, compression), options, options.limitOf(archive.size));
    return new ArchiveFile(temporary.file, temporary.remove);
  } catch (error) {
    fs.closeSync(temporary.file);
    temporary.remove();
    throw storageError(error, "decompress the archive to a temporary file");
  } finally {
    await chunks.return?.();
    await archive.close();
  }
}

async function write(
  file: OpenFile,
  content: AsyncIterable<Uint8Array>,
  { signal }: DecompressOptions,
  limit: number,
): Promise<void> {
  const output = { keepsBlocks: false, write: (block: Uint8Array) => nodeDisk.write(file, block) };
  const writer = new BlockWriter(output);
  let size = 0;
  try {
    for await (const chunk of content) {
      signal?.throwIfAborted();
      size += chunk.length;
      if (size > limit) throw beyondLimit("its decompressed size", limit);
      await writer.add(chunk);
    }
    await writer.end();
  } finally {
    // The file must not be closed during a write.
    await writer.settle();
  }
}

/** Creates a file that only this user can read. */
function createTemporary(directory: string): { readonly file: OpenFile; readonly remove: () => void } {
  const path = join(directory, `ocilayout-${randomUUID()}.tar`);
  const remove = (): void => {
    fs.rmSync(path, { force: true });
  };
  try {
    const file = fs.openSync(path, "wx+", 0o600);
    // Windows does not remove an open file.
    if (process.platform === "win32") return { file, remove };
    remove();
    return { file, remove: () => undefined };
  } catch (error) {
    throw storageError(error, "create a temporary file");
  }
}
