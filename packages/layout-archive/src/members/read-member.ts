import type { ContentReading } from "@ocilayout/layout-core/authors";
import type { OpenContent } from "@ocilayout/oci-backend";
import { excerpt } from "@ocilayout/oci-types/authors";

import { beyondLimit, invalidArchive } from "../file/errors.ts";
import type { ArchiveFile } from "../file/archive-file.ts";
import type { Member, Members } from "./members.ts";

/**
 * Reads a document of an archive whole.
 *
 * @param limit - Its maximum size, in bytes.
 * @throws `RegistryError` `ARCHIVE_INVALID` if the archive does not have it, or has several; `SIZE_INVALID` if it is larger
 * than `limit`.
 */
export function readMember(file: ArchiveFile, members: Members, path: string, limit: number): Uint8Array {
  const member = members.find(path, "unique");
  if (member === undefined) throw invalidArchive(`it has no member ${excerpt(path)}`);
  if (member.size > limit) throw beyondLimit(`the size of ${excerpt(path)}`, limit);
  const bytes = file.readNow(member.offset, member.size);
  file.requireUnchanged();
  return bytes;
}

/** Opens a member for reading. */
export function openMember(
  file: ArchiveFile,
  { offset, size }: Member,
  reading: ContentReading,
): OpenContent {
  const hold = file.hold();
  return {
    size,
    chunks: reading.chunks,
    read: (start, end) => hold.read({ start: offset + start, end: offset + end }, reading),
    close: () => hold.close(),
  };
}

/** Parses JSON of an archive. @throws `RegistryError` `ARCHIVE_INVALID` if it is malformed. */
export function parseJson(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    throw invalidArchive(`its member ${excerpt(path)} is not JSON in UTF-8`, cause);
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });
