export {
  maxDurationMs,
  requireArray,
  requireCount,
  requireDuration,
  requireFlag,
  requireObject,
  requireOneOf,
  requireSignal,
  requireString,
} from "./basics/arguments.ts";
export { requireBytes } from "./basics/bytes.ts";
export { cloneJson } from "./basics/clone-json.ts";
export { explainDigest, maxDigestLength } from "./basics/digest.ts";
export { isDistributionErrorCode } from "./basics/error-codes.ts";
export { excerpt } from "./basics/excerpt.ts";
export { isRecord } from "./basics/is-record.ts";
export { nextTurn } from "./basics/next-turn.ts";
export { onAbort } from "./basics/on-abort.ts";
export { requireAlgorithm, requireDigest, type SupportedDigest } from "./basics/require-digest.ts";
export { readBlobSource, type BlobChunks } from "./content/blob-source.ts";
export { concatBytes, createHasher } from "./content/hasher.ts";
export { wrongDigest, wrongSize, type ContentOrigin } from "./content/mismatch.ts";
export { SpareBuffers } from "./content/spare-buffers.ts";
export { isUnshared, markUnshared, passUnshared } from "./content/unshared.ts";
export { readVerified } from "./content/verify-stream.ts";
export { stripMediaTypeParameters } from "./documents/media-types.ts";
export { checkManifest } from "./documents/parse-manifest.ts";
export { scanDocument } from "./documents/scan-document.ts";
export { JsonTextError, scanMembers, skipSpace } from "./documents/scan-json.ts";
export type { MemberSpan, MemberSpans } from "./documents/scan-json.ts";
export { ChunkReader } from "./registry/chunk-reader.ts";
