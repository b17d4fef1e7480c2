export { buildIndex, type BuildIndexOptions, type ListedManifest } from "./change/build-index.ts";
export { changeImage, type ChangedImage, type ImageChanges } from "./change/change-image.ts";
export type { ConfigChanges } from "./change/config-changes.ts";
export { createIndex, type CreateIndexOptions } from "./change/create-index.ts";
export { editImage, type EditImageOptions, type EditImageReport } from "./change/edit-image.ts";
export { annotate, appendLayer, setConfig } from "./change/edits.ts";
export type { PreparedLayer } from "./change/prepared-layer.ts";
export { tag, type TagOptions } from "./change/tag.ts";
export type { TextChanges } from "./change/text-changes.ts";
export { copy } from "./copy/copy.ts";
export type { CopyLimits, CopyOptions, CopyOutcome, CopyProgress, CopySource } from "./copy/options.ts";
export type { CopyReport } from "./copy/report.ts";
export { sync, type RepositoryOf, type SyncedTag, type SyncOptions } from "./copy/sync.ts";
export { createLayer, type CreatedLayer } from "./create-layer/create-layer.ts";
export type { LayerContent, LayerFile, LayerFiles } from "./create-layer/layer-file.ts";
export type { CreateLayerOptions, LayerCompression, PushLayerOptions } from "./create-layer/options.ts";
export { pushLayer } from "./create-layer/push-layer.ts";
export type { ImageFileReader } from "./layers/file-reader.ts";
export type { ImageFile } from "./layers/tree/image-file.ts";
export type { LayerProgress, ListFilesOptions } from "./layers/image-layers.ts";
export type { LayerPlace, LayerSource } from "./layers/layer-source.ts";
export type { LayerLimits } from "./layers/limits.ts";
export { listFiles } from "./layers/list-files.ts";
export { readFile, type ReadFileOptions } from "./layers/read-file.ts";
export { readLayer, type ReadLayerOptions } from "./layers/read-layer.ts";
export type { Place } from "./place/place.ts";
export { hostPlatform } from "./platform/host-platform.ts";
export { formatPlatform, parsePlatform } from "./platform/platform.ts";
export { selectPlatform } from "./platform/select-platform.ts";
export type { ImageConfig, ImageConfigDefaults, ImageHistory } from "./reading/image-config.ts";
export type { ImageSource } from "./reading/image-source.ts";
export { readImage, type ImageDocuments, type ReadImageOptions } from "./reading/read-image.ts";
export {
  readManifest,
  type ManifestContent,
  type ManifestSource,
  type ReadManifestOptions,
} from "./reading/read-manifest.ts";
export { walkManifest, type WalkOptions, type WalkStep } from "./reading/walk-manifest.ts";
