import type { ImageSource, Place } from "@ocilayout/oci-image";
import { readManifest } from "@ocilayout/oci-image";
import type { CallOptions, ImageManifest } from "@ocilayout/oci-types";
import { ociMediaTypes } from "@ocilayout/oci-types";

/** The kind of a manifest. An artifact has a type; that of an old artifact is the media type of its config. */
export type ManifestKind =
  | { readonly kind: "image" | "index" | "other" }
  | { readonly kind: "artifact"; readonly artifactType: string };

const IMAGE_CONFIGS: ReadonlySet<string> = new Set([
  ociMediaTypes.imageConfig,
  "application/vnd.docker.container.image.v1+json",
]);

/** Whether a manifest is that of an image, and not of an artifact. */
export function isImage({ config }: Pick<ImageManifest, "config">): boolean {
  return IMAGE_CONFIGS.has(config.mediaType);
}

/**
 * Returns what the manifest at a place is.
 *
 * @throws The errors of `readManifest`.
 */
export async function kindOfManifest(place: Place<ImageSource>, options: CallOptions): Promise<ManifestKind> {
  const { kind, document } = await readManifest(place, options);
  if (kind === "opaque") return { kind: "other" };
  if (kind === "index") return { kind };
  if (isImage(document)) return { kind };
  return { kind: "artifact", artifactType: document.artifactType ?? document.config.mediaType };
}
