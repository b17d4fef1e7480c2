import { createWriteStream, statSync } from "node:fs";
import { Writable } from "node:stream";

import type { ImageToWrite, WriteArchiveOptions } from "@ocilayout/layout-archive";
import { collect, RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import { type Output, writeJson, writeText } from "../output/output.ts";
import { withProgress } from "../output/progress.ts";
import { countOf, printable } from "../output/text.ts";
import { rejectCompressed } from "../places/mistakes.ts";
import { nameOf, nameOfPlace } from "../places/reference.ts";
import type { OpenTarget, Target } from "../places/target.ts";
import { chooseImage } from "./choose-image.ts";
import { showTransfers } from "./transfer.ts";

/** Options of {@link saveImages}. */
export interface SaveImagesOptions {
  readonly platforms: readonly string[];
  readonly referrers: boolean;
  /** Whether each source means all tags of its repository. */
  readonly allTags: boolean;
  readonly dryRun: boolean;
  /** Whether to replace an existing file. */
  readonly force: boolean;
  readonly json: boolean;
  readonly output: Output;
  readonly signal: AbortSignal;
}

/**
 * Writes images to a new archive. The file appears when it is complete.
 *
 * @throws `RegistryError` `DENIED` if the file exists, without `force`; the errors of `writeArchive`.
 */
export async function saveImages(
  sources: readonly OpenTarget[],
  {
    directory: file,
    format = "oci",
    repository,
    tag,
  }: Pick<Target, "directory" | "repository" | "tag"> & {
    readonly format?: WriteArchiveOptions["format"];
  },
  { platforms, referrers, allTags, dryRun, force, json, output, signal }: SaveImagesOptions,
): Promise<undefined> {
  rejectCompressed(file);
  const found = statSync(file, { throwIfNoEntry: false });
  // Nothing replaces a device or a pipe: the archive goes into it.
  const isStream = found !== undefined && !found.isFile() && !found.isDirectory();
  if (found !== undefined && !isStream && !force)
    throw new RegistryError("DENIED", `cannot write ${excerpt(file)}: it exists; --force replaces it`);
  const images: ImageToWrite[] = [];
  for (const source of sources)
    for (const image of await imagesOf(source, { allTags, platforms, signal })) images.push(image);
  const [only] = images;
  // The text of the archive names its only image: images.tar:app:v1.
  if (only !== undefined && images.length === 1 && (repository ?? tag) !== undefined) {
    const known = only.name?.slice(only.name.lastIndexOf(":") + 1);
    images[0] = { ...only, name: nameOf(repository ?? only.repository, { tag: tag ?? known ?? "latest" }) };
  }
  if (!dryRun) {
    const { writeArchive } = await import("@ocilayout/layout-archive");
    await withProgress(output, `writing ${printable(file)}`, (progress) =>
      writeArchive(isStream ? Writable.toWeb(createWriteStream(file)) : file, images, {
        format,
        platforms: platforms.length > 1 ? platforms : undefined,
        referrers,
        signal,
        onProgress: showTransfers(progress),
      }),
    );
  }
  const names = images.map((image) => image.name ?? nameOfPlace(image));
  if (json) await writeJson(output, { archive: file, format, dryRun, images: names });
  else {
    for (const name of names) await writeText(output, printable(name));
    await writeText(
      output,
      `${dryRun ? "would write" : "wrote"} ${countOf(images.length, "image")} to ${printable(file)}`,
    );
  }
  return undefined;
}

/** Returns the images that a source means: one, or all tags of its repository. With one platform, the image for it. */
export async function imagesOf(
  source: OpenTarget,
  { allTags, platforms, signal }: Pick<SaveImagesOptions, "allTags" | "platforms" | "signal">,
): Promise<ImageToWrite[]> {
  const { registry, repository } = source;
  const tags = allTags ? await collect(registry.tags(repository, { signal })) : [source.tag];
  const images: ImageToWrite[] = [];
  for (const tag of tags) {
    const { from, tag: name } = await chooseImage({ ...source, tag }, platforms, signal);
    images.push(name === undefined ? from : { ...from, name: nameOf(from.repository, { tag: name }) });
  }
  return images;
}
