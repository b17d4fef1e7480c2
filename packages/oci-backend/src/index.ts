export { createBlobReader, type BlobReaderOptions } from "./blob-reader.ts";
export { defineRegistry } from "./define-registry.ts";
export { requirePage, type Page } from "./page.ts";
export { requirePrecondition } from "./precondition.ts";
