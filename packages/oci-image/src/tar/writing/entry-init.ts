import type { BlobSource } from "@ocilayout/oci-types";

import type { TarEntryType } from "../format/types.ts";

/** An entry to write. An entry that `readTar` returned is one, unless its type is `"other"`. */
export interface TarEntryInit {
  /** The path, exactly as it is written. A directory gets a slash at the end if it has none. */
  readonly path: string;
  /** The type. Defaults to `"file"`. */
  readonly type?: Exclude<TarEntryType, "other"> | undefined;
  /**
   * The size of the content, in bytes. Required for a file if `content` is a stream or an iterable. Other types have the
   * size 0.
   */
  readonly size?: number | undefined;
  /** The content of a file. Defaults to no content. */
  readonly content?: BlobSource | undefined;
  /** The permissions, at most 0o7777. Defaults to 0o644, to 0o755 for a directory, and to 0o777 for a symlink. */
  readonly mode?: number | undefined;
  /** The number of the user. Defaults to 0. */
  readonly uid?: number | undefined;
  /** The number of the group. Defaults to 0. */
  readonly gid?: number | undefined;
  /** The name of the user. Defaults to `""`. */
  readonly userName?: string | undefined;
  /** The name of the group. Defaults to `""`. */
  readonly groupName?: string | undefined;
  /** The time of the last change in seconds since 1970. It can have a fraction and be negative. Defaults to 0. */
  readonly mtime?: number | undefined;
  /** The target of a link or symlink. Required for these types. */
  readonly linkName?: string | undefined;
  /** The major number of a device, at most 0o7777777. Defaults to 0. */
  readonly deviceMajor?: number | undefined;
  /** The minor number of a device, at most 0o7777777. Defaults to 0. */
  readonly deviceMinor?: number | undefined;
  /** The extended attributes: a `Map`, or other pairs of a name and a value. */
  readonly xattrs?: Iterable<readonly [name: string, value: Uint8Array]> | undefined;
}
