import type { BlobSource } from "@ocilayout/oci-types";

import type { TarEntryInit } from "../tar/writing/entry-init.ts";

/** The content of a file, or a function that opens it. The function is called when the file is written. */
export type LayerContent = BlobSource | (() => BlobSource | Promise<BlobSource>);

/** A file, directory, link or device of a new layer. */
export interface LayerFile extends Omit<TarEntryInit, "path" | "content"> {
  /**
   * The path in the image. A slash or `./` at its beginning is removed, and `.` is the root. A path that ends with a slash is
   * a directory, unless `type` is given. `..` is not allowed, and no name can begin with `.wh.`.
   */
  readonly path: string;
  /** The content of a file. Defaults to no content. `size` is required if it is a stream or an iterable. */
  readonly content?: LayerContent | undefined;
}

/** Files, in any order. */
export type LayerFiles = Iterable<LayerFile> | AsyncIterable<LayerFile>;
