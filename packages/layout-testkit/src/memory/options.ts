import { requireCount, requireFlag, requireObject } from "@ocilayout/oci-types/authors";

/** Options of `createMemoryRegistry`. */
export interface MemoryOptions {
  /** Whether blobs belong to one repository. Defaults to true. */
  readonly repositoryScopedBlobs?: boolean | undefined;
  /** Whether a repository continues to exist after its content is deleted. Defaults to false. */
  readonly keepsEmptyRepositories?: boolean | undefined;
  /** Whether a manifest may reference missing content. Defaults to false. */
  readonly allowSparse?: boolean | undefined;
  /** The largest manifest, in bytes. Defaults to 8 MiB; the minimum is 4 MiB. */
  readonly maxManifestBytes?: number | undefined;
  /** How long an upload session exists without a write, in milliseconds. Defaults to 24 hours. */
  readonly uploadExpiryMs?: number | undefined;
  /** Whether every write fails with `DENIED`. Defaults to false. */
  readonly readOnly?: boolean | undefined;
}

/** {@link MemoryOptions} with all defaults, validated. */
export type MemorySettings = {
  readonly [Name in keyof MemoryOptions]-?: Exclude<MemoryOptions[Name], undefined>;
};

const MIB = 1024 * 1024;

/** Fills in the defaults and validates the options. */
export function completeOptions(options: MemoryOptions): MemorySettings {
  requireObject(options, "options");
  const { maxManifestBytes = 8 * MIB, uploadExpiryMs = 86_400_000 } = options;
  if (requireCount(maxManifestBytes, "maxManifestBytes") < 4 * MIB)
    throw new RangeError("maxManifestBytes must be at least 4 MiB");
  return {
    repositoryScopedBlobs: requireFlag(options.repositoryScopedBlobs ?? true, "repositoryScopedBlobs"),
    keepsEmptyRepositories: requireFlag(options.keepsEmptyRepositories ?? false, "keepsEmptyRepositories"),
    allowSparse: requireFlag(options.allowSparse ?? false, "allowSparse"),
    maxManifestBytes,
    uploadExpiryMs: requireCount(uploadExpiryMs, "uploadExpiryMs"),
    readOnly: requireFlag(options.readOnly ?? false, "readOnly"),
  };
}
