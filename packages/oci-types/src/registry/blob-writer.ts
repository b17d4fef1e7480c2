import type { Descriptor } from "../documents/descriptor.ts";

/**
 * Writes to an upload session. Only one writer can have a session open. The session outlives its writer: `close`,
 * disposal or an aborted signal end the writer, and `pushBlobChunkedResume` continues the session.
 *
 * Calls that the caller does not await run in the order in which they were made.
 *
 * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-9 | Contract, clause 9}
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-a-blob-in-chunks}
 */
export interface BlobWriter extends AsyncDisposable {
  /**
   * The id of the session, for `pushBlobChunkedResume`. A remote registry may change it with every write. Earlier ids stay valid
   * in this process; another process needs the newest.
   */
  readonly id: string;
  /** The number of bytes in the session. */
  readonly size: number;
  /** The chunk size that the registry recommends, in bytes. */
  readonly chunkSize: number;
  /**
   * Appends `chunk` to the session. The caller must not change the chunk until the promise settles.
   *
   * @throws `RegistryError` `BLOB_UPLOAD_INVALID` after `close`, or after a write that failed. `BLOB_UPLOAD_UNKNOWN` after
   * `commit` or `cancel`.
   */
  write(chunk: Uint8Array): Promise<void>;
  /** Ends the writer and keeps the session. Idempotent. */
  close(): Promise<void>;
  /**
   * Verifies the content of the session, stores it as the blob `digest`, and ends the session.
   *
   * @returns The descriptor of the blob, with the media type `application/octet-stream`.
   * @throws `RegistryError` `DIGEST_INVALID` if the content has another digest; most registries keep the session then.
   * `BLOB_UPLOAD_INVALID` after `close`, or after a write that failed. `BLOB_UPLOAD_UNKNOWN` after `commit` or `cancel`.
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-9-commit | Contract, clause 9}
   */
  commit(digest: string): Promise<Descriptor>;
  /**
   * Ends the session and drops its content. Does nothing after `commit` or `cancel`.
   *
   * @throws `RegistryError` `BLOB_UPLOAD_INVALID` after `close`.
   */
  cancel(): Promise<void>;
}

/** The progress of an upload session. */
export interface UploadStatus {
  /** The id of the session. */
  readonly id: string;
  /** The number of bytes in the session. */
  readonly size: number;
  /** The chunk size that the registry recommends, in bytes. */
  readonly chunkSize: number;
}
