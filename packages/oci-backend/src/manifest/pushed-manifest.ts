import type { CheckedDigest, Descriptor, ParsedManifest } from "@ocilayout/oci-types";

/** A descriptor whose digest was checked. */
export interface CheckedDescriptor extends Descriptor {
  /** Of a supported algorithm. */
  readonly digest: CheckedDigest;
}

/** A manifest as a backend keeps it. */
export interface StoredManifest {
  /** Media type, digest and size. */
  readonly descriptor: Descriptor;
  /** The bytes. */
  readonly content: Uint8Array;
}

/** A manifest as it was pushed, checked as far as that is possible without the store. */
export interface PushedManifest extends StoredManifest {
  /** Media type, digest and size. */
  readonly descriptor: CheckedDescriptor;
  /** The bytes; nobody else changes them. */
  readonly content: Uint8Array<ArrayBuffer>;
  /** What they say. */
  readonly parsed: ParsedManifest;
}
