import { octetStream, verifyStream } from "@ocilayout/oci-types";
import { requireCount, requireFlag, requireString } from "@ocilayout/oci-types/authors";

import type { Place } from "../place/place.ts";
import type { ImageSource } from "../reading/image-source.ts";
import type { TarEntry } from "../tar/reading/read-tar.ts";
import { beyond } from "../decompression/errors.ts";
import { type FileContent, readContent } from "./file-content.ts";
import { createFileReader, type ImageFileReader } from "./file-reader.ts";
import { findFile } from "./find-file.ts";
import { ImageLayers, type ListFilesOptions } from "./image-layers.ts";
import type { LayerDirectory } from "./tree/layer-directory.ts";
import type { ExpectedLayer } from "./layer-source.ts";
import { Budget } from "./limits.ts";

/** Options of {@link readFile}. */
export interface ReadFileOptions extends ListFilesOptions {
  /**
   * Whether to read the layer of the file to its end, and to verify it. Defaults to true. With false, reading ends at the first
   * entry with the path. This is faster, but the content may be wrong, and a later entry with the same path does not count.
   */
  readonly verify?: boolean | undefined;
  /** The maximum size of a file that is kept in memory, in bytes. The layer of a larger file is read twice. Defaults to 8 MiB. */
  readonly bufferBytes?: number | undefined;
}

const BUFFER_BYTES = 8 * 1024 * 1024;

/**
 * Reads a file of an image as a container sees it. It reads the layers from the highest down to the one that has the file, or
 * that removes it. Symlinks in the path are followed within the image, as in Linux.
 *
 * The reader verifies the content against the digest in its descriptor. Before the call resolves, it has computed that digest
 * from a verified layer, unless `verify` is false.
 *
 * @param path - The path from the root, with or without a slash at the beginning.
 * @throws TypeError in a browser, if the place is an index and `platform` is absent.
 * @throws `RegistryError` with a code of `readImage` or of {@link readLayer}. Also:
 *
 * - `FILE_UNKNOWN`: the image has no such file, or a directory or device at the path, or it is behind more than 40 symlinks.
 * - `MANIFEST_INVALID`: the config has another number of layers than the manifest.
 * - `ARCHIVE_INVALID`: no runtime applies an entry of a layer, as in {@link listFiles}.
 */
export async function readFile(
  at: Place<ImageSource>,
  path: string,
  options: ReadFileOptions = {},
): Promise<ImageFileReader> {
  requireString(path, "a path");
  const verify = requireFlag(options.verify ?? true, "verify");
  const bufferBytes = requireCount(options.bufferBytes ?? BUFFER_BYTES, "bufferBytes");
  const image = await ImageLayers.open(at, options);
  const search = new FileSearch(image, { verify, bufferBytes });
  const { file, layer: number } = await findFile(path, (...args) => search.getTree(...args));
  const { layerBytes } = image.budget.limits;
  if (file.size > layerBytes) throw beyond("the size of a file", layerBytes);
  const layer = image.layers[number];
  if (layer === undefined) throw new RangeError(`there is no layer ${number}`);
  const { digest, bytes } = await search.contentOf(layer, file.offset);
  const descriptor = { mediaType: octetStream, digest, size: file.size };
  return createFileReader(file, descriptor, () =>
    bytes === undefined
      ? copyChunks(verifyStream(search.stream(layer, file.offset), descriptor, { origin: "stored" }))
      : once(bytes),
  );
}

/** The layers that were read for a file. */
class FileSearch {
  readonly #image: ImageLayers;
  readonly #options: { readonly verify: boolean; readonly bufferBytes: number };
  readonly #trees: (LayerDirectory | undefined)[] = [];
  /** The content of the last file with the wanted path, by layer. */
  readonly #contents: Map<ExpectedLayer, FileContent> = new Map();

  constructor(image: ImageLayers, options: { readonly verify: boolean; readonly bufferBytes: number }) {
    this.#image = image;
    this.#options = options;
  }

  /** Returns the tree of a layer. It reads the layer at the first time, and keeps the content of the file at `path`. */
  async getTree(number: number, path: string): Promise<LayerDirectory | undefined> {
    const layer = this.#image.layers[number];
    if (layer === undefined) return undefined;
    return (this.#trees[number] ??= await this.#read(layer, path));
  }

  /** Returns the content of a file, or its digest if the file is large. */
  async contentOf(layer: ExpectedLayer, offset: number | undefined): Promise<FileContent> {
    const known = this.#contents.get(layer);
    if (known?.offset === offset && known !== undefined) return known;
    let found: FileContent | undefined;
    for await (const entry of this.#again(layer)) {
      if (entry.offset !== offset) continue;
      found = await readContent(entry, this.#options.bufferBytes);
      if (!this.#options.verify) break;
    }
    if (found === undefined) throw new RangeError("the layer has changed while it was read");
    return found;
  }

  /** Reads the content of a file, and not the rest of its layer. */
  async *stream(
    layer: ExpectedLayer,
    offset: number | undefined,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const entry of this.#again(layer)) {
      if (entry.offset !== offset) continue;
      yield* entry.content;
      return;
    }
  }

  #again(layer: ExpectedLayer): AsyncGenerator<TarEntry, void, undefined> {
    return this.#image.entries(layer, new Budget(this.#image.budget.limits));
  }

  async #read(layer: ExpectedLayer, path: string): Promise<LayerDirectory> {
    const tree = this.#image.createTree(layer);
    for await (const entry of this.#image.entries(layer)) {
      const leaf = tree.add(entry);
      if (leaf?.path !== path || "target" in leaf || leaf.type === "symlink" || leaf.type === "directory")
        continue;
      if (entry.type === "file" && entry.size <= this.#image.budget.limits.layerBytes)
        this.#contents.set(layer, await readContent(entry, this.#options.bufferBytes));
      if (!this.#options.verify) break;
    }
    return tree.root;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  if (bytes.length > 0) yield bytes;
}

async function* copyChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) yield chunk.slice();
}
