import { requireCount, requireFlag, requireObject } from "@ocilayout/oci-types/authors";

/** Options of `createMemoryRegistry`. */
export interface MemoryOptions {
  /** Whether each repository has blobs of its own. Default true. */
  readonly repositoryScopedBlobs?: boolean | undefined;
  /** Whether a repository that something was stored in stays when all of it is deleted. Default false. */
  readonly keepsEmptyRepositories?: boolean | undefined;
  /** Whether a manifest may refer to what is not there. Default false. */
  readonly allowSparse?: boolean | undefined;
  /** The largest manifest, in bytes. Default 8 MiB, at least 4 MiB. */
  readonly maxManifestBytes?: number | undefined;
  /** How long an upload session lives without a write, in milliseconds. Default 24 hours. */
  readonly uploadExpiryMs?: number | undefined;
  /** Whether every write is refused, with `DENIED`. Default false. */
  readonly readOnly?: boolean | undefined;
}

/** {@link MemoryOptions}, complete and checked. */
export type MemorySettings = {
  readonly [Name in keyof MemoryOptions]-?: Exclude<MemoryOptions[Name], undefined>;
};

const MIB = 1024 * 1024;

/** Fills in the defaults and refuses what makes no sense. */
export function completeOptions(options: MemoryOptions): MemorySettings {
  requireObject(options, "options");
  const { maxManifestBytes = 8 * MIB, uploadExpiryMs = 86_400_000 } = options;
  if (requireCount(maxManifestBytes, "maxManifestBytes") < 4 * MIB)
    throw new RangeError("maxManifestBytes must be 4 MiB at least");
  return {
    repositoryScopedBlobs: requireFlag(options.repositoryScopedBlobs ?? true, "repositoryScopedBlobs"),
    keepsEmptyRepositories: requireFlag(options.keepsEmptyRepositories ?? false, "keepsEmptyRepositories"),
    allowSparse: requireFlag(options.allowSparse ?? false, "allowSparse"),
    maxManifestBytes,
    uploadExpiryMs: requireCount(uploadExpiryMs, "uploadExpiryMs"),
    readOnly: requireFlag(options.readOnly ?? false, "readOnly"),
  };
}
