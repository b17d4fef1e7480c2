import type { BlobSource } from "@ocilayout/oci-types";
import { readBlobSource } from "@ocilayout/oci-types/authors";

import { EntryContent } from "./content.ts";
import { FileInput, type TarFile } from "./file-input.ts";
import type { TarHeader } from "./header.ts";
import { type ReadTarOptions, requireReadOptions } from "./limits.ts";
import { MemberReader } from "./member-reader.ts";
import { pullContent } from "./pull-content.ts";
import { runSteps, runStepsNow } from "./steps.ts";
import { StreamInput } from "./stream-input.ts";

/** An entry of an archive with its content. */
export interface TarEntry extends TarHeader {
  /**
   * The content, with the zeros of a sparse file. It can be read once, and only until the next entry is requested: after that,
   * reading fails with `CLOSED`. Content that is not read is skipped. A source may reuse the memory of its chunks, so copy the
   * chunks that you keep.
   */
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * Reads the entries of a tar archive in the formats V7, ustar, PAX and GNU tar, in order. It reads the archive once and keeps
 * only the current chunk in memory. The archive must not be compressed. After the last entry it reads the rest of the archive, so that
 * a source that verifies its content can do so.
 *
 * @throws TypeError if `archive` or an option is of the wrong type, RangeError if a limit is not a count.
 * @throws `RegistryError` with one of these codes:
 *
 * - `ARCHIVE_INVALID`: the archive is malformed or ends too early, or programs disagree about its meaning. `detail.offset` is
 *   the offset of the block in the archive.
 * - `SIZE_INVALID`: the archive exceeds a limit. `detail.limit` is the limit.
 * @see {@link https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html | POSIX, pax}
 * @see {@link https://www.gnu.org/software/tar/manual/html_node/Tar-Internals.html | GNU tar, internals}
 */
export async function* readTar(
  archive: BlobSource,
  options: ReadTarOptions = {},
): AsyncGenerator<TarEntry, void, undefined> {
  const chunks = readBlobSource(archive, options);
  try {
    const checked = requireReadOptions(options);
    const input = new StreamInput(chunks, checked.limits.bytes);
    const members = new MemberReader(input, checked);
    for (;;) {
      const header = await runSteps(members.next());
      if (header === undefined) break;
      const content = new EntryContent(header.path, pullContent(input, header));
      try {
        yield Object.assign(header, { content });
      } finally {
        await content.pass();
      }
    }
    await input.drain();
  } finally {
    await chunks.return();
  }
}

/**
 * Lists the entries of a tar archive with random access, as {@link readTar} does. It reads only the headers: the content of an
 * entry is at `dataOffset`, and has `dataSize` bytes.
 *
 * @throws As {@link readTar} does. It does not detect damaged content.
 */
export async function* indexTar(
  archive: TarFile,
  options: ReadTarOptions = {},
): AsyncGenerator<TarHeader, void, undefined> {
  const { input, members } = openFile(archive, options);
  for (;;) {
    const header = await runSteps(members.next());
    if (header === undefined) return;
    requireContent(input, header);
    yield header;
  }
}

/**
 * Lists the entries of a tar archive whose `read` returns the bytes at once, as `indexTar` does. It makes no promises, so it is
 * faster.
 *
 * @throws As `indexTar` does; TypeError if `read` returns a promise.
 */
export function* indexTarNow(
  archive: TarFile,
  options: ReadTarOptions = {},
): Generator<TarHeader, void, undefined> {
  const { input, members } = openFile(archive, options);
  for (;;) {
    const header = runStepsNow(members.next());
    if (header === undefined) return;
    requireContent(input, header);
    yield header;
  }
}

function openFile(
  archive: TarFile,
  options: ReadTarOptions,
): { readonly input: FileInput; readonly members: MemberReader } {
  const checked = requireReadOptions(options);
  const { signal, limits } = checked;
  const input = new FileInput(archive, limits.bytes, { signal });
  return { input, members: new MemberReader(input, checked) };
}

/** The content of an entry must be in the archive, although it is not read. */
function requireContent(input: FileInput, { dataOffset, dataSize }: TarHeader): void {
  input.seek(dataOffset + dataSize);
}
