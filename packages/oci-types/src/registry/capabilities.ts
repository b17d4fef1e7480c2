/**
 * The optional features of a registry. A registry has all of them, except those that its `capabilities` set to `false`. A
 * method without its capability fails with `UNSUPPORTED` and changes nothing.
 *
 * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#capabilities | Contract, capabilities}
 */
export interface RegistryCapabilities {
  /** Whether `deleteBlob` works. */
  readonly deleteBlob: boolean;
  /** Whether `deleteManifest` works. */
  readonly deleteManifest: boolean;
  /** Whether `deleteTag` works. */
  readonly deleteTag: boolean;
  /** Whether `pushBlobChunked`, `pushBlobChunkedResume`, `resolveUpload` and `cancelUpload` work. */
  readonly resumableUploads: boolean;
  /** Whether `mountBlob` works. */
  readonly mount: boolean;
  /** Whether `repositories` works. */
  readonly repositories: boolean;
  /** Whether `referrers` works. */
  readonly referrers: boolean;
  /** Whether each repository has its own blobs. If false, a blob of one repository is in all of them. */
  readonly repositoryScopedBlobs: boolean;
  /** Whether `pushManifest` rejects a manifest that refers to missing content. */
  readonly checksReferences: boolean;
  /** Whether `ifMatch` and `ifNoneMatch` work. */
  readonly conditionalTags: boolean;
  /** Whether the tags of one push are applied together. If false, they are applied one after the other. */
  readonly atomicTags: boolean;
  /** Whether `deleteBlob` and `deleteManifest` reject content that a manifest refers to. If false, they delete it. */
  readonly deniesReferenced: boolean;
  /**
   * Whether `pushManifest` compares references with the stored content: sizes, the media types of an index's children, and
   * layers with `urls`. If false, only the existence of references counts.
   */
  readonly comparesReferences: boolean;
  /** Whether manifests of any media type are stored. If false, an unknown type fails with `MANIFEST_INVALID`. */
  readonly opaqueManifests: boolean;
  /** Whether `getManifest` of a plain blob fails with `MANIFEST_UNKNOWN`. If false, it fails with another code. */
  readonly knowsManifests: boolean;
  /** Whether `mountBlob` works without a source. */
  readonly anonymousMounts: boolean;
  /** Whether content outlives the registry: it is there when the same storage is opened again. */
  readonly persistent: boolean;
  /** Whether blobs of 0 bytes are stored. If false, pushing one fails with `UNSUPPORTED` or `SIZE_INVALID`. */
  readonly emptyBlobs: boolean;
  /** Whether sha512 digests work. Every registry supports sha256. */
  readonly sha512: boolean;
}

const NAMES: Readonly<Record<keyof RegistryCapabilities, true>> = {
  deleteBlob: true,
  deleteManifest: true,
  deleteTag: true,
  resumableUploads: true,
  mount: true,
  repositories: true,
  referrers: true,
  repositoryScopedBlobs: true,
  checksReferences: true,
  conditionalTags: true,
  atomicTags: true,
  deniesReferenced: true,
  comparesReferences: true,
  opaqueManifests: true,
  knowsManifests: true,
  anonymousMounts: true,
  persistent: true,
  emptyBlobs: true,
  sha512: true,
};

/** The name of every capability. */
export const registryCapabilityNames: readonly (keyof RegistryCapabilities)[] = Object.freeze(
  Object.keys(NAMES) as (keyof RegistryCapabilities)[],
);
