import { isPauseDue, pause } from "@ocilayout/oci-backend";
import { indexTar } from "@ocilayout/oci-image/tar";

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

/** The size of the largest read that is common, in bytes. */
const BUFFER_BYTES = 256 * 1024;

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
  // New memory for each header would take longer than reading it.
  const buffer = new Uint8Array(BUFFER_BYTES);
  const archive = {
    size: file.size,
    read: (offset: number, length: number) => file.readNow(offset, length, buffer),
  };
  for await (const header of indexTar(archive, { signal, limits: { entries } })) {
    members.add(header);
    if (isPauseDue()) await pause();
  }
  file.requireUnchanged();
  return members;
}
