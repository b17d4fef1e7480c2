import { isPauseDue, pause } from "@ocilayout/oci-backend";
import { indexTarNow } from "@ocilayout/oci-image/authors";

import type { ArchiveFile } from "../file/archive-file.ts";
import { Members } from "./members.ts";

/** Limits for the members of an archive that is not trusted. */
export interface MemberLimits {
  /** The maximum number of members. */
  readonly members: number;
  /** The maximum size of all names together, in bytes. */
  readonly nameBytes: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Lists the members of an archive from their headers. It does not read their content, and lets other tasks run in between.
 *
 * @throws `RegistryError` `ARCHIVE_INVALID` if the archive is malformed or ends too early, `SIZE_INVALID` beyond a limit.
 */
export async function listMembers(
  file: ArchiveFile,
  { members: entries, nameBytes, signal }: MemberLimits,
): Promise<Members> {
  const members = new Members(nameBytes);
  // Reads of the same length follow each other. New memory for each would take longer than the read.
  let memory = new Uint8Array();
  const archive = {
    size: file.size,
    read(offset: number, length: number) {
      if (memory.length !== length) memory = new Uint8Array(length);
      return file.readNow(offset, length, memory);
    },
  };
  for (const header of indexTarNow(archive, { signal, limits: { entries } })) {
    members.add(header);
    if (isPauseDue()) await pause();
  }
  file.requireUnchanged();
  return members;
}
