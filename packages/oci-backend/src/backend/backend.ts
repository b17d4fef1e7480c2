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

/** Content that is open. */
export interface OpenContent {
  /** The size in bytes of the whole content. */
  readonly size: number;
  /** What becomes of the chunks that `read` gives: `BlobReaderOptions.chunks`. */
  readonly chunks?: "owned" | "reused" | undefined;
  /** Reads the bytes from `start` up to `end`. It is called once at most; then ending the source frees the content. */
  read(start: number, end: number): BlobSource;
  /** Frees the content. It is called if `read` is not. */
  close?(): Awaitable<void>;
}

/** Content as a backend hands it out: in memory, or open. */
export type StoredContent = Uint8Array | OpenContent;

/** An upload session that one writer has. Its methods are called one after the other, never at the same time. */
export interface UploadSession {
  /** Unguessable, and made by the backend. */
  readonly id: string;
  /** Bytes received so far. */
  readonly size: number;
  /** Appends bytes, which may change once it has returned. If it rejects, `size` must say how many bytes are kept. */
  write(chunk: Uint8Array): Awaitable<void>;
  /**
   * Makes the content the blob `digest` and ends the session. It verifies the content: `DIGEST_INVALID` if it differs,
   * and the session stays. So it does if `signal` is aborted before the blob is visible.
   */
  commit(digest: CheckedDigest, signal: AbortSignal | undefined): Awaitable<void>;
  /** Ends the session and drops the content. */
  cancel(): Awaitable<void>;
  /** Lets another writer have the session. */
  close(): Awaitable<void>;
  /** How the session ended although `commit` rejected; `undefined` while it is there. */
  readonly ended?: "committed" | "cancelled" | undefined;
}

/**
 * What a backend writes: storage, and nothing else. `defineBackend` checks every argument first, so a method sees valid
 * names, supported digests and complete options. A method that is missing makes its calls fail with `UNSUPPORTED`, and its
 * capability false.
 *
 * A method may throw any `RegistryError`. If it returns `undefined` or `false` for "not there", `defineBackend` throws the
 * error with the right code.
 *
 * A backend either has {@link Backend.manifests}, and then its methods only store and delete what they are told; or it
 * checks every change itself, in one transaction with the change. The methods below say what that is.
 */
export interface Backend {
  /** What differs from promising everything; the capabilities of missing methods are added. */
  readonly capabilities?: Partial<RegistryCapabilities> | undefined;
  /** The largest manifest in bytes. Default 8 MiB. */
  readonly maxManifestBytes?: number | undefined;
  /** Whether blobs and manifests are verified while they are read, unless the call says otherwise. Default true. */
  readonly verifyOnRead?: boolean | undefined;

  /** Begins every call, before its arguments are checked: throws `CLOSED`, or `DENIED` for a write. */
  begin?(access: "read" | "write"): void;

  /** Opens a blob; `undefined` if the repository does not have it. */
  openBlob?(call: ReadCall): Awaitable<StoredContent | undefined>;
  /** The size of a blob in bytes; `undefined` if the repository does not have it. Default: opens it. */
  sizeOfBlob?(call: DigestCall): Awaitable<number | undefined>;
  /** Describes a manifest: media type, digest, size; `undefined` if the repository does not have it. */
  findManifest?(call: DigestCall): Awaitable<Descriptor | undefined>;
  /** Describes the manifest that a tag points at; `undefined` if there is no such tag. */
  findTag?(call: TagCall): Awaitable<Descriptor | undefined>;
  /** Opens a manifest that one of the two found; `undefined` if its content is missing. */
  openManifest?(call: OpenManifestCall): Awaitable<StoredContent | undefined>;
  /** {@link Backend.findManifest} for `resolveManifest`, if that promises more. Default: the same. */
  resolveManifest?(call: DigestCall): Awaitable<Descriptor | undefined>;

  /** Stores a blob, once its content turned out to be right, and returns its size in bytes. */
  pushBlob?(call: PushBlobCall): Awaitable<number>;
  /** Makes a blob of another repository one of this; returns its size in bytes, `undefined` if the other does not have it. */
  mountBlob?(call: MountCall): Awaitable<number | undefined>;

  /**
   * Every manifest of a repository, as `pushManifest` got it or read from storage; none for an unknown repository. With it
   * `defineBackend` checks, before it calls the method that makes a change, one change after the other:
   *
   * - `pushManifest`: the preconditions, that what the manifest refers to is there, and that it was not pushed with another
   *   media type. Children of an index that were pushed as blobs are pushed as manifests first.
   * - `deleteBlob`, `deleteManifest`: that nothing refers to what is deleted. The tags of a manifest are deleted first.
   * - `deleteTag`: the preconditions.
   *
   * It makes `referrers`, too. All manifests of a repository are read for a deletion and for a list of referrers. Changes
   * that another process makes at the same time are not seen: a backend that several processes write to leaves this out.
   */
  manifests?(call: RepositoryCall): Awaitable<AnyIterable<PushedManifest | StoredManifest>>;
  /**
   * Stores a manifest and points all tags at it, or none. Without {@link Backend.manifests} it checks, in the transaction that
   * makes the change: `requireCurrent` for each tag, `checkReferences` if the manifest is new, and `MANIFEST_INVALID` if the
   * same bytes are stored with another media type. Children of an index that are blobs become manifests.
   */
  pushManifest?(call: PushManifestCall): Awaitable<void>;

  /** Starts an upload session. `memoryUploads` makes this and the two methods below of `pushBlob`. */
  startUpload?(call: StartUploadCall): Awaitable<UploadSession>;
  /** Takes an upload session for one writer: `"busy"` while another has it, `undefined` if there is none. */
  resumeUpload?(call: UploadCall): Awaitable<UploadSession | "busy" | undefined>;
  /** How far an upload session is; `undefined` if there is none. */
  findUpload?(call: UploadCall): Awaitable<{ readonly size: number } | undefined>;

  /**
   * Deletes a blob; false if the repository does not have it. Without {@link Backend.manifests} it fails with
   * `stillReferenced` if a manifest refers to the blob (`referencesOf`) or the blob is a manifest.
   */
  deleteBlob?(call: DigestCall): Awaitable<boolean>;
  /**
   * Deletes a manifest and its tags; false if the repository does not have it. Without {@link Backend.manifests} it fails
   * with `stillReferenced` if an index contains the manifest (`childrenOf`).
   */
  deleteManifest?(call: DigestCall): Awaitable<boolean>;
  /**
   * Deletes a tag, and not its manifest; false if there is no such tag. Without {@link Backend.manifests} it calls
   * `requireCurrent` in the transaction that makes the change.
   */
  deleteTag?(call: DeleteTagCall): Awaitable<boolean>;

  /**
   * The tags of a repository; `undefined` if there is no such repository. What is not asynchronous (an array, a `Set`, the keys
   * of a `Map`) may have any order: it is read whole, sorted and cut to the page that is asked for. What is asynchronous must be
   * in code-unit order and may begin after `startAfter`.
   */
  tags?(call: ListCall): Awaitable<AnyIterable<string> | undefined>;
  /** The manifests whose subject is `digest`; none is an empty list. Order as in {@link Backend.tags}, by digest. */
  referrers?(call: ReferrersCall): Awaitable<AnyIterable<Descriptor>>;
  /** The repositories. Order as in {@link Backend.tags}. */
  repositories?(call: RepositoriesCall): Awaitable<AnyIterable<string>>;
}

/** What `for await` takes. */
export type AnyIterable<Item> = Iterable<Item> | AsyncIterable<Item>;
