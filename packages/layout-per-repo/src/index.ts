export type { PerRepositoryGcReport, RepositoryFinding } from "./maintenance.ts";
export type { PerRepositoryOptions } from "./options.ts";
export { openPerRepository, type PerRepositoryRegistry } from "./per-repository.ts";
