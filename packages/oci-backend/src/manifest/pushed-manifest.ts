import type { CheckedDigest, Descriptor, ParsedManifest } from "@ocilayout/oci-types";

/** A descriptor with a valid digest. */
export interface CheckedDescriptor extends Descriptor {
  /** A valid digest of a supported algorithm. */
  readonly digest: CheckedDigest;
}

/** A stored manifest. */
export interface StoredManifest {
  /** Media type, digest and size. */
  readonly descriptor: Descriptor;
  /** The bytes. */
  readonly content: Uint8Array;
}

/** A pushed manifest. Everything is checked that does not depend on stored content. */
export interface PushedManifest extends StoredManifest {
  /** Media type, digest and size. */
  readonly descriptor: CheckedDescriptor;
  /** The bytes, which belong to the backend. */
  readonly content: Uint8Array<ArrayBuffer>;
  /** The parsed content. */
  readonly parsed: ParsedManifest;
}
