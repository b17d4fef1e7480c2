import type { StoredLayout } from "@ocilayout/layout-core/authors";
import type { CheckedDigest } from "@ocilayout/oci-types";
import { layoutNames } from "@ocilayout/oci-types";

import type { ArchiveFile } from "../file/archive-file.ts";
import type { Member, Members } from "../members/members.ts";
import { openMember, readMember } from "../members/read-member.ts";

/** The maximum size of `oci-layout`, in bytes. */
const MOST_HEADER_BYTES = 64 * 1024;

/**
 * Returns the layout in an OCI archive.
 *
 * @param indexBytes - The maximum size of `index.json`, in bytes.
 */
export function ociLayout(file: ArchiveFile, members: Members, indexBytes: number): StoredLayout {
  const find = (digest: CheckedDigest): Member | undefined =>
    members.find(`${layoutNames.blobs}/${digest.replace(":", "/")}`, "verified");
  return {
    async readParts() {
      return {
        header: readMember(file, members, layoutNames.header, MOST_HEADER_BYTES),
        index: readMember(file, members, layoutNames.index, indexBytes),
      };
    },
    async open(digest, reading) {
      const member = find(digest);
      if (member === undefined) return undefined;
      return openMember(file, member, reading);
    },
    size: async (digest) => find(digest)?.size,
  };
}
