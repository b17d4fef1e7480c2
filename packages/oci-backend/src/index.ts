export { createBlobReader, type BlobReaderOptions } from "./blob-reader.ts";
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
  writerClosed,
  wrongDigest,
  wrongOffset,
  wrongSize,
} from "./errors.ts";
export { requirePage, type Page } from "./page.ts";
export { requirePrecondition } from "./precondition.ts";
