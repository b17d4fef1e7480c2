import type { Descriptor } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";

import type { Place } from "../place/place.ts";
import { readImageConfig } from "../reading/image-config.ts";
import type { ManifestContent, ReadManifestOptions } from "../reading/read-manifest.ts";
import type { CheckedImageChanges } from "./change-image.ts";
import { annotateDocument, applyChanges } from "./change-image.ts";
import { changeIndex } from "./change-index.ts";
import type { ContentName } from "./rewrite.ts";
import { nameContent, rewrite } from "./rewrite.ts";
import type { CheckedTextChanges } from "./text-changes.ts";
import type { ImageContent, IndexContent } from "./walk-images.ts";

/** New content to push. */
export interface NewContent {
  readonly kind: "config" | "manifest";
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** The maximum size of all documents that an edit keeps until it pushes them, in bytes. */
const MAX_BYTES = 256 * 1024 * 1024;

/** Changes manifests in memory, and collects what to push. Nothing is pushed before all documents are known to be valid. */
export class ImageEdit {
  /** The entries of indexes that were removed. */
  readonly dropped: Descriptor[] = [];
  readonly #place: Place;
  readonly #options: ReadManifestOptions;
  readonly #replaced: Map<string, ContentName> = new Map();
  readonly #content: NewContent[] = [];
  #bytes = 0;

  constructor(place: Place, options: ReadManifestOptions) {
    this.#place = place;
    this.#options = options;
  }

  /** The new content except for the root, which changed last. Each manifest comes after its parts. */
  get parts(): readonly NewContent[] {
    return this.#content.slice(0, -1);
  }

  /** Returns the root after the change. It is the same if nothing changed. */
  rootOf({ descriptor, bytes }: ManifestContent): NewContent {
    return this.#content.at(-1) ?? { kind: "manifest", descriptor, bytes };
  }

  /** Changes an image. Its config is read only if the change needs it. */
  async changeImage({ descriptor, document }: ImageContent, changes: CheckedImageChanges): Promise<void> {
    if (!changesImage(changes)) {
      const { bytes } = rewrite(document, annotateDocument(document, changes.annotations));
      await this.#replace(descriptor, bytes);
      return;
    }
    const config = await readImageConfig(this.#place, document, this.#options);
    const changed = await applyChanges({ manifest: document, config }, changes);
    if (changed.configBytes !== undefined)
      this.#add({ kind: "config", descriptor: changed.manifest.config, bytes: changed.configBytes });
    await this.#replace(descriptor, changed.manifestBytes);
  }

  /** Changes an index after its manifests. */
  async changeIndex(
    { descriptor, document }: IndexContent,
    annotations: CheckedTextChanges | undefined,
  ): Promise<void> {
    const { bytes, dropped } = changeIndex(document, { replaced: this.#replaced, annotations });
    for (const entry of dropped) this.dropped.push(entry);
    await this.#replace(descriptor, bytes);
  }

  /** Counts bytes that are kept. */
  keep(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= MAX_BYTES) return;
    throw new RegistryError(
      "SIZE_INVALID",
      `cannot change the image: its documents have more than ${MAX_BYTES} bytes`,
      { detail: { limit: MAX_BYTES } },
    );
  }

  async #replace(descriptor: Descriptor, bytes: Uint8Array | undefined): Promise<void> {
    if (bytes === undefined) return;
    const name = await nameContent(bytes, descriptor);
    this.#replaced.set(descriptor.digest, name);
    this.#add({ kind: "manifest", descriptor: { ...descriptor, ...name }, bytes });
  }

  #add(content: NewContent): void {
    this.keep(content.bytes.length);
    this.#content.push(content);
  }
}

/** Whether changes need the config of an image. */
export function changesImage({ config, layers }: CheckedImageChanges): boolean {
  return config !== undefined || layers.length > 0;
}
