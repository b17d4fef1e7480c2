import type { TarEntryType } from "../../tar/format/types.ts";

/** A file, a directory, a link or a device of an image. */
export interface ImageFile {
  /**
   * The absolute path. A byte that is not UTF-8 is a lone surrogate from U+DC80 to U+DCFF: `encodeTarText` of
   * `@ocilayout/oci-image/tar` returns the bytes.
   */
  readonly path: string;
  /** The type. A hard link has the type and all other facts of its target. */
  readonly type: Exclude<TarEntryType, "link" | "other">;
  /** The size of the content, in bytes. 0 for all types but `"file"`. */
  readonly size: number;
  /** The permissions with setuid, setgid and the sticky bit: at most 0o7777. */
  readonly mode: number;
  /** The number of the user. */
  readonly uid: number;
  /** The number of the group. */
  readonly gid: number;
  /** The time of the last change in seconds since 1970. It can have a fraction and be negative. */
  readonly mtime: number;
  /** The target of a symlink, encoded as `path` is. Absent for other types. */
  readonly linkName?: string | undefined;
  /** The major and the minor number of a device. Absent for other types. */
  readonly device?: { readonly major: number; readonly minor: number } | undefined;
  /** The extended attributes by name. Absent if it has no attributes. */
  readonly xattrs?: ReadonlyMap<string, Uint8Array> | undefined;
  /** The digest of the layer that has the content. */
  readonly layer: string;
  /**
   * The offset of the entry in the decompressed layer, in bytes. Files with the same layer and offset are hard links of each
   * other. Absent for a directory that is implied by a path below it.
   */
  readonly offset?: number | undefined;
}
