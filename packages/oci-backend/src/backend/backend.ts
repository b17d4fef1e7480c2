import type { BlobSource, CheckedDigest, Descriptor, RegistryCapabilities } from "@ocilayout/oci-types";

import type { Awaitable } from "../checks/awaitable.ts";
import type { PushedManifest, StoredManifest } from "../manifest/pushed-manifest.ts";
import type {
  DeleteTagCall,
  DigestCall,
  ListCall,
  MountCall,
  OpenManifestCall,
  PushBlobCall,
  PushManifestCall,
  ReadCall,
  ReferrersCall,
  RepositoriesCall,
  RepositoryCall,
  StartUploadCall,
  TagCall,
  UploadCall,
} from "./calls.ts";

/** Open content, which is read in chunks. */
export interface OpenContent {
  /** The size of the whole content, in bytes. */
  readonly size: number;
  /** The owner of the chunks that `read` returns: `BlobReaderOptions.chunks`. */
  readonly chunks?: "owned" | "reused" | undefined;
  /** Reads the bytes from `start` up to `end`. Called at most once. Ending the source then frees the content. */
  read(start: number, end: number): BlobSource;
  /** Frees the content. Called if `read` is not called. */
  close?(): Awaitable<void>;
}

/** Content that a backend returns: bytes in memory, or open content. */
export type StoredContent = Uint8Array | OpenContent;

/** An upload session that one writer has open. Its methods are never called at the same time. */
export interface UploadSession {
  /** The id, which the backend creates. It must be unguessable. It may change with a write; older ids then stay valid. */
  readonly id: string;
  /** The number of bytes in the session. */
  readonly size: number;
  /** Appends bytes. The caller may overwrite them afterwards. If it rejects, `size` must be the number of kept bytes. */
  write(chunk: Uint8Array): Awaitable<void>;
  /**
   * Verifies the content, stores it as the blob `digest`, and ends the session. If the digest differs, it fails with
   * `DIGEST_INVALID` and the session stays. The session also stays if `signal` is aborted before the blob is visible.
   */
  commit(digest: CheckedDigest, signal: AbortSignal | undefined): Awaitable<void>;
  /** Ends the session and drops the content. */
  cancel(): Awaitable<void>;
  /** Frees the session for another writer. */
  close(): Awaitable<void>;
  /** Set if the session ended although `commit` rejected. */
  readonly ended?: "committed" | "cancelled" | undefined;
}

/**
 * The storage behind a registry. `defineBackend` checks every argument first, so methods receive valid names, supported
 * digests and complete options. Calls of a missing method fail with `UNSUPPORTED`, and its capability is false.
 *
 * A method returns `undefined` or `false` for missing content, and `defineBackend` throws the error with the right code. A
 * method may throw any other `RegistryError`.
 *
 * A backend with {@link Backend.manifests} only stores and deletes: `defineBackend` checks every change before it. A backend
 * without it checks every change itself, in the transaction that makes the change. The methods below list these checks.
 */
export interface Backend {
  /** The features that the registry lacks. Those of missing methods are added. */
  readonly capabilities?: Partial<RegistryCapabilities> | undefined;
  /** The maximum size of a manifest, in bytes. Defaults to 8 MiB. */
  readonly maxManifestBytes?: number | undefined;
  /** Whether readers verify size and digest. `ReadOptions.verify` overrides it. Defaults to true. */
  readonly verifyOnRead?: boolean | undefined;

  /** Runs first in every call, before its arguments are checked. It may throw `CLOSED`, or `DENIED` for a write. */
  begin?(access: "read" | "write"): void;

  /** Opens a blob. Returns `undefined` if the repository does not have it. */
  openBlob?(call: ReadCall): Awaitable<StoredContent | undefined>;
  /**
   * Returns the size of a blob in bytes, or `undefined` if the repository does not have it. By default `openBlob` is called.
   */
  sizeOfBlob?(call: DigestCall): Awaitable<number | undefined>;
  /** Returns media type, digest and size of a manifest, or `undefined` if the repository does not have it. */
  findManifest?(call: DigestCall): Awaitable<Descriptor | undefined>;
  /** Returns the descriptor of the manifest that a tag points at, or `undefined` if the tag does not exist. */
  findTag?(call: TagCall): Awaitable<Descriptor | undefined>;
  /**
   * Replaces {@link Backend.findManifest} and {@link Backend.openManifest} in `getManifest`, for storage that finds and reads
   * a manifest in one step.
   */
  loadManifest?(call: DigestCall): Awaitable<StoredManifest | undefined>;
  /** Replaces {@link Backend.findTag} and {@link Backend.openManifest} in `getTag`: see {@link Backend.loadManifest}. */
  loadTag?(call: TagCall): Awaitable<StoredManifest | undefined>;
  /** Opens a manifest that `findManifest` or `findTag` found. Returns `undefined` if its content is missing. */
  openManifest?(call: OpenManifestCall): Awaitable<StoredContent | undefined>;
  /** Replaces {@link Backend.findManifest} in `resolveManifest`, for instance to check that the content is stored. */
  resolveManifest?(call: DigestCall): Awaitable<Descriptor | undefined>;

  /** Verifies and stores a blob. Returns its size in bytes. */
  pushBlob?(call: PushBlobCall): Awaitable<number>;
  /** Adds a blob of another repository. Returns its size in bytes, or `undefined` if the other does not have it. */
  mountBlob?(call: MountCall): Awaitable<number | undefined>;

  /**
   * Lists every manifest of a repository, as `pushManifest` received it or read from storage. The list is empty for an
   * unknown repository. With this method, `defineBackend` makes one change at a time, and checks each before it calls the
   * method that makes it:
   *
   * - `pushManifest`: the preconditions hold, all references exist, and the same bytes are not stored with another media
   *   type. Children of an index that are stored as blobs are pushed as manifests first.
   * - `deleteBlob`, `deleteManifest`: nothing refers to the content. The tags of a manifest are deleted first.
   * - `deleteTag`: the preconditions hold.
   *
   * It also computes `referrers`. Deletions and lists of referrers read all manifests of a repository. Simultaneous changes of
   * another process are not seen, so leave this method out if several processes write to the storage.
   */
  manifests?(call: RepositoryCall): Awaitable<AnyIterable<PushedManifest | StoredManifest>>;
  /**
   * Stores a manifest and points all tags at it, or none. Without {@link Backend.manifests} it does this in the transaction
   * that makes the change:
   *
   * - calls `requireCurrent` for each tag, and `checkReferences` if the manifest is new
   * - fails with `wrongMediaType` if the same bytes are stored with another media type
   * - turns children of an index that are stored as blobs into manifests
   */
  pushManifest?(call: PushManifestCall): Awaitable<void>;

  /** Starts an upload session. `memoryUploads` implements this method and the next two with `pushBlob`. */
  startUpload?(call: StartUploadCall): Awaitable<UploadSession>;
  /** Opens an upload session for one writer. Returns `"busy"` if another has it open, `undefined` if it does not exist. */
  resumeUpload?(call: UploadCall): Awaitable<UploadSession | "busy" | undefined>;
  /** Returns the size of an upload session, or `undefined` if it does not exist. */
  findUpload?(call: UploadCall): Awaitable<{ readonly size: number } | undefined>;

  /**
   * Deletes a blob. Returns false or `undefined` if the repository does not have it. Without {@link Backend.manifests} it
   * fails with `stillReferenced` if a manifest refers to the blob (`referencesOf`) or the blob is a manifest.
   */
  deleteBlob?(call: DigestCall): Awaitable<boolean | undefined>;
  /**
   * Deletes a manifest and its tags. Returns false or `undefined` if the repository does not have it. Without
   * {@link Backend.manifests} it fails with `stillReferenced` if an index contains the manifest (`childrenOf`).
   */
  deleteManifest?(call: DigestCall): Awaitable<boolean | undefined>;
  /**
   * Deletes a tag, and keeps its manifest. Returns false or `undefined` if the tag does not exist. Without
   * {@link Backend.manifests} it calls `requireCurrent` in the transaction that makes the change.
   */
  deleteTag?(call: DeleteTagCall): Awaitable<boolean | undefined>;

  /**
   * Lists the tags of a repository. Returns `undefined` if the repository does not exist.
   *
   * A synchronous list, such as an array, a `Set` or the keys of a `Map`, may have any order: it is sorted and cut to the
   * requested page. An asynchronous list must be in code-unit order, and may begin after `startAfter`.
   */
  tags?(call: ListCall): Awaitable<AnyIterable<string> | undefined>;
  /** Lists the manifests whose subject is `digest`. Order as in {@link Backend.tags}, by digest. */
  referrers?(call: ReferrersCall): Awaitable<AnyIterable<Descriptor>>;
  /** Lists the repositories. Order as in {@link Backend.tags}. */
  repositories?(call: RepositoriesCall): Awaitable<AnyIterable<string>>;
}

/** A synchronous or asynchronous iterable. */
export type AnyIterable<Item> = Iterable<Item> | AsyncIterable<Item>;
