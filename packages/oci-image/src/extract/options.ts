import type { Descriptor } from "@ocilayout/oci-types";
import { requireCount, requireFlag, requireSignal, requireString } from "@ocilayout/oci-types/authors";

import type { LayerLimits } from "../layers/limits.ts";
import type { ReadImageOptions } from "../reading/read-image.ts";

/** The progress of an extraction. */
export interface ExtractProgress {
  /** The number of files, directories and links. */
  readonly entries: number;
  /** The number of all of them. */
  readonly totalEntries: number;
  /** The size of the written content, in bytes. */
  readonly bytes: number;
  /** The size of all content, in bytes. */
  readonly totalBytes: number;
}

/** Options of `extractTo`. */
export interface ExtractOptions extends ReadImageOptions {
  /**
   * The file or directory of the image to extract, with everything below it. It gets its own name in the directory: `/etc/ssl`
   * becomes `ssl`. Nothing else is written. Symlinks in the path are not followed. Defaults to the whole image.
   */
  readonly path?: string | undefined;
  /**
   * Whether the directory can have content. Files and links of it are replaced, and its other files stay. Defaults to false: the
   * directory must be empty or missing.
   */
  readonly overwrite?: boolean | undefined;
  /** Whether to set the owners of the image, which needs privileges. Defaults to false: the files belong to this process. */
  readonly owners?: boolean | undefined;
  /** Whether to set setuid and setgid bits, and the sticky bit of files. Defaults to false. */
  readonly setIds?: boolean | undefined;
  /** The maximum size of the extracted files together, in bytes. Defaults to 64 GiB. */
  readonly maxBytes?: number | undefined;
  /** Limits for an image that is not trusted, as in `listFiles`. */
  readonly limits?: LayerLimits | undefined;
  /** Receives progress after each entry. If it throws, the call ends with that error. */
  readonly onProgress?: ((progress: ExtractProgress) => void) | undefined;
}

/** A file that was not extracted completely. */
export interface SkippedFile {
  /** The path in the image. */
  readonly path: string;
  /** The type that cannot be created, or `"xattrs"` if only the extended attributes are missing. */
  readonly reason: "character-device" | "block-device" | "fifo" | "xattrs";
}

/** The result of `extractTo`. */
export interface ExtractReport {
  /** The descriptor of the image. */
  readonly descriptor: Descriptor;
  /** The number of files, directories and links that were created. */
  readonly entries: number;
  /** The size of the written content, in bytes. A hard link has none. */
  readonly bytes: number;
  /** The files that were not extracted completely: Node cannot create devices, FIFOs and extended attributes. */
  readonly skipped: readonly SkippedFile[];
}

/** Options after they were checked. */
export interface CheckedExtractOptions {
  readonly signal: AbortSignal | undefined;
  /** As `ImageFile.path` has it. The root means the whole image. */
  readonly path: string;
  readonly overwrite: boolean;
  readonly owners: boolean;
  readonly setIds: boolean;
  readonly maxBytes: number;
  readonly onProgress: ExtractOptions["onProgress"];
}

/**
 * Checks the options of `extractTo`. The others are checked by `listFiles`.
 *
 * @throws TypeError or RangeError if an option has the wrong type or value.
 */
export function requireExtractOptions(options: ExtractOptions): CheckedExtractOptions {
  const signal = requireSignal(options);
  const { path = "/", overwrite = false, owners = false, setIds = false, onProgress } = options;
  requireString(path, "a path");
  if (onProgress !== undefined && typeof onProgress !== "function")
    throw new TypeError("onProgress must be a function");
  return {
    signal,
    path: `/${path
      .split("/")
      .filter((name) => name !== "")
      .join("/")}`,
    overwrite: requireFlag(overwrite, "overwrite"),
    owners: requireFlag(owners, "owners"),
    setIds: requireFlag(setIds, "setIds"),
    maxBytes: requireCount(options.maxBytes ?? 64 * 1024 ** 3, "maxBytes"),
    onProgress,
  };
}
