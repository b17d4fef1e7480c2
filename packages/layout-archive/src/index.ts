export { openArchive, type ArchiveRegistry } from "./open-archive.ts";
export type { ArchiveLimits, OpenArchiveOptions } from "./reading/options.ts";
