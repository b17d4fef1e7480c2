import type { LayoutOptions } from "@ocilayout/layout-core";
import type { CallOptions } from "@ocilayout/oci-types";
import { requireCount, requireObject, requireSignal, requireString } from "@ocilayout/oci-types/authors";

/** Limits for an archive that is not trusted. Beyond a limit, calls fail with `SIZE_INVALID`. */
export interface ArchiveLimits {
  /** The maximum number of members. Defaults to 200,000. */
  readonly members?: number | undefined;
  /** The maximum size of the names of all members together, in bytes. Defaults to 32 MiB. */
  readonly nameBytes?: number | undefined;
  /**
   * The maximum size of `index.json` and of `manifest.json`, in bytes. Defaults to 4 MiB, which is enough for 10,000 images. Reading
   * one takes about six times its size in memory.
   */
  readonly indexBytes?: number | undefined;
  /**
   * The maximum size of a compressed archive, and of each compressed layer of a Docker archive, after it is decompressed, in
   * bytes. Defaults to 100 times the compressed size, and 64 MiB more.
   */
  readonly decompressedBytes?: number | undefined;
}

/** Options of `openArchive`. The signal ends the opening. */
export interface OpenArchiveOptions
  extends
    CallOptions,
    Pick<LayoutOptions, "defaultRepository" | "nameEntry" | "maxManifestBytes" | "verifyOnRead"> {
  /**
   * How to read an archive that is both, such as those of Docker since version 25:
   *
   * - `"oci"`: the layout counts, with its `index.json`. The default if the archive has `index.json` and `oci-layout`.
   * - `"docker"`: the `manifest.json` of Docker counts. The default for other archives.
   */
  readonly format?: "oci" | "docker" | undefined;
  /**
   * The directory of the temporary file of a compressed archive. It needs space for the decompressed archive. Defaults to that
   * of the system.
   */
  readonly temporaryDirectory?: string | undefined;
  /** Limits for an archive that is not trusted. */
  readonly limits?: ArchiveLimits | undefined;
}

/** Options after they were checked. */
export interface CheckedOpenOptions {
  readonly signal: AbortSignal | undefined;
  readonly format: "oci" | "docker" | undefined;
  readonly temporaryDirectory: string | undefined;
  readonly members: number;
  readonly nameBytes: number;
  readonly indexBytes: number;
  readonly maxConfigBytes: number;
  /** Returns the maximum size of decompressed content in bytes, from its compressed size. */
  readonly limitOf: (compressed: number) => number;
}

const MIB = 1024 * 1024;
const FORMATS: readonly string[] = ["oci", "docker"];
const MOST_RATIO = 100;

/**
 * Checks the options of `openArchive`, except those that `openLayout` has, too.
 *
 * @throws TypeError or RangeError if an option has the wrong type or value.
 */
export function requireOpenOptions(options: OpenArchiveOptions): CheckedOpenOptions {
  const signal = requireSignal(options);
  const { format, temporaryDirectory, limits = {}, maxManifestBytes = 8 * MIB } = options;
  if (format !== undefined && !FORMATS.includes(format))
    throw new TypeError(`format must be one of ${FORMATS.join(", ")}`);
  if (temporaryDirectory !== undefined) requireString(temporaryDirectory, "temporaryDirectory");
  requireObject(limits, "limits");
  const { members = 200_000, nameBytes = 32 * MIB, indexBytes = 4 * MIB, decompressedBytes } = limits;
  if (decompressedBytes !== undefined) requireCount(decompressedBytes, "limits.decompressedBytes");
  return {
    signal,
    format,
    temporaryDirectory,
    members: requireCount(members, "limits.members"),
    nameBytes: requireCount(nameBytes, "limits.nameBytes"),
    indexBytes: requireCount(indexBytes, "limits.indexBytes"),
    maxConfigBytes: maxManifestBytes,
    limitOf: (compressed) => decompressedBytes ?? MOST_RATIO * compressed + 64 * MIB,
  };
}
