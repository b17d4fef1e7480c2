import { excerpt } from "@ocilayout/oci-types/authors";

import { beyondLimit, invalidArchive } from "../file/errors.ts";
import { memberPath, symlinkTarget } from "./member-path.ts";

/** The place of the content of a file in the archive. */
export interface Member {
  /** In bytes. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
}

/** A member of the archive that is not a directory. */
type Entry =
  | (Member & { readonly type: "file"; readonly isSparse: boolean; isRepeated: boolean })
  | { readonly type: "link" | "symlink"; readonly target: string; isRepeated: boolean };

/** The facts that {@link Members.add} needs about a member. */
export interface MemberHeader {
  readonly path: string;
  readonly type: string;
  readonly linkName: string;
  readonly dataOffset: number;
  readonly dataSize: number;
  readonly sparse?: unknown;
}

/** The maximum number of links from one member to the next. */
const MOST_LINKS = 8;

/** The files of an archive by their paths. */
export class Members {
  readonly #entries: Map<string, Entry> = new Map();
  readonly #mostNameBytes: number;
  #nameBytes = 0;

  /** @param mostNameBytes - The maximum size of all names together, in bytes. */
  constructor(mostNameBytes: number) {
    this.#mostNameBytes = mostNameBytes;
  }

  /**
   * Adds a member. Directories, devices and members outside of the archive are left out. Of members with the same path the
   * first counts.
   *
   * @throws `RegistryError` `SIZE_INVALID` if the names are too large.
   */
  add({ path: stated, type, linkName, dataOffset, dataSize, sparse }: MemberHeader): void {
    const path = memberPath(stated);
    if (path === undefined || path === "") return;
    if (type !== "file" && type !== "link" && type !== "symlink") return;
    const known = this.#entries.get(path);
    if (known !== undefined) {
      known.isRepeated = true;
      return;
    }
    this.#nameBytes += path.length + linkName.length;
    if (this.#nameBytes > this.#mostNameBytes)
      throw beyondLimit("the size of all names together", this.#mostNameBytes);
    const entry: Entry =
      type === "file"
        ? { type, offset: dataOffset, size: dataSize, isSparse: sparse !== undefined, isRepeated: false }
        : { type, target: linkName, isRepeated: false };
    this.#entries.set(path, entry);
  }

  /** Whether the archive has a member with this path. */
  has(path: string): boolean {
    return this.#entries.has(path);
  }

  /** Returns the paths of all members, in the order of the archive. */
  paths(): Iterable<string> {
    return this.#entries.keys();
  }

  /**
   * Finds a file, also behind links to other members.
   *
   * @param content - `"verified"`: the caller verifies the content by its digest, so it may choose any of several members
   * with this path. `"unique"`: only one member may have the path.
   * @returns `undefined` if the archive does not have the file.
   * @throws `RegistryError` `ARCHIVE_INVALID` if several members have the path, a link leads out of the archive or in a
   * circle, or the file is sparse.
   */
  find(path: string, content: "verified" | "unique"): Member | undefined {
    let at: string | undefined = memberPath(path);
    for (let links = 0; links <= MOST_LINKS; links += 1) {
      const entry: Entry | undefined = at === undefined ? undefined : this.#entries.get(at);
      if (at === undefined || entry === undefined) {
        if (links === 0) return undefined;
        throw invalidArchive(`${excerpt(path)} is a link to a member that the archive does not have`);
      }
      if (entry.isRepeated && content === "unique")
        throw invalidArchive(`it has several members ${excerpt(at)}, and programs choose different ones`);
      if (entry.type === "file") {
        if (entry.isSparse) throw invalidArchive(`its member ${excerpt(at)} is a sparse file`);
        return entry;
      }
      at = entry.type === "link" ? memberPath(entry.target) : symlinkTarget(at, entry.target);
    }
    throw invalidArchive(`${excerpt(path)} is behind more than ${MOST_LINKS} links`);
  }
}
