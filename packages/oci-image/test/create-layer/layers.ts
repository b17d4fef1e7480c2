import { gunzipSync } from "node:zlib";

import { createLayer, type CreatedLayer } from "../../src/create-layer/create-layer.ts";
import type { LayerFiles } from "../../src/create-layer/layer-file.ts";
import type { CreateLayerOptions } from "../../src/create-layer/options.ts";
import { read, type WholeEntry } from "../tar/archives.ts";

/** Makes a layer and reads its entries. */
export async function entriesOf(
  files: LayerFiles,
  options: CreateLayerOptions = {},
): Promise<readonly WholeEntry[]> {
  const { content } = await createLayer(files, { compression: "none", ...options });
  return read(content, { requireEnd: true });
}

/** Makes a layer and returns the paths of its entries. */
export async function pathsOf(files: LayerFiles, options: CreateLayerOptions = {}): Promise<string[]> {
  return (await entriesOf(files, options)).map(({ path }) => path);
}

/** Returns the archive of a layer that is compressed with gzip. */
export function unzip({ content }: CreatedLayer): Uint8Array {
  return gunzipSync(content);
}
