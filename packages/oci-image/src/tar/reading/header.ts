import type { TarEntryType } from "../format/types.ts";

/** A part of a sparse file that the archive has. The rest of the file is zeros. */
export interface SparseSegment {
  /** The offset of the segment in the file, in bytes. */
  readonly offset: number;
  /** The length of the segment, in bytes. */
  readonly length: number;
}

/** The facts about one entry of an archive. */
export interface TarHeader {
  /**
   * The path exactly as the archive has it. It can be absolute, have `..` and end with a slash. A byte that is not UTF-8 is a
   * lone surrogate from U+DC80 to U+DCFF, so that different paths stay different: `encodeTarText` returns the bytes.
   */
  readonly path: string;
  /** The type. A regular file whose path ends with a slash is a directory. */
  readonly type: TarEntryType;
  /** The character in the header that encodes the type, such as `"0"`. */
  readonly typeflag: string;
  /** The size of the content in bytes, with the zeros of a sparse file. 0 for links, directories, devices and FIFOs. */
  readonly size: number;
  /** The permissions with setuid, setgid and the sticky bit: at most 0o7777. */
  readonly mode: number;
  /** The number of the user. */
  readonly uid: number;
  /** The number of the group. */
  readonly gid: number;
  /** The name of the user, or `""`. */
  readonly userName: string;
  /** The name of the group, or `""`. */
  readonly groupName: string;
  /** The time of the last change in seconds since 1970. It can have a fraction and be negative. */
  readonly mtime: number;
  /** The target of a link or symlink, encoded as `path` is; `""` for other types. */
  readonly linkName: string;
  /** The major number of a device; 0 for other types. */
  readonly deviceMajor: number;
  /** The minor number of a device; 0 for other types. */
  readonly deviceMinor: number;
  /** The extended attributes by name. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
  /** The other PAX records that apply, by key: those that no other member contains. */
  readonly pax: ReadonlyMap<string, string>;
  /** The offset of the first header of the entry in the archive, in bytes. */
  readonly offset: number;
  /** The offset of the content in the archive, in bytes. */
  readonly dataOffset: number;
  /** The size of the content in the archive, without padding, in bytes. */
  readonly dataSize: number;
  /** The segments of a sparse file, in order; absent for other files. Their content is at `dataOffset`, without gaps. */
  readonly sparse?: readonly SparseSegment[] | undefined;
}
