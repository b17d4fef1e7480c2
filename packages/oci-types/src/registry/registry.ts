import type { CallOptions } from "../basics/call-options.ts";
import type { BlobSource } from "../content/blob-source.ts";
import type { BlobDescriptor, Descriptor } from "../documents/descriptor.ts";
import type { BlobReader } from "./blob-reader.ts";

/** Options of the calls that open a blob. */
export interface ReadOptions extends CallOptions {
  /**
   * Whether the caller keeps the chunks. `"owned"`, the default: each chunk is the caller's. `"reused"`: the reader may use
   * the memory of a chunk again when the next one is asked for, which is faster for callers that only pass chunks on. A
   * registry may ignore it.
   */
  readonly chunks?: "owned" | "reused" | undefined;
  /** How many bytes a chunk should have at most, such as where many blobs are read at once. A registry need not heed it. */
  readonly chunkSize?: number | undefined;
  /**
   * Whether size and digest are verified while the content is read. Default: as the registry was told to, else true; what is
   * said here counts more. False is for who passes a blob on to somebody who verifies it. A part of a blob is never verified.
   * A registry need not make use of it.
   */
  readonly verify?: boolean | undefined;
}

/** A part of a blob, in bytes. */
export interface ByteRange {
  /** The offset of the first byte. */
  readonly start: number;
  /** The offset behind the last byte; the blob's size where absent or greater. */
  readonly end?: number | undefined;
}

/** Options of the calls that open an upload session. */
export interface UploadOptions extends CallOptions {
  /** The size in bytes that the caller means to write at once; a hint. */
  readonly chunkSize?: number | undefined;
  /** The algorithm of the digest that `commit` will be given. Default `"sha256"`. */
  readonly digestAlgorithm?: string | undefined;
}

/** Options of {@link RegistryWriter.pushBlobChunkedResume}. */
export interface ResumeUploadOptions extends UploadOptions {
  /** The number of bytes the caller believes are stored; where absent, go on where the session stands. */
  readonly offset?: number | undefined;
}

/** How far an upload session is. */
export interface UploadStatus {
  /** The session's id. */
  readonly id: string;
  /** Bytes received so far. */
  readonly size: number;
  /** The size in bytes the registry would like chunks to have. */
  readonly chunkSize: number;
}

/** What must hold of a tag, at the moment of the change, for the change to be made. */
export interface Precondition {
  /** The digest that the tag must point at, or `"*"`: the tag must exist. */
  readonly ifMatch?: string | undefined;
  /** The tag must not exist. */
  readonly ifNoneMatch?: "*" | undefined;
}

/** Options of {@link RegistryWriter.pushManifest}. */
export interface PushManifestOptions extends CallOptions, Precondition {
  /** The digest that the content must have; also chooses the algorithm. Default: computed, sha256. */
  readonly digest?: string | undefined;
  /** The tags to point at the manifest: all of them or, where the call rejects, none. */
  readonly tags?: readonly string[] | undefined;
}

/** Options of {@link RegistryDeleter.deleteTag}. */
export interface DeleteTagOptions extends CallOptions, Precondition {}

/** Which part of a list to give. */
export interface ListOptions extends CallOptions {
  /** Give only what comes after this; it need not exist. `""` is the same as absent. */
  readonly startAfter?: string | undefined;
  /** Give at most so many: absent is all, 0 is none. */
  readonly limit?: number | undefined;
}

/** Options of {@link RegistryLister.referrers}; `startAfter` is a digest. */
export interface ReferrersOptions extends ListOptions {
  /** Give only referrers of this artifact type. */
  readonly artifactType?: string | undefined;
}

/**
 * An open upload session. Writes that are not awaited run in the order of the calls. Disposing it closes it: the
 * session stays and can be resumed.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-a-blob-in-chunks}
 */
export interface BlobWriter extends AsyncDisposable {
  /** The session's id, for {@link RegistryWriter.pushBlobChunkedResume}. */
  readonly id: string;
  /** Bytes accepted so far. */
  readonly size: number;
  /** The size in bytes the registry would like chunks to have. */
  readonly chunkSize: number;
  /** Appends `chunk`. `BLOB_UPLOAD_INVALID` after `close`, `BLOB_UPLOAD_UNKNOWN` after `commit` or `cancel`. */
  write(chunk: Uint8Array): Promise<void>;
  /** Ends this writer and keeps the session. Idempotent. */
  close(): Promise<void>;
  /** Makes what was written the blob `digest` and ends the session. `DIGEST_INVALID` where it is not that blob. */
  commit(digest: string): Promise<Descriptor>;
  /** Drops the session and what was written; after `commit` it does nothing. */
  cancel(): Promise<void>;
}

/** The reading facet of a {@link Registry}. */
export interface RegistryReader {
  /** Opens a blob. `BLOB_UNKNOWN` where the repository does not have it. */
  getBlob(repo: string, digest: string, options?: ReadOptions): Promise<BlobReader>;
  /**
   * Opens a part of a blob, unverified; the reader's descriptor is the whole blob's. `RANGE_INVALID` where `start`
   * is behind the blob's end or behind `end`.
   */
  getBlobRange(repo: string, digest: string, range: ByteRange, options?: ReadOptions): Promise<BlobReader>;
  /** Opens a manifest by digest. `MANIFEST_UNKNOWN` where the repository does not have it. */
  getManifest(repo: string, digest: string, options?: CallOptions): Promise<BlobReader>;
  /** Opens the manifest that a tag points at. `MANIFEST_UNKNOWN` where there is no such tag. */
  getTag(repo: string, tag: string, options?: CallOptions): Promise<BlobReader>;
  /** Describes a blob; its media type is `application/octet-stream`. `BLOB_UNKNOWN` where there is none. */
  resolveBlob(repo: string, digest: string, options?: CallOptions): Promise<Descriptor>;
  /** Describes a manifest: media type, digest, size. `MANIFEST_UNKNOWN` where there is none. */
  resolveManifest(repo: string, digest: string, options?: CallOptions): Promise<Descriptor>;
  /** Describes the manifest that a tag points at. `MANIFEST_UNKNOWN` where there is no such tag. */
  resolveTag(repo: string, tag: string, options?: CallOptions): Promise<Descriptor>;
}

/** The writing facet of a {@link Registry}. */
export interface RegistryWriter {
  /**
   * Stores a blob once its content turned out to be what the descriptor says: else `DIGEST_INVALID` or
   * `SIZE_INVALID`, and nothing is stored. The content must not change until the promise settles.
   */
  pushBlob(
    repo: string,
    descriptor: BlobDescriptor,
    content: BlobSource,
    options?: CallOptions,
  ): Promise<Descriptor>;
  /** Starts an upload session. */
  pushBlobChunked(repo: string, options?: UploadOptions): Promise<BlobWriter>;
  /**
   * Goes on with an upload session. `BLOB_UPLOAD_UNKNOWN` where there is none of that id in that repository,
   * `RANGE_INVALID` where `offset` is not its size, `BLOB_UPLOAD_INVALID` while another writer has it.
   */
  pushBlobChunkedResume(repo: string, id: string, options?: ResumeUploadOptions): Promise<BlobWriter>;
  /** Tells how far an upload session is, without taking it. `BLOB_UPLOAD_UNKNOWN` where there is none. */
  resolveUpload(repo: string, id: string, options?: CallOptions): Promise<UploadStatus>;
  /** Drops an upload session. `BLOB_UPLOAD_UNKNOWN` where there is none. */
  cancelUpload(repo: string, id: string, options?: CallOptions): Promise<void>;
  /**
   * Makes a blob of `fromRepo` one of `toRepo`, without reading it. `BLOB_UNKNOWN` where the source does not have
   * it. Without `fromRepo`: from whichever repository has it.
   */
  mountBlob(
    fromRepo: string | undefined,
    toRepo: string,
    digest: string,
    options?: CallOptions,
  ): Promise<Descriptor>;
  /**
   * Stores a manifest, byte for byte, and points the given tags at it. `MANIFEST_INVALID` where it is not what its
   * media type says, `MANIFEST_BLOB_UNKNOWN` (each in `detail`) where it refers to what the repository does not
   * have, `SIZE_INVALID` where it is too large, `PRECONDITION_FAILED` where a tag is not as required.
   */
  pushManifest(
    repo: string,
    content: Uint8Array,
    mediaType: string,
    options?: PushManifestOptions,
  ): Promise<Descriptor>;
}

/** The deleting facet of a {@link Registry}. Deleting what is not there rejects. */
export interface RegistryDeleter {
  /** Deletes a blob. `DENIED` while a manifest refers to it, `BLOB_UNKNOWN` where there is none. */
  deleteBlob(repo: string, digest: string, options?: CallOptions): Promise<void>;
  /**
   * Deletes a manifest and every tag that points at it. `DENIED`, with `detail.referencedBy`, while an index of the
   * repository contains it; `MANIFEST_UNKNOWN` where there is none.
   */
  deleteManifest(repo: string, digest: string, options?: CallOptions): Promise<void>;
  /** Deletes a tag; its manifest stays reachable by digest. `MANIFEST_UNKNOWN` where there is none. */
  deleteTag(repo: string, tag: string, options?: DeleteTagOptions): Promise<void>;
}

/** The listing facet of a {@link Registry}. Lists are lazy and give a consistent snapshot. */
export interface RegistryLister {
  /** The tags of a repository, in code-unit order. `NAME_UNKNOWN`, at the first `next()`, where there is no such repository. */
  tags(repo: string, options?: ListOptions): AsyncIterable<string>;
  /** The manifests whose subject is `digest`, in the order of their digests. Empty where there are none. */
  referrers(repo: string, digest: string, options?: ReferrersOptions): AsyncIterable<Descriptor>;
  /** The names of the repositories, in code-unit order. */
  repositories(options?: ListOptions): AsyncIterable<string>;
}

/**
 * What a registry may promise beyond its methods. Everything is promised unless said otherwise.
 *
 * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#capabilities}
 */
export interface RegistryCapabilities {
  /** `deleteBlob` is supported. */
  readonly deleteBlob: boolean;
  /** `deleteManifest` is supported. */
  readonly deleteManifest: boolean;
  /** `deleteTag` is supported. */
  readonly deleteTag: boolean;
  /** `pushBlobChunked` and what goes with it are supported. */
  readonly resumableUploads: boolean;
  /** `mountBlob` is supported. */
  readonly mount: boolean;
  /** `repositories` is supported. */
  readonly repositories: boolean;
  /** `referrers` is supported. */
  readonly referrers: boolean;
  /** A blob pushed to one repository is not in another. */
  readonly repositoryScopedBlobs: boolean;
  /** A manifest that refers to what is not there is refused. */
  readonly checksReferences: boolean;
  /** `ifMatch` and `ifNoneMatch` are decided together with the change. */
  readonly conditionalTags: boolean;
  /** What was pushed is there after the registry was closed and opened again. */
  readonly persistent: boolean;
  /** sha512 is supported beside sha256. */
  readonly sha512: boolean;
}

/**
 * Reads and writes of an OCI registry, wherever it keeps its content. Each failure is a `RegistryError` with a
 * code; in every call a malformed digest is `DIGEST_INVALID` and a malformed repository name or tag `NAME_INVALID`.
 *
 * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md} for what each call must do
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#api}
 */
export interface Registry extends RegistryReader, RegistryWriter, RegistryDeleter, RegistryLister {
  /** What differs from promising everything. */
  readonly capabilities?: Partial<RegistryCapabilities> | undefined;
}
