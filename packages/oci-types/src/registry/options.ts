import type { CallOptions } from "../basics/call-options.ts";

/** Options of `getBlob` and `getBlobRange`. */
export interface ReadOptions extends CallOptions {
  /**
   * Whether the caller keeps the chunks.
   *
   * - `"owned"`, the default: every chunk belongs to the caller.
   * - `"reused"`: the reader may overwrite a chunk when the caller requests the next one. This is faster for callers that
   *   only pass chunks on. A registry may ignore it.
   */
  readonly chunks?: "owned" | "reused" | undefined;
  /** The largest chunk that the caller wants, in bytes. A hint: chunks may be larger. */
  readonly chunkSize?: number | undefined;
  /**
   * Whether to verify size and digest while the content is read. Defaults to the registry's own setting, which is true
   * unless it was opened with another. Pass `false` if the receiver verifies the content itself. A hint: a registry may
   * verify anyway. `getBlobRange` never verifies.
   */
  readonly verify?: boolean | undefined;
}

/**
 * A part of a blob: the bytes from `start` up to, but not including, `end`.
 *
 * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-7 | Contract, clause 7}
 */
export interface ByteRange {
  /** The offset of the first byte. */
  readonly start: number;
  /** The offset after the last byte. Defaults to the size of the blob, and is clamped to it. */
  readonly end?: number | undefined;
}

/** Options of `pushBlobChunked`. */
export interface UploadOptions extends CallOptions {
  /** The size of the chunks that the caller is going to write, in bytes. A hint: chunks of any size are accepted. */
  readonly chunkSize?: number | undefined;
  /**
   * The algorithm of the digest that the caller is going to pass to `commit`. Defaults to `"sha256"`. If it is right,
   * `commit` does not read the content again.
   */
  readonly digestAlgorithm?: string | undefined;
}

/** Options of `pushBlobChunkedResume`. */
export interface ResumeUploadOptions extends UploadOptions {
  /** The number of bytes that the caller expects in the session. Defaults to the session's size. */
  readonly offset?: number | undefined;
}

/**
 * A condition on a tag. The registry decides it together with the change: no other call can come between.
 *
 * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-15 | Contract, clause 15}
 */
export interface Precondition {
  /** Requires that the tag points at this digest, or with `"*"` that the tag exists. */
  readonly ifMatch?: string | undefined;
  /** Requires that the tag does not exist. */
  readonly ifNoneMatch?: "*" | undefined;
}

/** Options of `pushManifest`. The precondition applies to each of `tags`; without tags it is a `TypeError`. */
export interface PushManifestOptions extends CallOptions, Precondition {
  /** The digest that the content must have. Defaults to its sha256 digest. */
  readonly digest?: string | undefined;
  /** The tags to point at the manifest: all of them, or none if the call rejects. */
  readonly tags?: readonly string[] | undefined;
}

/** Options of `deleteTag`. */
export interface DeleteTagOptions extends CallOptions, Precondition {}

/**
 * Selects a part of a list, such as one page.
 *
 * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-20-page | Contract, clause 20}
 */
export interface ListOptions extends CallOptions {
  /** Lists only items after this one, which need not exist. An empty string counts as absent. */
  readonly startAfter?: string | undefined;
  /** The largest number of items. Defaults to all; 0 lists none. */
  readonly limit?: number | undefined;
}

/** Options of `referrers`. `startAfter` is a digest. */
export interface ReferrersOptions extends ListOptions {
  /** Lists only referrers of this artifact type. */
  readonly artifactType?: string | undefined;
}
