import type { CallOptions } from "../basics/call-options.ts";
import type { BlobSource } from "../content/blob-source.ts";
import type { BlobDescriptor, Descriptor } from "../documents/descriptor.ts";
import type { BlobWriter, UploadStatus } from "./blob-writer.ts";
import type { PushManifestOptions, ResumeUploadOptions, UploadOptions } from "./options.ts";

/** Pushes blobs, manifests and tags. */
export interface RegistryWriter {
  /**
   * Verifies `content` and stores it as a blob. The blob becomes visible only after it is verified. The caller must not
   * change the content until the promise settles. However the push ends, it cancels or returns a stream or iterable.
   *
   * @returns The descriptor of the blob, with the media type `application/octet-stream`. Pushing a stored blob again
   * succeeds, and repairs the blob if it is corrupt.
   * @throws `RegistryError` `DIGEST_INVALID` or `SIZE_INVALID` if the content does not match the descriptor. A failed push
   * stores nothing.
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-6 | Contract, clause 6}
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs}
   */
  pushBlob(
    repo: string,
    descriptor: BlobDescriptor,
    content: BlobSource,
    options?: CallOptions,
  ): Promise<Descriptor>;

  /**
   * Starts an upload session, to push a blob in several calls.
   *
   * @returns The writer of the new session. Close it, commit it or cancel it.
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-9 | Contract, clause 9}
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-a-blob-in-chunks}
   */
  pushBlobChunked(repo: string, options?: UploadOptions): Promise<BlobWriter>;

  /**
   * Continues an upload session, also one of another process.
   *
   * @returns A writer that appends to the session.
   * @throws `RegistryError` `BLOB_UPLOAD_UNKNOWN` if the repository has no session with that id. `BLOB_UPLOAD_INVALID` if
   * another writer has it open. `RANGE_INVALID` if `offset` is not the size of the session; then the session stays as it
   * is.
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-9-resume | Contract, clause 9}
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-a-blob-in-chunks}
   */
  pushBlobChunkedResume(repo: string, id: string, options?: ResumeUploadOptions): Promise<BlobWriter>;

  /**
   * Reports how many bytes an upload session has. A writer that has the session open keeps it.
   *
   * @throws `RegistryError` `BLOB_UPLOAD_UNKNOWN` if the repository has no session with that id.
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#rule-upload-status | Contract, upload status}
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-a-blob-in-chunks}
   */
  resolveUpload(repo: string, id: string, options?: CallOptions): Promise<UploadStatus>;

  /**
   * Ends an upload session and drops its content.
   *
   * @throws `RegistryError` `BLOB_UPLOAD_UNKNOWN` if the repository has no session with that id. `BLOB_UPLOAD_INVALID` if
   * a writer has it open.
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-9-one-writer | Contract, clause 9}
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#cancel-a-blob-upload}
   */
  cancelUpload(repo: string, id: string, options?: CallOptions): Promise<void>;

  /**
   * Adds a blob of `fromRepo` to `toRepo`. The registry checks that the blob exists, and does not read it. If `fromRepo` is
   * `undefined`, any repository that has the blob is the source.
   *
   * @returns The descriptor of the blob, with the media type `application/octet-stream`.
   * @throws `RegistryError` `BLOB_UNKNOWN` if the source does not have the blob.
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-10 | Contract, clause 10}
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#mounting-a-blob-from-another-repository}
   */
  mountBlob(
    fromRepo: string | undefined,
    toRepo: string,
    digest: string,
    options?: CallOptions,
  ): Promise<Descriptor>;

  /**
   * Stores a manifest byte for byte, and points `options.tags` at it. The tags change together, or none of them does.
   *
   * @returns The descriptor of the manifest. Pushing a stored manifest again succeeds, for instance to add tags.
   * @throws `RegistryError` with one of these codes; then nothing was stored.
   *
   * - `MANIFEST_INVALID`: the content does not fit its media type; `detail.problems` lists why.
   * - `MANIFEST_BLOB_UNKNOWN`: the manifest refers to missing content; `detail.missing` lists the digests.
   * - `DIGEST_INVALID`: the content does not have the digest `options.digest`.
   * - `SIZE_INVALID`: the manifest is larger than the registry accepts, which is at least 4 MiB.
   * - `PRECONDITION_FAILED`: a tag does not fulfil `ifMatch` or `ifNoneMatch`.
   *
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-12 | Contract, clauses 12 to 15}
   * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests}
   */
  pushManifest(
    repo: string,
    content: Uint8Array,
    mediaType: string,
    options?: PushManifestOptions,
  ): Promise<Descriptor>;
}
