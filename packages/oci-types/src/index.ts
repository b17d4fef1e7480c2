export {
  maxDurationMs,
  requireCount,
  requireDuration,
  requireFlag,
  requireObject,
  requireSignal,
  requireString,
} from "./basics/arguments.ts";
export { requireBytes } from "./basics/bytes.ts";
export type { CallOptions } from "./basics/call-options.ts";
export { cloneJson } from "./basics/clone-json.ts";
export * from "./basics/digest.ts";
export {
  registryErrorCodes,
  type DistributionErrorCode,
  type LocalErrorCode,
  type RegistryErrorCode,
} from "./basics/error-codes.ts";
export type { ErrorDetails, Problem, RemovedBefore } from "./basics/error-details.ts";
export * from "./basics/errors.ts";
export { excerpt } from "./basics/excerpt.ts";
export { requireAlgorithm, requireDigest, type SupportedDigest } from "./basics/require-digest.ts";
export { isRecord } from "./basics/is-record.ts";
export { onAbort } from "./basics/on-abort.ts";
export { readBlobSource, type BlobChunks, type BlobSource } from "./content/blob-source.ts";
export { computeDigest, type ComputeDigestOptions, type HashOptions } from "./content/compute-digest.ts";
export { concatBytes, createHasher, type Hasher, type HasherFactory } from "./content/hasher.ts";
export { wrongDigest, wrongSize, type ContentOrigin } from "./content/mismatch.ts";
export { readVerified, verifyStream, type VerifyStreamOptions } from "./content/verify-stream.ts";
export { annotationKeys } from "./documents/annotations.ts";
export {
  emptyDescriptor,
  type Annotations,
  type BlobDescriptor,
  type Descriptor,
  type Platform,
} from "./documents/descriptor.ts";
export type { ImageIndex, ImageManifest } from "./documents/manifest.ts";
export {
  dockerMediaTypes,
  isMediaType,
  manifestKind,
  ociMediaTypes,
  octetStream,
  stripMediaTypeParameters,
  type ManifestKind,
} from "./documents/media-types.ts";
export { checkManifest, parseManifest, type ParsedManifest } from "./documents/parse-manifest.ts";
export { scanDocument } from "./documents/scan-document.ts";
export { validateDescriptor, validateImageIndex, validateImageManifest } from "./documents/validate.ts";
export type { BlobReader } from "./registry/blob-reader.ts";
export { collect } from "./registry/collect.ts";
export type * from "./registry/registry.ts";
