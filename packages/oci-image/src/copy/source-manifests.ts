import type { CallOptions, Descriptor } from "@ocilayout/oci-types";
import { isRegistryError, manifestKind, RegistryError } from "@ocilayout/oci-types";
import { requireDigest } from "@ocilayout/oci-types/authors";

import type { ManifestContent } from "../reading/read-manifest.ts";
import { readManifest } from "../reading/read-manifest.ts";
import type { CheckedCopyOptions } from "./options.ts";
import type { Source } from "./target.ts";
import { tooMuch } from "./too-much.ts";

/** The parts of a manifest. A `subject` is not part of a manifest. */
interface Parts {
  /** The manifests of an index. */
  readonly children: readonly Descriptor[];
  /** The config and the layers of an image, and children of an index that are not manifests. */
  readonly blobs: readonly Descriptor[];
  /** The content, if it is kept in memory. */
  readonly content?: ManifestContent | undefined;
}

/** The maximum size of the manifests that a copy keeps in memory, in bytes. Others are read again. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;

/** The manifests of the source of a copy. Each is read once, and large ones twice. */
export class SourceManifests {
  readonly #source: Source;
  readonly #options: CheckedCopyOptions;
  readonly #how: CallOptions;
  /** Everything that was read, by digest. */
  readonly #parts: Map<string, Promise<Parts>> = new Map();
  /** The digests of the children of indexes that are not copied. */
  readonly #left: ReadonlySet<string>;
  /** The digests of content that no `urls` can replace. */
  readonly #required: Set<string> = new Set();
  #references = 0;
  #keptBytes = 0;

  constructor(source: Source, options: CheckedCopyOptions, how: CallOptions, left: ReadonlySet<string>) {
    this.#source = source;
    this.#options = options;
    this.#how = how;
    this.#left = left;
  }

  /** Adds a manifest that the source may not have, such as a rewritten index. */
  async provide(content: ManifestContent): Promise<void> {
    this.#parts.set(content.descriptor.digest, Promise.resolve({ ...(await this.#find(content)), content }));
  }

  /** Returns the parts of a manifest. It is read from the source once. */
  partsOf(descriptor: Descriptor): Promise<Parts> {
    const { digest } = descriptor;
    let parts = this.#parts.get(digest);
    if (parts === undefined) {
      if (this.#parts.size >= this.#options.limits.manifests)
        throw tooMuch("manifests", this.#options.limits.manifests);
      parts = this.#read(descriptor);
      this.#parts.set(digest, parts);
    }
    return parts;
  }

  /** Returns the content of a manifest: the kept one, or else that of the source. */
  async contentOf(descriptor: Descriptor): Promise<ManifestContent> {
    const { content } = await this.partsOf(descriptor);
    return content ?? this.#readManifest(descriptor);
  }

  /** Whether every reference to the content has `urls`, so that the source need not have it. */
  isOptional(digest: string): boolean {
    return !this.#required.has(digest);
  }

  async #read(descriptor: Descriptor): Promise<Parts> {
    const content = await this.#readManifest(descriptor);
    const isKept = this.#keptBytes + content.bytes.length <= MAX_KEPT_BYTES;
    if (isKept) this.#keptBytes += content.bytes.length;
    const parts = await this.#find(content);
    return isKept ? { ...parts, content } : parts;
  }

  /** Returns the children of an unknown media type that the source has only as blobs. */
  async #blobsAmong(children: readonly Descriptor[]): Promise<Set<Descriptor>> {
    const blobs: Set<Descriptor> = new Set();
    for (const child of children) {
      if (manifestKind(child.mediaType) !== "opaque") continue;
      try {
        await this.#source.registry.resolveManifest(this.#source.repository, child.digest, this.#how);
      } catch (error) {
        if (!isRegistryError(error, "MANIFEST_UNKNOWN", "NAME_UNKNOWN")) throw error;
        blobs.add(child);
      }
    }
    return blobs;
  }

  async #readManifest({ digest, size, mediaType }: Descriptor): Promise<ManifestContent> {
    const { registry, repository } = this.#source;
    const content = await readManifest(
      { registry, repository, reference: requireDigest(digest).digest },
      this.#options.reading,
    );
    const { descriptor } = content;
    if (descriptor.size === size && content.kind === manifestKind(mediaType)) return content;
    throw new RegistryError(
      "MANIFEST_INVALID",
      `${digest} is ${descriptor.mediaType} with ${descriptor.size} bytes, not ${mediaType} with ${size} bytes`,
    );
  }

  async #find(content: ManifestContent): Promise<Parts> {
    switch (content.kind) {
      case "opaque":
        return { children: [], blobs: [] };
      case "image": {
        const { config, layers } = content.document;
        this.#refer(1 + layers.length);
        this.#required.add(config.digest);
        for (const { digest, urls = [] } of layers) if (urls.length === 0) this.#required.add(digest);
        return { children: [], blobs: [config, ...layers].map(nameOf) };
      }
      case "index": {
        const all = content.document.manifests.filter(({ digest }) => !this.#left.has(digest));
        this.#refer(all.length);
        const copied = all.map(nameOf);
        const blobs = await this.#blobsAmong(copied);
        for (const { digest } of blobs) this.#required.add(digest);
        return { children: copied.filter((child) => !blobs.has(child)), blobs: [...blobs] };
      }
    }
  }

  #refer(count: number): void {
    this.#references += count;
    const { references } = this.#options.limits;
    if (this.#references > references) throw tooMuch("references", references);
  }
}

/** Returns a descriptor without its other members. They can have megabytes, and a plan keeps many descriptors. */
function nameOf({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}
