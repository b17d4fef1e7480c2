export { openArchive, type ArchiveRegistry } from "./open-archive.ts";
export type { ArchiveLimits, OpenArchiveOptions } from "./reading/options.ts";
export { writeArchive } from "./write-archive.ts";
export type { ImageToWrite, WriteArchiveOptions } from "./writing/options.ts";
