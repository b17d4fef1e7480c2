export { readImageConfig, resolvePlatform, type ImageConfig } from "./image-config.ts";
export { formatPlatform, hostPlatform, parsePlatform, selectPlatform } from "./platform.ts";
export { walkManifest, type ManifestSource, type WalkOptions, type WalkStep } from "./walk-manifest.ts";
