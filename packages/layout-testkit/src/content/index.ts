export { blob, emptyBlob, json, layer, type Awaitable, type Content } from "./blob.ts";
export { artifact, image, imageConfig, type ArtifactOptions, type ImageOptions } from "./image.ts";
export { index } from "./image-index.ts";
export type { ManifestContent, ManifestOptions } from "./manifest.ts";
export { pushContent } from "./push.ts";
