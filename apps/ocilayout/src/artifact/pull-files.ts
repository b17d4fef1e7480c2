import { mkdir, mkdtemp, open, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";

import type { CallOptions, Descriptor, RegistryReader } from "@ocilayout/oci-types";
import { createBlobReader } from "@ocilayout/oci-backend";
import { annotationKeys, RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import { planPlaces, putInPlace } from "./places.ts";

/** A layer with a title, which is written as a file. */
export interface TitledLayer {
  /** The path of the file within the output directory. */
  readonly title: string;
  /** The descriptor of the layer. */
  readonly descriptor: Descriptor;
}

/** Options of {@link pullFiles}. */
export interface PullFilesOptions extends CallOptions {
  /** Whether to replace existing files. Defaults to false. */
  readonly force?: boolean | undefined;
  /** Called with each layer before it is read. */
  readonly onFile?: ((layer: TitledLayer) => void) | undefined;
}

/** The annotation of oras for a directory: the layer is an archive to unpack. */
const UNPACK = "io.deis.oras.content.unpack";

/**
 * Returns the layers with a title, in order.
 *
 * @throws `RegistryError` `UNSUPPORTED` for a layer that is an archived directory, which cannot be written as a file.
 */
export function titledLayers(layers: readonly Descriptor[]): TitledLayer[] {
  return layers.flatMap((descriptor) => {
    const { annotations = {} } = descriptor;
    const title = annotations[annotationKeys.title];
    if (title === undefined) return [];
    if (annotations[UNPACK] !== "true") return [{ title, descriptor }];
    throw new RegistryError(
      "UNSUPPORTED",
      `cannot unpack the directory ${excerpt(title)}: write its archive to a file with cat --blob PATH@${descriptor.digest}, and unpack that`,
    );
  });
}

/**
 * Writes layers as files below `directory`. It first checks all titles, then reads and verifies all content. Only then do
 * the files appear, each of them whole.
 *
 * @throws `RegistryError` `NAME_INVALID` for a title that leads out of the directory, `DENIED` for a file that exists, and
 * the errors of the registry.
 */
export async function pullFiles(
  registry: Pick<RegistryReader, "getBlob">,
  repository: string,
  layers: readonly TitledLayer[],
  directory: string,
  { force = false, signal, onFile }: PullFilesOptions = {},
): Promise<void> {
  const places = await planPlaces(
    directory,
    layers.map(({ title }) => title),
    force,
  );
  const made = await mkdir(directory, { recursive: true });
  const stage = await mkdtemp(join(directory, ".ocilayout-pull-"));
  try {
    for (const [place, layer] of layers.entries()) {
      onFile?.(layer);
      await download(registry, repository, layer.descriptor, join(stage, String(place)), { signal });
    }
    for (const [place, components] of places.entries())
      await putInPlace(join(stage, String(place)), directory, components, force);
  } finally {
    await rm(stage, { recursive: true, force: true });
    // Removes a new directory if it stayed empty.
    if (made !== undefined) await rmdir(directory).catch(() => undefined);
  }
}

async function download(
  registry: Pick<RegistryReader, "getBlob">,
  repository: string,
  descriptor: Descriptor,
  path: string,
  options: CallOptions,
): Promise<void> {
  const blob = await registry.getBlob(repository, descriptor.digest, options);
  const file = await open(path, "wx");
  try {
    // Verifies against the descriptor in the manifest, because the registry does not know that size.
    for await (const chunk of createBlobReader(descriptor, blob, options)) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
    await blob.close();
  }
}
