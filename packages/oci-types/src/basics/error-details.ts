import type { Digest } from "./digest.ts";

/** One problem of a document. */
export interface Problem {
  /**
   * The place in the document as a JSONPath, such as `$.layers[0].size`. Member names are cut at 80 characters.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc9535}
   */
  readonly path: string;
  /** The problem, as the end of a sentence that begins with the path: `is missing`. */
  readonly reason: string;
}

/** The blobs that a garbage collection removed before it failed. */
export interface RemovedBefore {
  /** The digests of the removed blobs. */
  readonly removed?: readonly Digest[] | undefined;
  /** The size of the removed blobs, in bytes. */
  readonly bytes?: number | undefined;
}

/**
 * The shape of `RegistryError.detail` for each code. Any error can lack its detail. A code with a `Record` has no detail in
 * the packages of this project; other backends may add their own.
 */
export interface ErrorDetails {
  /** The repository does not have the blob. */
  BLOB_UNKNOWN: Readonly<Record<string, unknown>>;
  /** Another writer has the upload session open, or this writer has ended. */
  BLOB_UPLOAD_INVALID: Readonly<Record<string, unknown>>;
  /** The upload session does not exist, has ended, or belongs to another repository. */
  BLOB_UPLOAD_UNKNOWN: Readonly<Record<string, unknown>>;
  /** The digest is invalid or not supported, or the content has another digest. */
  DIGEST_INVALID: {
    /** The digest that the content should have. */
    readonly expected?: string | undefined;
    /** The digest that the content has. */
    readonly received?: string | undefined;
    /** The algorithm that is not supported. */
    readonly algorithm?: string | undefined;
    /** The algorithms that are supported. */
    readonly supported?: readonly string[] | undefined;
    /** The invalid part of a reference. */
    readonly part?: "digest" | undefined;
    /** Why the part is invalid. */
    readonly reason?: string | undefined;
  };
  /** The pushed manifest refers to missing content. */
  MANIFEST_BLOB_UNKNOWN: {
    /** Every digest that the repository does not have, in the order of the manifest. */
    readonly missing: readonly Digest[];
  };
  /** The manifest does not fit its media type, or is too complex to be checked. */
  MANIFEST_INVALID: {
    /** The problems of the manifest, at most 20. */
    readonly problems?: readonly Problem[] | undefined;
    /** The maximum number of values, names or levels that the manifest exceeds. */
    readonly limit?: number | undefined;
  };
  /** The repository does not have the manifest or tag, or the stored file is too large for a manifest. */
  MANIFEST_UNKNOWN: {
    /** The size of the stored file, in bytes. */
    readonly size?: number | undefined;
    /** The maximum size of a manifest, in bytes. */
    readonly limit?: number | undefined;
    /** The platforms that the index has images for, at most 20, if it has none for the wanted platform. */
    readonly platforms?: readonly string[] | undefined;
  };
  /** The name or reference is invalid, or the registry cannot use it. */
  NAME_INVALID: {
    /** The invalid part of a reference. */
    readonly part?: "reference" | "host" | "repository" | "tag" | undefined;
    /** Why it is invalid. */
    readonly reason: string;
  };
  /** The repository does not exist. */
  NAME_UNKNOWN: Readonly<Record<string, unknown>>;
  /** The content has another size than expected, or is larger than allowed. */
  SIZE_INVALID: {
    /** The size that the content should have, in bytes. */
    readonly expected?: number | undefined;
    /** The size of the content, in bytes. Absent if the content was longer and reading stopped. */
    readonly received?: number | undefined;
    /** The maximum size in bytes, or the maximum number of entries of an archive. */
    readonly limit?: number | undefined;
  };
  /** The caller is not authenticated. */
  UNAUTHORIZED: Readonly<Record<string, unknown>>;
  /** The registry refuses the call. */
  DENIED: {
    /**
     * - `READ_ONLY`: the registry was opened for reading only.
     * - `REFERENCED`: manifests refer, or may refer, to the content to delete.
     * - `SHARED_BLOBS`: other layouts may need the blob, and the option `sharedWith` does not name them.
     */
    readonly reason: "READ_ONLY" | "REFERENCED" | "SHARED_BLOBS";
    /** The manifests that refer to the content, sorted. Empty if `deleteBlob` was called with the digest of a manifest. */
    readonly referencedBy?: readonly Digest[] | undefined;
    /** The damaged manifests that may refer to the content, sorted. */
    readonly damaged?: readonly Digest[] | undefined;
  };
  /** The registry does not support the operation, or not for content of this size. */
  UNSUPPORTED: {
    /** The maximum size, in bytes. */
    readonly limit?: number | undefined;
  };
  /** The caller must slow down. */
  TOOMANYREQUESTS: Readonly<Record<string, unknown>>;
  /** The range or the upload offset is outside the content. */
  RANGE_INVALID: {
    /** The size of the blob or of the upload session, in bytes. */
    readonly size: number;
  };
  /** The tag does not fulfil `ifMatch` or `ifNoneMatch`. */
  PRECONDITION_FAILED: {
    /** The tag. */
    readonly tag: string;
    /** The digest that the tag points at; `null` if the tag does not exist. */
    readonly digest: Digest | null;
  };
  /** The image does not have the file. */
  FILE_UNKNOWN: {
    /** The path of the file. */
    readonly path: string;
  };
  /** The archive is malformed. */
  ARCHIVE_INVALID: {
    /** The offset of the malformed block in the archive, in bytes. */
    readonly offset: number;
  };
  /** Stored content does not match its digest or size. */
  CONTENT_CORRUPT: RemovedBefore & {
    /** The size in bytes, or the digest, that the content should have. */
    readonly expected?: number | string | undefined;
    /** The size in bytes, or the digest, that the content has. */
    readonly received?: number | string | undefined;
    /** The size of the stored manifest, in bytes. */
    readonly size?: number | undefined;
    /** The maximum size of a manifest, in bytes. */
    readonly limit?: number | undefined;
  };
  /** The layout is damaged, or of another version. */
  LAYOUT_INVALID: RemovedBefore & {
    /** The value of `imageLayoutVersion` in the layout, of any type; `null` if it is missing. */
    readonly imageLayoutVersion?: unknown;
    /** The damaged manifests, sorted. */
    readonly damaged?: readonly Digest[] | undefined;
    /** The position of the invalid layout in the option `sharedWith`. */
    readonly sharedWith?: number | undefined;
  };
  /** Another writer held the lock for too long. */
  LOCK_TIMEOUT: RemovedBefore & {
    /** The host of that writer. */
    readonly host?: string | undefined;
    /** The process id of that writer on its host. */
    readonly pid?: number | undefined;
  };
  /** The storage failed. */
  STORAGE_FAILED: RemovedBefore & {
    /** The code of the system's error, such as `ENOSPC`. */
    readonly systemCode?: string | undefined;
    /**
     * - `true`: the change was made, but may not survive a power failure.
     * - `"unknown"`: the change was made, but another writer may have undone it.
     */
    readonly committed?: true | "unknown" | undefined;
  };
  /** A remote registry cannot be reached, fails, or breaks the protocol. */
  REMOTE_FAILED: {
    /** The status of its response, if there was one. */
    readonly status?: number | undefined;
    /** The code of the system's error, such as `ECONNREFUSED`. */
    readonly systemCode?: string | undefined;
  };
  /** The registry or the reader was closed. */
  CLOSED: Readonly<Record<string, unknown>>;
}
