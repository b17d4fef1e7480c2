export {
  maxDurationMs,
  requireCount,
  requireDuration,
  requireFlag,
  requireObject,
  requirePage,
  requirePrecondition,
  requireSignal,
  requireString,
  type Page,
} from "./arguments.ts";
export { createBlobReader, type BlobReader, type BlobReaderOptions } from "./blob-reader.ts";
export { readBlobSource, requireBytes, type BlobChunks, type BlobSource } from "./blob-source.ts";
export { cloneJson } from "./clone-json.ts";
export { collect } from "./collect.ts";
export { defineRegistry } from "./define-registry.ts";
export * from "./digest.ts";
export * from "./errors.ts";
export {
  createHasher,
  createOneShotHasher,
  maxOneShotHashBytes,
  type Hasher,
  type HasherFactory,
} from "./hasher.ts";
export { onAbort } from "./on-abort.ts";
export type * from "./registry.ts";
export {
  computeDigest,
  requireAlgorithm,
  verifyStream,
  type ComputeDigestOptions,
  type HashOptions,
} from "./verify-stream.ts";
export { annotationKeys } from "./annotations.ts";
export { emptyDescriptor, type Annotations, type Descriptor, type Platform } from "./descriptor.ts";
export type { ImageIndex, ImageManifest } from "./manifest.ts";
export {
  dockerMediaTypes,
  isMediaType,
  manifestKind,
  ociMediaTypes,
  octetStream,
  stripMediaTypeParameters,
  type ManifestKind,
} from "./media-types.ts";
export { checkManifest, parseManifest, type ParsedManifest } from "./parse-manifest.ts";
export { maxDocumentDepth, maxDocumentNames, maxDocumentValues, scanDocument } from "./scan-document.ts";
export type { Problem } from "./problems.ts";
export { validateDescriptor, validateImageIndex, validateImageManifest } from "./validate.ts";
