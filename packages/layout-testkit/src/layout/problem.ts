/**
 * The kind of a problem:
 *
 * - `missing-part`: `oci-layout`, `index.json` or `blobs` is missing or has the wrong type.
 * - `layout-file`: `oci-layout` does not have `"imageLayoutVersion": "1.0.0"`.
 * - `index`: `index.json` is not a valid image index.
 * - `stray`: `blobs` contains something that is not a blob.
 * - `corrupt-blob`: the digest of a blob's bytes is not its name.
 * - `missing-blob`: a referenced blob is missing.
 * - `wrong-size`: the size in a descriptor is not the size of the blob.
 * - `manifest`: a manifest is invalid for the media type in its descriptor.
 * - `duplicate-name`: two entries of `index.json` have the same name.
 * - `redundant-entry`: an untagged manifest has an entry of its own, and an index of its repository contains it.
 * - `link`: a symbolic link is broken or leads out of the directory.
 * - `unreadable`: the system refuses to read it.
 */
export type LayoutProblemKind =
  | "missing-part"
  | "layout-file"
  | "index"
  | "stray"
  | "corrupt-blob"
  | "missing-blob"
  | "wrong-size"
  | "manifest"
  | "duplicate-name"
  | "redundant-entry"
  | "link"
  | "unreadable";

/** A problem of a layout. */
export interface LayoutProblem {
  /** The kind of the problem. */
  readonly kind: LayoutProblemKind;
  /** The path below the layout's directory, with slashes: `blobs/sha256/…`. */
  readonly path: string;
  /** A description of the problem and how to fix it. */
  readonly message: string;
}

/** Records a problem. */
export type Report = (kind: LayoutProblemKind, path: string, message: string) => void;
