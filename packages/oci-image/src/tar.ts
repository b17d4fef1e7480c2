export { encodeText as encodeTarText } from "./tar/format/text.ts";
export type { TarEntryType } from "./tar/format/types.ts";
export type { TarFile } from "./tar/reading/file-input.ts";
export type { SparseSegment, TarHeader } from "./tar/reading/header.ts";
export type { ReadTarOptions, TarLimits } from "./tar/reading/limits.ts";
export { indexTar, readTar, type TarEntry } from "./tar/reading/read-tar.ts";
export type { TarEntryInit } from "./tar/writing/entry-init.ts";
export { writeTar, type WriteTarOptions } from "./tar/writing/write-tar.ts";
