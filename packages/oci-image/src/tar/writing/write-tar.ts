import type { CallOptions } from "@ocilayout/oci-types";
import { readBlobSource, requireCount, requireSignal, wrongSize } from "@ocilayout/oci-types/authors";

import { BLOCK, padded } from "../format/block.ts";
import type { TarEntryInit } from "./entry-init.ts";
import { gather } from "./gather.ts";
import { headerBlocks } from "./header-blocks.ts";
import { requireEntry } from "./require-entry.ts";

/** Options of {@link writeTar}. */
export interface WriteTarOptions extends CallOptions {
  /**
   * The archive is padded with zeros to a multiple of this size, in bytes: a multiple of 512. GNU tar pads to 10,240. Defaults
   * to 512.
   */
  readonly recordBytes?: number | undefined;
}

const EMPTY: Uint8Array = new Uint8Array();

/**
 * Writes a tar archive, in the format ustar with PAX headers for the values that do not fit. The same entries always result in
 * the same bytes. An error ends the archive, which is then incomplete.
 *
 * @param entries - The entries, in order. Each is written before the next one is requested, so entries of `readTar` can be
 * passed on.
 * @throws TypeError or RangeError if an entry or an option is of the wrong type, or a number cannot be written.
 * @throws `RegistryError` `NAME_INVALID` if a name is empty, has a zero byte or cannot be encoded; `SIZE_INVALID` if the
 * content has another size than the entry.
 * @see {@link https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html | POSIX, pax}
 */
export async function* writeTar(
  entries: Iterable<TarEntryInit> | AsyncIterable<TarEntryInit>,
  options: WriteTarOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const signal = requireSignal(options);
  const recordBytes = requireCount(options.recordBytes ?? BLOCK, "recordBytes");
  if (recordBytes === 0 || recordBytes % BLOCK > 0)
    throw new RangeError(`recordBytes must be a multiple of ${BLOCK}, not ${recordBytes}`);
  let size = 0;
  for await (const piece of gather(writeEntries(entries, signal))) {
    size += piece.length;
    yield piece;
  }
  const end = Math.ceil((size + 2 * BLOCK) / recordBytes) * recordBytes;
  yield new Uint8Array(end - size);
}

async function* writeEntries(
  entries: Iterable<TarEntryInit> | AsyncIterable<TarEntryInit>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const entry of entries) {
    // The content is opened first, so that it is ended also if the entry is invalid.
    const content = readBlobSource(entry.content ?? EMPTY, { signal });
    try {
      const checked = requireEntry(entry);
      yield headerBlocks(checked);
      let left = checked.size;
      for await (const chunk of content) {
        if (chunk.length > left) throw wrongSize(checked.size);
        left -= chunk.length;
        yield chunk;
      }
      if (left > 0) throw wrongSize(checked.size, checked.size - left);
      yield new Uint8Array(padded(checked.size) - checked.size);
    } finally {
      await content.return();
    }
  }
}
