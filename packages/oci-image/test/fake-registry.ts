import { createBlobReader, defineRegistry } from "@ocilayout/oci-backend";
import {
  ociMediaTypes,
  RegistryError,
  type BlobReader,
  type BlobSource,
  type Descriptor,
  type Platform,
  type RegistryReader,
} from "@ocilayout/oci-types";
import { descriptorOf as describe } from "@ocilayout/testing";

import type { Place } from "../src/index.ts";

interface Stored {
  readonly descriptor: Descriptor;
  readonly content: BlobSource;
  /** The descriptor that readers state, of any type. */
  readonly stated: unknown;
}

/** A registry in memory that checks nothing, and does not verify what it returns. */
export class FakeRegistry {
  /** The digests and tags that were requested, in order. */
  readonly asked: string[] = [];
  /** The digests by tag. */
  readonly tags: Map<string, string> = new Map();
  /** The number of readers that are open. */
  open: number = 0;
  /** Is called when a reader is closed. */
  onClose: (() => void) | undefined;
  readonly registry: RegistryReader = defineRegistry({
    getManifest: async (_repository, digest) => this.#open(digest, "MANIFEST_UNKNOWN"),
    getBlob: async (_repository, digest) => this.#open(digest, "BLOB_UNKNOWN"),
    getTag: async (_repository, tag) => this.#open(this.tags.get(tag) ?? "sha256:", "MANIFEST_UNKNOWN", tag),
  });
  readonly #stored: Map<string, Stored> = new Map();

  /** Stores `document` as JSON, under its own digest or under another one. */
  put(document: unknown, mediaType: string, digest?: Descriptor["digest"]): Descriptor {
    const content = new TextEncoder().encode(JSON.stringify(document));
    const descriptor = { ...describe(content, mediaType), ...(digest === undefined ? {} : { digest }) };
    return this.serve(descriptor, content);
  }

  /** Stores an index of `manifests`. */
  putIndex(...manifests: readonly object[]): Descriptor {
    return this.put({ schemaVersion: 2, manifests }, ociMediaTypes.imageIndex);
  }

  /** Stores an image for `platform`, with a config and without layers. */
  putImage(platform: Platform, config: object = {}): Descriptor {
    const document = { ...platform, rootfs: { type: "layers", diff_ids: [] }, ...config };
    return this.putManifest(this.put(document, ociMediaTypes.imageConfig));
  }

  /** Stores an image manifest with `config`, which need not exist. */
  putManifest(config: Descriptor): Descriptor {
    return this.put({ schemaVersion: 2, config, layers: [] }, ociMediaTypes.imageManifest);
  }

  /** Stores any content under the digest of `descriptor`. */
  serve(descriptor: Descriptor, content: BlobSource): Descriptor {
    this.#stored.set(descriptor.digest, { descriptor, content, stated: descriptor });
    return descriptor;
  }

  /** Makes the readers of stored content state another descriptor. */
  state({ digest }: Descriptor, stated: unknown): void {
    const stored = this.#stored.get(digest);
    if (stored !== undefined) this.#stored.set(digest, { ...stored, stated });
  }

  /** Points the tag `v1` at a manifest, and returns the place of the tag. */
  tagged({ digest }: Descriptor): Place<RegistryReader> {
    this.tags.set("v1", digest);
    return this.at("v1");
  }

  /** Returns the place of a manifest. */
  at(of: Descriptor | string): Place<RegistryReader> {
    return { registry: this.registry, repository: "a", reference: typeof of === "string" ? of : of.digest };
  }

  async #open(
    digest: string,
    missing: "MANIFEST_UNKNOWN" | "BLOB_UNKNOWN",
    name: string = digest,
  ): Promise<BlobReader> {
    this.asked.push(name);
    if (!digest.startsWith("sha")) throw new RegistryError("DIGEST_INVALID");
    const stored = this.#stored.get(digest);
    if (stored === undefined) throw new RegistryError(missing);
    const reader = createBlobReader(stored.descriptor, stored.content, { verify: false });
    this.open += 1;
    const close = reader.close.bind(reader);
    return Object.assign(reader, {
      descriptor: stored.stated,
      close: async () => {
        this.open -= 1;
        await close();
        this.onClose?.();
      },
    });
  }
}
