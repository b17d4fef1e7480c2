export type { Place } from "./place/place.ts";
export { hostPlatform } from "./platform/host-platform.ts";
export { formatPlatform, parsePlatform } from "./platform/platform.ts";
export { selectPlatform } from "./platform/select-platform.ts";
export type { ImageConfig, ImageConfigDefaults, ImageHistory } from "./reading/image-config.ts";
export type { ImageSource } from "./reading/image-source.ts";
export { readImage, type Image, type ReadImageOptions } from "./reading/read-image.ts";
export {
  readManifest,
  type ManifestContent,
  type ManifestSource,
  type ReadManifestOptions,
} from "./reading/read-manifest.ts";
export { walkManifest, type WalkOptions, type WalkStep } from "./reading/walk-manifest.ts";
