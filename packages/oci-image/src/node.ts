export { filesOf, type DirectoryFileType, type FilesOfOptions } from "./extract/files-of.ts";
export { extractTo } from "./extract/extract-to.ts";
export type { ExtractOptions, ExtractProgress, ExtractReport, SkippedFile } from "./extract/options.ts";
