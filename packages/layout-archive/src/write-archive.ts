import { copy, readImage, readManifest } from "@ocilayout/oci-image";
import type { CopySource, Place } from "@ocilayout/oci-image";
import { layoutNames, layoutVersion } from "@ocilayout/oci-types";

import { DOCKER_MANIFEST } from "./docker/docker-items.ts";
import { makeDockerManifest, makeIndex, type WrittenImage } from "./writing/archive-documents.ts";
import { ArchiveTarget } from "./writing/archive-target.ts";
import { FileOutput } from "./writing/file-output.ts";
import {
  requireImages,
  requireWriteOptions,
  type CheckedImage,
  type CheckedWriteOptions,
  type ImageToWrite,
  type WriteArchiveOptions,
} from "./writing/options.ts";
import type { Output } from "./writing/output.ts";
import { StreamOutput } from "./writing/stream-output.ts";
import { watchSource } from "./writing/watched-source.ts";
import { TarOutput } from "./writing/tar-output.ts";

/**
 * Writes images to a tar archive. Each blob is read and written once, in one pass, and verified. The same images always result
 * in the same bytes.
 *
 * A file appears when it is complete: it is written beside its name, synced, and renamed. A stream receives the archive block
 * by block, never faster than it takes them, and is closed; after an error it is aborted.
 *
 * @param target - The path of a file, which may exist, or a stream.
 * @param images - The images to write, in any registry. Names of different images must differ.
 * @throws TypeError or RangeError if an argument has the wrong type or value.
 * @throws `RegistryError` with one of these codes. No file was changed then.
 *
 * - `NAME_INVALID`: a name or a place is invalid.
 * - `UNSUPPORTED`: an image cannot be written in the format `"docker"`.
 * - `STORAGE_FAILED`: the file cannot be written. If `detail.committed` is true, it was written, but may not survive a power
 *   failure.
 * - Any code of `copy` and of the registries.
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-layout.md}
 * @see {@link https://github.com/moby/docker-image-spec/blob/main/v1.2.md#combined-image-json--filesystem-changeset-format}
 */
export async function writeArchive(
  target: string | WritableStream<Uint8Array>,
  images: readonly ImageToWrite[],
  options: WriteArchiveOptions = {},
): Promise<void> {
  const checked = requireWriteOptions(options);
  const wanted = requireImages(images);
  checked.signal?.throwIfAborted();
  const output = await openOutput(target, checked);
  const tar = new TarOutput(output);
  try {
    await writeImages(tar, wanted, checked);
    checked.signal?.throwIfAborted();
    await tar.finish();
  } catch (error) {
    await tar.abort(error);
    throw error;
  }
}

async function openOutput(
  target: string | WritableStream<Uint8Array>,
  { durable, signal }: CheckedWriteOptions,
): Promise<Output> {
  if (typeof target === "string") {
    if (target === "" || target.includes("\0")) throw new TypeError("a path must be the path of a file");
    return FileOutput.create(target, durable);
  }
  if (target instanceof WritableStream) return new StreamOutput(target, signal);
  throw new TypeError("the target of an archive must be a path or a WritableStream");
}

async function writeImages(
  tar: TarOutput,
  images: readonly CheckedImage[],
  options: CheckedWriteOptions,
): Promise<void> {
  const isLayout = options.format !== "docker";
  const target = new ArchiveTarget(tar, isLayout);
  if (isLayout)
    await tar.document(layoutNames.header, encode(JSON.stringify({ imageLayoutVersion: layoutVersion })));
  const copied: Copied[] = [];
  for (const image of images) copied.push(await copyImage(image, target, options));
  const written: WrittenImage[] = copied.map((image) => ({
    ...image,
    companions: options.copying.referrers === true ? target.companionsOf(image.descriptor.digest) : [],
  }));
  if (isLayout) await tar.document(layoutNames.index, makeIndex(written));
  if (options.format !== "oci")
    await tar.document(DOCKER_MANIFEST, await makeDockerManifest(written, target, options));
}

type Copied = Omit<WrittenImage, "companions">;

/** Copies an image to the archive. The tag of the source may move meanwhile, so it is resolved once. */
async function copyImage(
  { place, name }: CheckedImage,
  target: ArchiveTarget,
  { format, copying }: CheckedWriteOptions,
): Promise<Copied> {
  const { signal, maxManifestBytes, platforms } = copying;
  const reading = { signal, maxManifestBytes };
  const { descriptor: chosen } =
    format === "docker"
      ? await readImage(place, { ...reading, platform: platforms?.[0] })
      : await readManifest(place, reading);
  const pinned: Place<CopySource> = { ...place, reference: chosen.digest };
  const source = watchSource(place.registry, (digest) => {
    target.pass(digest);
  });
  const { descriptor } = await copy({ ...pinned, registry: source }, target.place, copying);
  await target.writeManifests();
  return { place: pinned, name, descriptor };
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
