export { findObstacle, type Obstacle } from "./find-obstacle.ts";
export { findLayout, type FoundLayout, type LayoutReference } from "./find-layout.ts";
export type { GcOptions, GcReport } from "./garbage.ts";
export { readImageConfig, resolvePlatform, type ImageConfig } from "./image-config.ts";
export { inspectDirectory, type DirectoryKind } from "./inspect-directory.ts";
export type { ManifestListing } from "./lister.ts";
export { mountBetween } from "./mount-between.ts";
export { openLayout, type LayoutRegistry } from "./open-layout.ts";
export type { LayoutOptions } from "./options.ts";
export {
  formatPlatform,
  hostPlatform,
  isAttestation,
  normalizePlatform,
  parsePlatform,
  selectPlatform,
} from "./platform.ts";
export { nameOfEntry, type EntryName } from "./ref-name.ts";
export type { Finding, FindingKind, VerifyOptions } from "./verify.ts";
export { walkManifest, type ManifestSource, type WalkOptions, type WalkStep } from "./walk-manifest.ts";
