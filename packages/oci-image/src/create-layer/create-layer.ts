import { RegistryError } from "@ocilayout/oci-types";
import { concatBytes } from "@ocilayout/oci-types/authors";

import type { PreparedLayer } from "../change/prepared-layer.ts";
import type { LayerFiles } from "./layer-file.ts";
import type { CreateLayerOptions } from "./options.ts";
import { requireLayerOptions } from "./options.ts";
import { LayerPlan } from "./plan-layer.ts";
import { writeLayer } from "./write-layer.ts";

/** A layer with its bytes. */
export interface CreatedLayer extends PreparedLayer {
  /** The compressed layer. */
  readonly content: Uint8Array<ArrayBuffer>;
}

/**
 * Makes a layer in memory, for `appendLayer` and other functions that take a `PreparedLayer`. For a large layer use
 * `pushLayer`, which keeps only one chunk in memory.
 *
 * The uncompressed bytes, and so the `diffId`, depend only on the files and the options, not on the order of the files.
 * Compressed bytes are the same only within one version of Node or of a browser.
 *
 * - Entries are sorted by the bytes of their paths, a directory before its content.
 * - Owners default to 0 without names, times to 0, and modes to 0o755 for directories and 0o644 for files.
 * - A hard link must name a file of the layer, and gets its attributes. The first name of a file gets the content, and the
 *   others become links to it.
 *
 * @param files - The files, in any order. Contents are opened one at a time, when they are written. Contents that are not
 * read are cancelled or returned, unless an option is invalid.
 * @throws TypeError or RangeError for a value of another type, or a number that cannot be written.
 * @throws `RegistryError` with one of these codes:
 *
 * - `NAME_INVALID`: a path is invalid, occurs twice or is below a file, or a link has no target in the layer.
 * - `SIZE_INVALID`: the layer is larger than `maxBytes`, or a content has another size than stated.
 * - `UNSUPPORTED`: the platform does not have the compression, or cannot hash more than 64 MiB without `createHasher`.
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/layer.md}
 */
export async function createLayer(
  files: LayerFiles,
  options: CreateLayerOptions = {},
): Promise<CreatedLayer> {
  const checked = requireLayerOptions(options);
  const { maxBytes } = checked;
  const plan = await LayerPlan.of(files, checked);
  try {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const layer = await writeLayer(plan, checked, async (chunk) => {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk.slice());
    });
    return { ...layer, content: concatBytes(chunks, size) };
  } finally {
    await plan.release();
  }
}

function tooLarge(limit: number): RegistryError {
  return new RegistryError(
    "SIZE_INVALID",
    `cannot make a layer of more than ${limit} bytes in memory: use pushLayer`,
    { detail: { limit } },
  );
}
