import type { ImageManifest } from "@ocilayout/oci-types";
import { ociMediaTypes, RegistryError } from "@ocilayout/oci-types";
import { checkManifest, cloneJson, requireArray, requireObject } from "@ocilayout/oci-types/authors";

import type { ImageConfig } from "../reading/image-config.ts";
import { isImageConfig } from "../reading/image-config.ts";
import type { ImageDocuments } from "../reading/read-image.ts";
import type { CheckedConfigChanges, ConfigChanges } from "./config-changes.ts";
import { changeConfig, requireConfigChanges } from "./config-changes.ts";
import { changeMembers } from "./members.ts";
import type { PreparedLayer } from "./prepared-layer.ts";
import { appendLayers, requireLayer } from "./prepared-layer.ts";
import { nameContent, pointAt, rewrite } from "./rewrite.ts";
import type { CheckedTextChanges, TextChanges } from "./text-changes.ts";
import { changeTexts, requireTextChanges } from "./text-changes.ts";

/** Changes of an image. An absent member changes nothing. */
export interface ImageChanges {
  /** Changes of the defaults for running a container. */
  readonly config?: ConfigChanges | undefined;
  /** Annotations of the manifest, by name: a new value, or `null` to remove one. Others stay, in their order. */
  readonly annotations?: TextChanges | undefined;
  /** Layers to append, the lowest first. */
  readonly layers?: readonly PreparedLayer[] | undefined;
}

/** Checked {@link ImageChanges}. */
export interface CheckedImageChanges {
  readonly config: CheckedConfigChanges | undefined;
  readonly annotations: CheckedTextChanges | undefined;
  readonly layers: readonly PreparedLayer[];
}

/** An image after a change. A document that did not change has no bytes: its original bytes stay. */
export interface ChangedImage extends Pick<ImageDocuments, "manifest" | "config"> {
  /** The bytes of `manifest`, to push with `pushManifest`. */
  readonly manifestBytes?: Uint8Array | undefined;
  /** The bytes of `config`, to push with `pushBlob`. `manifest.config` has their digest and size. */
  readonly configBytes?: Uint8Array | undefined;
}

/**
 * Changes the documents of an image, without a registry. It does not change its arguments, and does not read the content of
 * layers.
 *
 * - Unknown members stay, and all members keep their order. New members come last.
 * - The same change of the same image has the same bytes: `created` stays as it is.
 * - A layer is appended to the layers, to `rootfs.diff_ids` and to the history. A history that does not have one entry for
 *   each layer before stays as it is.
 * - The media type of a layer with gzip becomes Docker's in a Docker manifest, and OCI's in an OCI manifest.
 * - The new config has a digest of the same algorithm as the old one. `data` and `urls` of its descriptor are removed.
 *
 * @throws TypeError for a value of another type.
 * @throws `RegistryError` with one of these codes:
 *
 * - `MANIFEST_INVALID`: a document, a descriptor or a value of a change is invalid. A name in `env` is invalid if it is empty
 *   or has an equals sign, and text for a process if it has a NUL. The manifest has another number of layers than the config.
 *   A document has a number beyond 2^53 - 1, which JavaScript rounds.
 * - `DIGEST_INVALID`: `diffId` is not a digest.
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/config.md#properties}
 */
export async function changeImage(
  image: Pick<ImageDocuments, "manifest" | "config">,
  changes: ImageChanges,
): Promise<ChangedImage> {
  requireObject(image, "an image");
  const { manifest, config } = image;
  requireObject(manifest, "a manifest");
  requireObject(config, "a config");
  const checked = requireImageChanges(changes);
  if (checkManifest(manifest, manifest.mediaType ?? ociMediaTypes.imageManifest).kind !== "image")
    throw new RegistryError("MANIFEST_INVALID", "the manifest is not the manifest of an image");
  if (!isImageConfig(config))
    throw new RegistryError("MANIFEST_INVALID", "the config is not an image config");
  return applyChanges({ manifest: cloneJson(manifest), config: cloneJson(config) }, checked);
}

/** Checks changes as {@link changeImage} does, and copies them. */
export function requireImageChanges(changes: ImageChanges): CheckedImageChanges {
  requireObject(changes, "changes");
  const { config, annotations, layers = [] } = changes;
  requireArray(layers, "layers");
  return {
    config: config === undefined ? undefined : requireConfigChanges(config),
    annotations: annotations === undefined ? undefined : requireTextChanges(annotations, "annotations"),
    layers: layers.map(requireLayer),
  };
}

/** Applies checked changes to valid documents, as {@link changeImage} does. */
export async function applyChanges(
  image: Pick<ImageDocuments, "manifest" | "config">,
  { config: configChanges, annotations, layers }: CheckedImageChanges,
): Promise<ChangedImage> {
  requireSameLayers(image.manifest, image.config);
  const appended = appendLayers(image, layers);
  const config = rewrite(
    image.config,
    configChanges === undefined ? appended.config : changeConfig(appended.config, configChanges),
  );
  const descriptor =
    config.bytes === undefined
      ? image.manifest.config
      : pointAt(image.manifest.config, await nameContent(config.bytes, image.manifest.config));
  const annotated = annotateDocument(appended.manifest, annotations);
  const manifest = rewrite(image.manifest, changeMembers(annotated, [["config", descriptor]]));
  return {
    manifest: manifest.document,
    config: config.document,
    manifestBytes: manifest.bytes,
    configBytes: config.bytes,
  };
}

function requireSameLayers({ layers }: ImageManifest, { rootfs }: ImageConfig): void {
  if (layers.length === rootfs.diff_ids.length) return;
  throw new RegistryError(
    "MANIFEST_INVALID",
    `the manifest has ${layers.length} layers, but its config has ${rootfs.diff_ids.length} in rootfs.diff_ids`,
  );
}

/** Applies changes of annotations to a manifest or an index. */
export function annotateDocument<Document extends Pick<ImageManifest, "annotations">>(
  document: Document,
  changes: CheckedTextChanges | undefined,
): Document {
  if (changes === undefined) return document;
  return changeMembers(document, [["annotations", changeTexts(document.annotations, changes)]]);
}
