import type {
  ByteRange,
  CheckedDigest,
  Descriptor,
  DigestAlgorithm,
  Precondition,
} from "@ocilayout/oci-types";
import type { BlobChunks } from "@ocilayout/oci-types/authors";

import type { Page } from "../checks/page.ts";
import type { Reading } from "../checks/reading.ts";
import type { PushedManifest } from "../manifest/pushed-manifest.ts";

/** The argument of every method of a `Backend`. All members are checked before the method runs. */
export interface BackendCall {
  /** Ends the call early. It is not aborted when the method is called. */
  readonly signal: AbortSignal | undefined;
}

/** A call about one repository. */
export interface RepositoryCall extends BackendCall {
  /** A valid repository name. */
  readonly repository: string;
}

/** A call about a blob or a manifest. */
export interface DigestCall extends RepositoryCall {
  /** A valid digest of a supported algorithm. */
  readonly digest: CheckedDigest;
}

/** A call that opens a blob. */
export interface ReadCall extends DigestCall, Reading {
  /**
   * The part that will be read, as the caller requested it; `undefined` for the whole blob. A backend that fetches content
   * when it opens a blob can then fetch only this part.
   */
  readonly range?: ByteRange | undefined;
}

/** A call that opens a manifest that the backend found. */
export interface OpenManifestCall extends RepositoryCall {
  /** The descriptor that `findManifest` or `findTag` returned. */
  readonly descriptor: Descriptor;
}

/** A call about a tag. */
export interface TagCall extends RepositoryCall {
  /** A valid tag. */
  readonly tag: string;
}

/** A call that deletes a tag. */
export interface DeleteTagCall extends TagCall {
  /** The condition for the tag at the moment of the change: see `requireCurrent`. */
  readonly precondition: Precondition;
}

/**
 * Pushed content, verified while it is read. The last chunk is withheld until size and digest are right; otherwise reading
 * fails with `SIZE_INVALID` or `DIGEST_INVALID`. The backend may keep the chunks. The content can be read once, with `bytes`
 * or with `for await`.
 */
export interface PushedContent extends AsyncIterable<Uint8Array<ArrayBuffer>> {
  /** Reads the content into memory. */
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
}

/** A call that stores a blob. */
export interface PushBlobCall extends DigestCall {
  /** The size that the content must have, in bytes; `undefined` if only the digest decides. */
  readonly size: number | undefined;
  /** The content, verified while it is read. It is ended after the method returns. */
  readonly content: PushedContent;
  /** The unverified content, for a backend that verifies it itself, for instance while it writes. */
  readonly unverified: BlobChunks;
}

/** A call that mounts a blob. */
export interface MountCall extends DigestCall {
  /** The source repository; `undefined` for any repository. */
  readonly from: string | undefined;
}

/** A call that stores a manifest. */
export interface PushManifestCall extends RepositoryCall {
  /** The manifest to store. */
  readonly manifest: PushedManifest;
  /** Valid tags, without duplicates. */
  readonly tags: readonly string[];
  /** The condition for every tag at the moment of the change: see `requireCurrent`. */
  readonly precondition: Precondition;
}

/** A call that starts an upload session. */
export interface StartUploadCall extends RepositoryCall {
  /** The expected algorithm of the digest. */
  readonly algorithm: DigestAlgorithm;
}

/** A call about an upload session. */
export interface UploadCall extends RepositoryCall {
  /** The id as the caller passed it: any string. */
  readonly id: string;
}

/** A call that lists content of a repository. */
export interface ListCall extends RepositoryCall, Page {}

/** A call that lists referrers; `startAfter` is a digest. */
export interface ReferrersCall extends DigestCall, Page {
  /** The artifact type of the referrers; `undefined` for all. */
  readonly artifactType: string | undefined;
}

/** A call that lists repositories. */
export interface RepositoriesCall extends BackendCall, Page {}
