import { openLayout } from "@ocilayout/layout-core";
import { ociMediaTypes } from "@ocilayout/oci-types";

import { bytes, describe, GIB, MIB } from "./content.ts";

/** The number of layers of the image in {@link makeImage}. */
export const LAYERS = 1_000;
/** The size of each layer, in bytes. */
export const LAYER_BYTES: number = Math.floor((GIB * MIB) / LAYERS);

const CONFIG = bytes("{}");
const LAYER = Buffer.alloc(LAYER_BYTES);

/** Returns a layer that differs from the others by its number. All share one memory, which would count as that of archives. */
export function layerOf(number: number): Buffer {
  return LAYER.fill(`layer ${number}\n`);
}

/** Makes a layout with an image of {@link LAYERS} layers, which have {@link GIB} mebibytes in total: `a:v1`. */
export async function makeImage(directory: string): Promise<void> {
  const registry = await openLayout(directory, { durability: "none" });
  const config = describe(CONFIG, ociMediaTypes.imageConfig);
  await registry.pushBlob("a", config, CONFIG);
  const layers = [];
  for (let number = 0; number < LAYERS; number += 1) {
    const content = layerOf(number);
    const descriptor = describe(content, ociMediaTypes.layer);
    await registry.pushBlob("a", descriptor, content);
    layers.push(descriptor);
  }
  const mediaType = ociMediaTypes.imageManifest;
  const document = { schemaVersion: 2, mediaType, config, layers };
  await registry.pushManifest("a", bytes(JSON.stringify(document)), mediaType, { tags: ["v1"] });
  await registry.close();
}
