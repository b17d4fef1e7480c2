import type { TarEntryInit } from "./entry-init.ts";
import { headerBlocks } from "./header-blocks.ts";
import { requireEntry } from "./require-entry.ts";

/**
 * Returns the blocks before the content of an entry, as `writeTar` writes them. The caller writes the content, and zeros up
 * to a multiple of 512 bytes.
 *
 * @throws As `writeTar` does, if the entry is invalid.
 */
export function tarHeader(entry: Omit<TarEntryInit, "content">): Uint8Array {
  return headerBlocks(requireEntry(entry));
}
