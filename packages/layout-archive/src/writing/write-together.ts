import { writev } from "node:fs";
import { promisify } from "node:util";

import { nodeDisk, type OpenFile } from "@ocilayout/layout-core/authors";

/** Writes blocks with one call of the system, which may write only a part of them. */
type WriteBlocks = (
  file: OpenFile,
  blocks: readonly Uint8Array[],
) => Promise<{ readonly bytesWritten: number }>;

/**
 * Writes blocks at the position of a file, with one call of the system if it takes all of them. A call for a header beside that
 * for its content would take as long as writing 100 KiB.
 *
 * @returns The size of the blocks, in bytes.
 */
export async function writeTogether(
  file: OpenFile,
  blocks: readonly Uint8Array[],
  write: WriteBlocks = promisify(writev),
): Promise<number> {
  let { bytesWritten: written } = await write(file, blocks);
  let end = 0;
  for (const block of blocks) {
    end += block.length;
    if (written >= end) continue;
    await nodeDisk.write(file, block.subarray(block.length - (end - written)));
    written = end;
  }
  return written;
}
