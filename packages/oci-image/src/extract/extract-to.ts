import type { Descriptor } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";
import { excerpt, requireString } from "@ocilayout/oci-types/authors";

import { listFiles } from "../layers/list-files.ts";
import { readLayer } from "../layers/read-layer.ts";
import type { Place } from "../place/place.ts";
import { requirePlace, sibling } from "../place/place.ts";
import type { ImageSource } from "../reading/image-source.ts";
import { type ImageDocuments, readImage } from "../reading/read-image.ts";
import { type Host, thisHost } from "./disk.ts";
import { storageError } from "./errors.ts";
import { ExtractPlan, type PlannedContent, type PlannedFile } from "./extract-plan.ts";
import {
  type CheckedExtractOptions,
  type ExtractOptions,
  type ExtractReport,
  requireExtractOptions,
} from "./options.ts";
import { TreeWriter } from "./tree-writer.ts";

/**
 * Extracts the files of an image to a directory, as a container sees them.
 *
 * - Nothing outside the directory is written, changed or linked, also while another process changes the directory. On Linux
 *   this is guaranteed. On other systems every step is checked before and after, which leaves a short race.
 * - All layers are read and verified before the first file is written, and read again then.
 * - A file appears under its name when it is complete. If the call fails, the files that were written stay, and the unfinished
 *   one is removed. The directories then still have mode 0o700.
 * - Modes and times are restored. The owners and the setuid and setgid bits are only restored with `owners` and `setIds`. The
 *   directory itself keeps its attributes.
 * - Symlinks are created as they are, also if they point outside. Follow none of them in a directory that is not trusted.
 * - Devices, FIFOs and extended attributes are left out and reported, because Node cannot create them.
 *
 * @param directory - A path on this machine. It is created if it is missing, with its parents. It may be a link.
 * @throws TypeError or RangeError for a value of another type.
 * @throws `RegistryError` with a code of `listFiles`. Also:
 *
 * - `FILE_UNKNOWN`: the image has nothing at `path`.
 * - `STORAGE_FAILED`: the directory is not empty, two files of the image have one name on this file system, or the system
 *   reports an error. `detail.systemCode` is its code.
 * - `NAME_INVALID`: this system cannot have a file of the name.
 * - `SIZE_INVALID`: the files exceed `maxBytes`.
 * - `UNSUPPORTED`: with `owners`, the number of an owner is too large.
 */
export async function extractTo(
  at: Place<ImageSource>,
  directory: string,
  options: ExtractOptions = {},
): Promise<ExtractReport> {
  requireString(directory, "directory");
  return extractOn(thisHost(), at, directory, options);
}

/** Extracts as {@link extractTo} does, on any host. */
export async function extractOn(
  host: Host,
  at: Place<ImageSource>,
  directory: string,
  options: ExtractOptions,
): Promise<ExtractReport> {
  const checked = requireExtractOptions(options);
  const place = requirePlace(at);
  // Its progress is that of reading.
  const reading = { ...options, onProgress: undefined };
  const image = await readImage(place, reading);
  const plan = new ExtractPlan(host.platform, checked);
  // The tag may move meanwhile.
  for await (const file of listFiles(sibling(place, image.descriptor.digest), reading)) plan.add(file);
  plan.finish();
  prepareDirectory(host, directory, checked);
  const extraction = new Extraction(host, directory, plan, checked);
  try {
    await extraction.run(place, image, reading);
  } finally {
    extraction.close();
  }
  return extraction.report(image.descriptor);
}

/** Creates the directory if it is missing, and requires that it is empty. */
function prepareDirectory({ disk }: Host, directory: string, { overwrite }: CheckedExtractOptions): void {
  try {
    disk.mkdirSync(directory, { recursive: true });
    if (overwrite || disk.readdirSync(directory, { encoding: "buffer" }).length === 0) return;
  } catch (error) {
    throw storageError(error, "create the directory");
  }
  throw new RegistryError(
    "STORAGE_FAILED",
    "cannot extract to the directory: it is not empty, and overwrite is not set",
    { detail: { systemCode: "ENOTEMPTY" } },
  );
}

class Extraction {
  readonly #plan: ExtractPlan;
  readonly #options: CheckedExtractOptions;
  readonly #writer: TreeWriter;
  #entries = 0;
  #bytes = 0;

  constructor(host: Host, directory: string, plan: ExtractPlan, options: CheckedExtractOptions) {
    this.#plan = plan;
    this.#options = options;
    try {
      this.#writer = new TreeWriter(host, directory, options);
    } catch (error) {
      throw storageError(error, "open the directory");
    }
  }

  async run(place: Place<ImageSource>, image: ImageDocuments, reading: ExtractOptions): Promise<void> {
    const writer = this.#writer;
    const { directories, layers, symlinks } = this.#plan;
    for (const directory of directories)
      await this.#step(directory, async () => writer.makeDirectory(directory));
    for (const [at, layer] of image.manifest.layers.entries()) {
      const files = layers.get(layer.digest);
      if (files === undefined) continue;
      // A layer can occur twice in an image.
      layers.delete(layer.digest);
      await this.#writeLayer(place, layer, image.config.rootfs.diff_ids[at], files, reading);
    }
    // No symlink of the image exists while its files are written.
    for (const symlink of symlinks)
      await this.#writeWithLinks(symlink, async () => writer.writeSymlink(symlink));
    for (const directory of directories.toReversed())
      await this.#try(directory, async () => writer.completeDirectory(directory));
  }

  report(descriptor: Descriptor): ExtractReport {
    return { descriptor, entries: this.#entries, bytes: this.#bytes, skipped: this.#plan.skipped };
  }

  close(): void {
    this.#writer.close();
  }

  async #writeLayer(
    place: Place<ImageSource>,
    layer: Descriptor,
    diffId: string | undefined,
    files: Map<number, PlannedContent>,
    { signal, limits }: ExtractOptions,
  ): Promise<void> {
    for await (const { offset, content } of readLayer(place, layer, { diffId, signal, limits })) {
      const planned = files.get(offset);
      if (planned === undefined) continue;
      await this.#writeWithLinks(
        planned,
        async () => this.#writer.writeFile(planned, content),
        planned.file.size,
      );
    }
  }

  /** Writes a file and its hard links. */
  async #writeWithLinks(
    planned: PlannedContent,
    write: () => ReturnType<TreeWriter["writeFile"]>,
    size = 0,
  ): Promise<void> {
    const written = await this.#step(planned, write, size);
    for (const link of planned.links)
      await this.#step(link, async () => this.#writer.linkFile(link, planned, written));
  }

  /** Creates one entry, and reports progress. */
  async #step<Result>(planned: PlannedFile, run: () => Promise<Result>, size = 0): Promise<Result> {
    const result = await this.#try(planned, run);
    this.#entries += 1;
    this.#bytes += size;
    const { entries: totalEntries, bytes: totalBytes } = this.#plan;
    this.#options.onProgress?.({ entries: this.#entries, totalEntries, bytes: this.#bytes, totalBytes });
    return result;
  }

  async #try<Result>({ file }: PlannedFile, run: () => Promise<Result>): Promise<Result> {
    this.#options.signal?.throwIfAborted();
    try {
      return await run();
    } catch (error) {
      throw storageError(error, `extract ${excerpt(file.path)}`);
    }
  }
}
