import { mkdir, mkdtemp, open, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";

import type { CallOptions, Descriptor, RegistryReader } from "@ocilayout/oci-types";
import { createBlobReader } from "@ocilayout/oci-backend";
import { annotationKeys, RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import { planPlaces, putInPlace } from "./places.ts";

/** A layer that has a title, and so is a file. */
export interface TitledLayer {
  /** Its path, within the directory it is written to. */
  readonly title: string;
  /** What it holds. */
  readonly descriptor: Descriptor;
}

/** Options of {@link pullFiles}. */
export interface PullFilesOptions extends CallOptions {
  /** Whether files that are there are replaced. Default false. */
  readonly force?: boolean | undefined;
  /** Told of each layer before it is read. */
  readonly onFile?: ((layer: TitledLayer) => void) | undefined;
}

/** What oras annotates a directory with: the layer is an archive of it, to be unpacked. */
const UNPACK = "io.deis.oras.content.unpack";

/**
 * The layers that have titles, in order.
 *
 * @throws `RegistryError` `UNSUPPORTED` for a layer that is an archived directory: as a file it would be something else.
 */
export function titledLayers(layers: readonly Descriptor[]): TitledLayer[] {
  return layers.flatMap((descriptor) => {
    const { annotations = {} } = descriptor;
    const title = annotations[annotationKeys.title];
    if (title === undefined) return [];
    if (annotations[UNPACK] !== "true") return [{ title, descriptor }];
    throw new RegistryError(
      "UNSUPPORTED",
      `cannot unpack the directory ${excerpt(title)}: save its archive with cat --blob PATH@${descriptor.digest}, and unpack that`,
    );
  });
}

/**
 * Writes layers back as files below `directory`. All titles are looked at first, then all content is read and verified,
 * and only then the first file appears: whole, under its name.
 *
 * @throws `RegistryError` `NAME_INVALID` for a title that leads out of the directory, `DENIED` for a file that is there;
 * whatever the registry rejects with.
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
    // Where nothing was put into a directory that was made for it, none is left behind.
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
    // Verified against what the manifest says, whose size the registry does not know.
    for await (const chunk of createBlobReader(descriptor, blob, options)) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
    await blob.close();
  }
}
