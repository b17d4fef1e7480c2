import type { CallOptions, Descriptor } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";
import { requireSignal } from "@ocilayout/oci-types/authors";

import type { Place } from "../place/place.ts";
import { requirePlace } from "../place/place.ts";
import type { ImageSource } from "../reading/image-source.ts";
import { readImage, type ReadImageOptions } from "../reading/read-image.ts";
import type { TarEntry } from "../tar/reading/read-tar.ts";
import { beyond } from "../decompression/errors.ts";
import type { ExpectedLayer } from "./layer-source.ts";
import { LayerTree } from "./layer-tree.ts";
import { Budget, type LayerLimits, requireLimits } from "./limits.ts";
import { readEntries } from "./read-layer.ts";

/** Reports progress: a piece of a layer was read. */
export interface LayerProgress {
  /** The digest of the layer. */
  readonly layer: string;
  /** The number of bytes of the blob that were read. */
  readonly bytes: number;
  /** The number of bytes of all layers that were read. Some layers may not be read, and some may be read again. */
  readonly doneBytes: number;
  /** The size of all layers, compressed, in bytes. */
  readonly totalBytes: number;
}

/** Options of {@link listFiles} and {@link readFile}. */
export interface ListFilesOptions extends ReadImageOptions {
  /** Limits for an image that is not trusted. */
  readonly limits?: LayerLimits | undefined;
  /** Receives progress. If it throws, the call ends with that error. */
  readonly onProgress?: ((progress: LayerProgress) => void) | undefined;
}

/** The layers of an image, the highest first. */
export class ImageLayers {
  readonly layers: readonly ExpectedLayer[];
  readonly budget: Budget;
  readonly #place: Place<ImageSource>;
  readonly #signal: AbortSignal | undefined;
  readonly #onProgress: ListFilesOptions["onProgress"];
  readonly #totalBytes: number;
  #doneBytes = 0;

  private constructor(
    place: Place<ImageSource>,
    layers: readonly ExpectedLayer[],
    budget: Budget,
    { signal, onProgress }: CallOptions & Pick<ListFilesOptions, "onProgress">,
  ) {
    this.#place = place;
    this.layers = layers;
    this.budget = budget;
    this.#signal = signal;
    this.#onProgress = onProgress;
    this.#totalBytes = layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  }

  /** Reads the manifest and the config of an image, as `readImage` does. */
  static async open(at: Place<ImageSource>, options: ListFilesOptions): Promise<ImageLayers> {
    const place = requirePlace(at);
    const signal = requireSignal(options);
    const budget = new Budget(requireLimits(options.limits));
    const { descriptor, manifest, config } = await readImage(place, options);
    const diffIds = config.rootfs.diff_ids;
    if (diffIds.length !== manifest.layers.length) {
      const counts = `${manifest.layers.length} layers, and its config ${diffIds.length}`;
      throw new RegistryError("MANIFEST_INVALID", `the image ${descriptor.digest} has ${counts}`);
    }
    if (diffIds.length > budget.limits.layers) throw beyond("the number of layers", budget.limits.layers);
    const layers = manifest.layers.map((layer: Descriptor, at) => ({
      descriptor: layer,
      diffId: diffIds[at],
    }));
    const { onProgress } = options;
    return new ImageLayers(place, layers.reverse(), budget, { signal, onProgress });
  }

  /** Reads the entries of a layer. Reading a layer again needs a new budget. */
  entries(layer: ExpectedLayer, budget: Budget = this.budget): AsyncGenerator<TarEntry, void, undefined> {
    const { digest } = layer.descriptor;
    let read = 0;
    const onRead = (bytes: number): void => {
      this.#doneBytes += bytes - read;
      read = bytes;
      this.#onProgress?.({
        layer: digest,
        bytes,
        doneBytes: this.#doneBytes,
        totalBytes: this.#totalBytes,
      });
    };
    return readEntries(this.#place, layer, { signal: this.#signal, budget, onRead });
  }

  /** Creates an empty tree for a layer. */
  createTree({ descriptor }: ExpectedLayer): LayerTree {
    return new LayerTree(descriptor.digest, this.budget);
  }
}
