export type { AnyIterable, Backend, OpenContent, StoredContent, UploadSession } from "./backend/backend.ts";
export type * from "./backend/calls.ts";
export type { Awaitable } from "./checks/awaitable.ts";
export { backendOf, closeWriters, defineBackend, sameBackend } from "./backend/define-backend.ts";
export { memoryUploads, type MemoryUploadsOptions } from "./uploads/memory-uploads.ts";
export type { CheckedDescriptor, PushedManifest, StoredManifest } from "./manifest/pushed-manifest.ts";
export {
  artifactTypeOf,
  asReferrer,
  childrenOf,
  describeReferrer,
  findDescriptors,
  type ReadableManifest,
  readChild,
  referencesOf,
  subjectOf,
} from "./manifest/relations.ts";
export { listOf } from "./backend/listing.ts";
export { createBlobReader, type BlobReaderOptions } from "./content/blob-reader.ts";
export { markVerified } from "./content/verified.ts";
export { checkReferences, type StoredReferences } from "./checks/check-references.ts";
export { takeTurns, type Turns } from "./event-loop/turns.ts";
export { isPauseDue, pause, pauseIfDue } from "./event-loop/pace.ts";
export { beginCall } from "./backend/begin.ts";
export { defineRegistry } from "./define-registry.ts";
export {
  manifestTooLarge,
  missingReferences,
  preconditionFailed,
  rangeOutside,
  readOnly,
  stillReferenced,
  unknownBlob,
  unknownManifest,
  unknownRepository,
  unknownTag,
  unknownUpload,
  uploadBusy,
  wasClosed,
  writerClosed,
  wrongDigest,
  wrongMediaType,
  wrongOffset,
  wrongSize,
} from "./checks/errors.ts";
export type { Page } from "./checks/page.ts";
export type { Reading } from "./checks/reading.ts";
export { requirePrecondition } from "./checks/precondition.ts";
export { requireCurrent } from "./checks/require-current.ts";
