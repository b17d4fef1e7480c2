import type { Digest } from "./digest.ts";

/** One thing that is wrong with a document. */
export interface Problem {
  /**
   * Where, as a JSONPath: `$.layers[0].size`. A member's name of more than 80 characters is cut.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc9535}
   */
  readonly path: string;
  /** Why, as the end of a sentence that begins with the path. */
  readonly reason: string;
}

/** What a garbage collection removed before it failed. */
export interface RemovedBefore {
  /** The digests of the removed blobs. */
  readonly removed?: readonly Digest[] | undefined;
  /** The size of the removed blobs, in bytes. */
  readonly bytes?: number | undefined;
}

/**
 * The facts in `RegistryError.detail`, by code. A member that is not always known is optional, and a detail as a whole can
 * be absent from any error. The packages of this project add no facts to a code with a `Record`; another backend may add
 * its own.
 */
export interface ErrorDetails {
  /** A missing blob. */
  BLOB_UNKNOWN: Readonly<Record<string, unknown>>;
  /** An upload that cannot be continued now, or by this writer. */
  BLOB_UPLOAD_INVALID: Readonly<Record<string, unknown>>;
  /** An upload that never existed, is over, or belongs to another repository. */
  BLOB_UPLOAD_UNKNOWN: Readonly<Record<string, unknown>>;
  /** An invalid digest, or content that has another. */
  DIGEST_INVALID: {
    /** The digest that the content should have. */
    readonly expected?: string | undefined;
    /** The digest that the content has. */
    readonly received?: string | undefined;
    /** The algorithm of a digest that cannot be computed here. */
    readonly algorithm?: string | undefined;
    /** The algorithms that can. */
    readonly supported?: readonly string[] | undefined;
    /** The invalid part of a reference. */
    readonly part?: "digest" | undefined;
    /** Why that part is invalid. */
    readonly reason?: string | undefined;
  };
  /** A pushed manifest that refers to missing content. */
  MANIFEST_BLOB_UNKNOWN: {
    /** Every digest that the repository does not have, in the order of the manifest. */
    readonly missing: readonly Digest[];
  };
  /** A manifest that is not what its media type says, or that is too complex to be checked. */
  MANIFEST_INVALID: {
    /** What is wrong with it; at most 20 problems. */
    readonly problems?: readonly Problem[] | undefined;
    /** How many values, names or levels it may have. */
    readonly limit?: number | undefined;
  };
  /** A manifest that is absent, or larger than a manifest may be. */
  MANIFEST_UNKNOWN: {
    /** The size of the stored file, in bytes. */
    readonly size?: number | undefined;
    /** The largest size that a manifest may have, in bytes. */
    readonly limit?: number | undefined;
  };
  /** An invalid reference, or a name that cannot be used here. */
  NAME_INVALID: {
    /** The invalid part of a reference. */
    readonly part?: "reference" | "host" | "repository" | "tag" | undefined;
    /** Why it is invalid. */
    readonly reason: string;
  };
  /** A missing repository. */
  NAME_UNKNOWN: Readonly<Record<string, unknown>>;
  /** Content of another size than expected, or larger than allowed. */
  SIZE_INVALID: {
    /** The size that the content should have, in bytes. */
    readonly expected?: number | undefined;
    /** The size that it has, in bytes; absent if reading stopped because there was more. */
    readonly received?: number | undefined;
    /** The largest size that it may have, in bytes. */
    readonly limit?: number | undefined;
  };
  /** A call without the credentials that it needs. */
  UNAUTHORIZED: Readonly<Record<string, unknown>>;
  /** A call that the registry refuses. */
  DENIED: {
    /**
     * - `READ_ONLY`: the registry was opened for reading only.
     * - `REFERENCED`: other manifests refer to what was to be deleted, or may do so.
     * - `SHARED_BLOBS`: other layouts may need the blob, and the option `sharedWith` does not name them.
     */
    readonly reason: "READ_ONLY" | "REFERENCED" | "SHARED_BLOBS";
    /** The manifests that refer to it, sorted; empty if it is a manifest and was to be deleted as a blob. */
    readonly referencedBy?: readonly Digest[] | undefined;
    /** The damaged manifests that may refer to it, sorted. */
    readonly damaged?: readonly Digest[] | undefined;
  };
  /** An operation that is not supported, or not for content of this size. */
  UNSUPPORTED: {
    /** The largest size that is supported, in bytes. */
    readonly limit?: number | undefined;
  };
  /** More calls than the registry takes at this time. */
  TOOMANYREQUESTS: Readonly<Record<string, unknown>>;
  /** A range or an upload offset outside of the content. */
  RANGE_INVALID: {
    /** The size of the blob, or of the upload so far, in bytes. */
    readonly size: number;
  };
  /** A tag that is not as the caller requires. */
  PRECONDITION_FAILED: {
    /** The tag. */
    readonly tag: string;
    /** The digest that it points at; `null` if it does not exist. */
    readonly digest: Digest | null;
  };
  /** Stored content that does not match its digest or its size. */
  CONTENT_CORRUPT: RemovedBefore & {
    /** The size in bytes, or the digest, that it should have. */
    readonly expected?: number | string | undefined;
    /** The size in bytes, or the digest, that it has. */
    readonly received?: number | string | undefined;
    /** The size of the stored manifest, in bytes. */
    readonly size?: number | undefined;
    /** The largest size that a manifest may have, in bytes. */
    readonly limit?: number | undefined;
  };
  /** A layout that is damaged, or of another version. */
  LAYOUT_INVALID: RemovedBefore & {
    /** The version that the layout states, whatever is in its place; `null` if it states none. */
    readonly imageLayoutVersion?: unknown;
    /** The damaged manifests, sorted. */
    readonly damaged?: readonly Digest[] | undefined;
    /** The index in the option `sharedWith` of the layout that is invalid. */
    readonly sharedWith?: number | undefined;
  };
  /** Another writer that held the lock for too long. */
  LOCK_TIMEOUT: RemovedBefore & {
    /** The host of that writer. */
    readonly host?: string | undefined;
    /** The process id of that writer on its host. */
    readonly pid?: number | undefined;
  };
  /** A failure of the storage. */
  STORAGE_FAILED: RemovedBefore & {
    /** The code of the system's error, such as `ENOSPC`. */
    readonly systemCode?: string | undefined;
    /**
     * `true` if the change was made all the same, and may only not survive a loss of power; `"unknown"` if another writer
     * may have undone it.
     */
    readonly committed?: true | "unknown" | undefined;
  };
  /** A call on a registry or a reader that was closed. */
  CLOSED: Readonly<Record<string, unknown>>;
}
