import type { CallOptions } from "@ocilayout/oci-types";
import { requireCount, requireFlag, requireObject, requireSignal } from "@ocilayout/oci-types/authors";

/** Limits for an archive that is not trusted. Beyond a limit, reading fails with `SIZE_INVALID`. */
export interface TarLimits {
  /** The maximum number of entries and global headers. Defaults to 1,000,000. */
  readonly entries?: number | undefined;
  /** The maximum size of a path or a link target, in bytes. Defaults to 4,096. */
  readonly nameBytes?: number | undefined;
  /** The maximum size of the extended headers of one entry, and of the global records, in bytes. Defaults to 1 MiB. */
  readonly metadataBytes?: number | undefined;
  /** The maximum number of segments of a sparse file. Defaults to 100,000. */
  readonly segments?: number | undefined;
  /** The maximum size of a file with the zeros of a sparse file, in bytes. Defaults to 1 TiB. */
  readonly fileBytes?: number | undefined;
  /** The maximum size of the archive, and of all its files together, in bytes. Defaults to 1 TiB. */
  readonly bytes?: number | undefined;
}

/** Options of `readTar` and `indexTar`. */
export interface ReadTarOptions extends CallOptions {
  /** Limits for an archive that is not trusted. */
  readonly limits?: TarLimits | undefined;
  /**
   * Whether the archive must have an end: two blocks of zeros, and after them only zeros. By default an archive can end after
   * any entry, and bytes after its end are ignored, as in GNU tar. Then an archive that was cut between two entries looks
   * complete.
   */
  readonly requireEnd?: boolean | undefined;
}

/** Limits after they were checked. */
export type CheckedLimits = { readonly [Name in keyof TarLimits]-?: number };

/** Options after they were checked. */
export interface CheckedReadOptions {
  readonly signal: AbortSignal | undefined;
  readonly limits: CheckedLimits;
  readonly requireEnd: boolean;
}

const TIB = 1024 ** 4;

/**
 * Checks the options of `readTar` and `indexTar`.
 *
 * @throws TypeError or RangeError if an option has the wrong type or value.
 */
export function requireReadOptions(options: ReadTarOptions): CheckedReadOptions {
  const signal = requireSignal(options);
  const { limits = {}, requireEnd = false } = options;
  requireObject(limits, "limits");
  return {
    signal,
    limits: {
      entries: requireCount(limits.entries ?? 1_000_000, "limits.entries"),
      nameBytes: requireCount(limits.nameBytes ?? 4096, "limits.nameBytes"),
      metadataBytes: requireCount(limits.metadataBytes ?? 1024 * 1024, "limits.metadataBytes"),
      segments: requireCount(limits.segments ?? 100_000, "limits.segments"),
      fileBytes: requireCount(limits.fileBytes ?? TIB, "limits.fileBytes"),
      bytes: requireCount(limits.bytes ?? TIB, "limits.bytes"),
    },
    requireEnd: requireFlag(requireEnd, "requireEnd"),
  };
}
