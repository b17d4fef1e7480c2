/**
 * What kind of thing is wrong with a layout:
 *
 * - `missing-part`: `oci-layout`, `index.json` or `blobs` is not there, or is something else than it should be.
 * - `layout-file`: `oci-layout` does not say `"imageLayoutVersion": "1.0.0"`.
 * - `index`: `index.json` is no valid image index.
 * - `stray`: there is something in `blobs` that is no blob.
 * - `corrupt-blob`: a blob's bytes do not have the digest that it is called by.
 * - `missing-blob`: something that is referred to is not there.
 * - `wrong-size`: something is referred to with another size than it has.
 * - `manifest`: a manifest is not valid for the media type that it is referred to by.
 * - `duplicate-name`: two entries of `index.json` have the same name.
 * - `redundant-entry`: an untagged manifest has an entry of its own, and an index of its repository contains it.
 * - `link`: a symbolic link leads out of the directory, or nowhere.
 * - `unreadable`: the system does not let it be read.
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

/** One thing that is wrong with a layout. */
export interface LayoutProblem {
  /** What kind of problem it is. */
  readonly kind: LayoutProblemKind;
  /** What it is about, below the layout's directory, with slashes: `blobs/sha256/…`. */
  readonly path: string;
  /** What is wrong, and what should be. */
  readonly message: string;
}

/** Takes note of a problem. */
export type Report = (kind: LayoutProblemKind, path: string, message: string) => void;
