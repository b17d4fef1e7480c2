export type { CallOptions } from "./basics/call-options.ts";
export {
  digestAlgorithms,
  isDigest,
  isDigestAlgorithm,
  parseDigest,
  type CheckedDigest,
  type Digest,
  type DigestAlgorithm,
  type ParsedDigest,
} from "./basics/digest.ts";
export {
  registryErrorCodes,
  type DistributionErrorCode,
  type LocalErrorCode,
  type RegistryErrorCode,
} from "./basics/error-codes.ts";
export type { ErrorDetails, Problem, RemovedBefore } from "./basics/error-details.ts";
export * from "./basics/errors.ts";
export type { BlobSource } from "./content/blob-source.ts";
export { computeDigest, type ComputeDigestOptions, type HashOptions } from "./content/compute-digest.ts";
export type { Hasher, HasherFactory } from "./content/hasher.ts";
export { verifyStream, type VerifyStreamOptions } from "./content/verify-stream.ts";
export { annotationKeys } from "./documents/annotations.ts";
export {
  emptyDescriptor,
  type Annotations,
  type BlobDescriptor,
  type Descriptor,
  type Platform,
} from "./documents/descriptor.ts";
export { layoutNames, layoutVersion } from "./documents/layout-names.ts";
export type { ImageIndex, ImageManifest } from "./documents/manifest.ts";
export {
  dockerMediaTypes,
  isMediaType,
  manifestKind,
  ociMediaTypes,
  octetStream,
  type ManifestKind,
} from "./documents/media-types.ts";
export { parseManifest, type ParsedManifest } from "./documents/parse-manifest.ts";
export { validateDescriptor, validateImageIndex, validateImageManifest } from "./documents/validate.ts";
export type { BlobReader } from "./registry/blob-reader.ts";
export type { BlobWriter, UploadStatus } from "./registry/blob-writer.ts";
export { registryCapabilityNames, type RegistryCapabilities } from "./registry/capabilities.ts";
export { collect } from "./registry/collect.ts";
export type { RegistryDeleter } from "./registry/deleter.ts";
export type { RegistryLister } from "./registry/lister.ts";
export { mountBlobFrom, mountFrom, type MountsFrom, type RepositoryPlace } from "./registry/mount-from.ts";
export type * from "./registry/options.ts";
export type { RegistryReader } from "./registry/reader.ts";
export type { Registry } from "./registry/registry.ts";
export type { RegistryWriter } from "./registry/writer.ts";
