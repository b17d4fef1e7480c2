import type { CheckedDigest, Descriptor, DigestAlgorithm, Precondition } from "@ocilayout/oci-types";
import type { BlobChunks } from "@ocilayout/oci-types/authors";

import type { Page } from "../checks/page.ts";
import type { Reading } from "../checks/reading.ts";
import type { PushedManifest } from "../manifest/pushed-manifest.ts";

/** What every method of a `Backend` is given. All members of a call are checked before the method runs. */
export interface BackendCall {
  /** Ends the call early. It was not aborted when the method was called. */
  readonly signal: AbortSignal | undefined;
}

/** A call about one repository. */
export interface RepositoryCall extends BackendCall {
  /** A valid name. */
  readonly repository: string;
}

/** A call about a blob or a manifest. */
export interface DigestCall extends RepositoryCall {
  /** A digest of an algorithm that is supported here. */
  readonly digest: CheckedDigest;
}

/** A call that opens a blob. */
export interface ReadCall extends DigestCall, Reading {}

/** A call that opens a manifest that the backend found. */
export interface OpenManifestCall extends RepositoryCall {
  /** What `findManifest` or `findTag` returned. */
  readonly descriptor: Descriptor;
}

/** A call about a tag. */
export interface TagCall extends RepositoryCall {
  /** A valid tag. */
  readonly tag: string;
}

/** A call that deletes a tag. */
export interface DeleteTagCall extends TagCall {
  /** What must hold of the tag at the moment of the change: see `requireCurrent`. */
  readonly precondition: Precondition;
}

/**
 * Content that is pushed, verified while it is read: the last chunk comes only if size and digest are right, else reading
 * rejects with `SIZE_INVALID` or `DIGEST_INVALID`. The chunks are the reader's to keep. It is read once, by `bytes` or by
 * `for await`.
 */
export interface PushedContent extends AsyncIterable<Uint8Array<ArrayBuffer>> {
  /** Reads all of it, into memory. */
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
}

/** A call that stores a blob. */
export interface PushBlobCall extends DigestCall {
  /** The size in bytes that the content must have; `undefined` if only the digest decides. */
  readonly size: number | undefined;
  /** The content, verified while it is read. It is ended after the method. */
  readonly content: PushedContent;
  /** The content as it comes, for a backend that verifies it itself, for instance while it writes. */
  readonly unverified: BlobChunks;
}

/** A call that mounts a blob. */
export interface MountCall extends DigestCall {
  /** The repository that has the blob; `undefined` for any. */
  readonly from: string | undefined;
}

/** A call that stores a manifest. */
export interface PushManifestCall extends RepositoryCall {
  /** The manifest to store. */
  readonly manifest: PushedManifest;
  /** Valid, each once. */
  readonly tags: readonly string[];
  /** What must hold of every tag at the moment of the change: see `requireCurrent`. */
  readonly precondition: Precondition;
}

/** A call that starts an upload session. */
export interface StartUploadCall extends RepositoryCall {
  /** The algorithm that the digest will probably have. */
  readonly algorithm: DigestAlgorithm;
}

/** A call about an upload session. */
export interface UploadCall extends RepositoryCall {
  /** Any string: it is not checked. */
  readonly id: string;
}

/** A call that lists what a repository has. */
export interface ListCall extends RepositoryCall, Page {}

/** A call that lists referrers; `startAfter` is a digest. */
export interface ReferrersCall extends DigestCall, Page {
  /** Only referrers of this artifact type; `undefined` for all. */
  readonly artifactType: string | undefined;
}

/** A call that lists repositories. */
export interface RepositoriesCall extends BackendCall, Page {}
