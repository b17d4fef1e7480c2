import { requireObject } from "@ocilayout/oci-types/authors";

import type { Place } from "../place/place.ts";
import type { ConfigChanges } from "./config-changes.ts";
import type { EditImageOptions, EditImageReport } from "./edit-image.ts";
import { editImage } from "./edit-image.ts";
import type { PreparedLayer } from "./prepared-layer.ts";
import type { TextChanges } from "./text-changes.ts";

/**
 * Changes the defaults for running a container: environment, entry point, arguments, labels, user and working directory. In
 * an index it changes every image, or the one for `platform`.
 *
 * @throws `RegistryError` with the codes of {@link editImage}.
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/config.md#properties}
 */
export async function setConfig(
  at: Place,
  changes: ConfigChanges,
  options: EditImageOptions = {},
): Promise<EditImageReport> {
  requireObject(changes, "changes of a config");
  return editImage(at, { config: changes }, options);
}

/**
 * Changes the annotations of a manifest: of an image, an artifact or an index. With `platform`, it changes those of an image
 * in the index.
 *
 * @param annotations - A new value for each name, or `null` to remove an annotation. Others stay.
 * @throws `RegistryError` with the codes of {@link editImage}.
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/annotations.md}
 */
export async function annotate(
  at: Place,
  annotations: TextChanges,
  options: EditImageOptions = {},
): Promise<EditImageReport> {
  requireObject(annotations, "annotations");
  return editImage(at, { annotations }, options);
}

/**
 * Appends a layer to an image. In an index it appends it to every image, or to the one for `platform`.
 *
 * @throws `RegistryError` with the codes of {@link editImage}.
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/layer.md}
 */
export async function appendLayer(
  at: Place,
  layer: PreparedLayer,
  options: EditImageOptions = {},
): Promise<EditImageReport> {
  return editImage(at, { layers: [layer] }, options);
}
