import type { CallOptions, Descriptor } from "@ocilayout/oci-types";
import { isRegistryError, manifestKind, RegistryError } from "@ocilayout/oci-types";
import { requireDigest } from "@ocilayout/oci-types/authors";

import type { ManifestContent } from "../reading/read-manifest.ts";
import { readManifest } from "../reading/read-manifest.ts";
import type { CheckedCopyOptions } from "./options.ts";
import type { Source, Target } from "./target.ts";
import { tooMuch } from "./too-much.ts";
import type { Workers } from "./workers.ts";

/** The parts of a manifest. A `subject` is not part of a manifest. */
export interface Parts {
  /** The manifests of an index. */
  readonly children: readonly Descriptor[];
  /** The config and the layers of an image, and children of an index that are not manifests. */
  readonly blobs: readonly Descriptor[];
  /** The content, if it is kept in memory. */
  readonly content?: ManifestContent | undefined;
}

/** Content that some targets do not have. */
export interface Needed {
  readonly descriptor: Descriptor;
  readonly targets: Set<Target>;
}

/** A manifest below manifests that `targets` do not have. */
interface Visit {
  readonly descriptor: Descriptor;
  readonly targets: readonly Target[];
}

/** The maximum size of the manifests that a plan keeps in memory, in bytes. Others are read again. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;

/**
 * Finds out which manifests and blobs the targets of a copy do not have. It asks a target for a manifest only if the target
 * does not have its parent, and reads it only if some target does not have it.
 */
export class Plan {
  /** The manifests that some target needs. */
  readonly manifests: Map<string, Needed> = new Map();
  /** The blobs that some target may need. */
  readonly blobs: Map<string, Needed> = new Map();
  readonly #source: Source;
  readonly #options: CheckedCopyOptions;
  readonly #workers: Workers;
  readonly #how: CallOptions;
  /** Everything that was read, by digest. */
  readonly #parts: Map<string, Promise<Parts>> = new Map();
  /** The targets that were asked for a manifest. */
  readonly #asked: Map<string, Set<Target>> = new Map();
  /** The digests of the children of indexes that are not copied. */
  readonly #left: ReadonlySet<string>;
  /** The digests of content that no `urls` can replace. */
  readonly #required: Set<string> = new Set();
  #references = 0;
  #bytes = 0;
  #keptBytes = 0;

  constructor(
    source: Source,
    options: CheckedCopyOptions,
    workers: Workers,
    left: ReadonlySet<string> = new Set(),
  ) {
    this.#source = source;
    this.#options = options;
    this.#workers = workers;
    this.#how = { signal: workers.signal };
    this.#left = left;
  }

  /** The size of everything that some target may need, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether some target may need the content. */
  has(digest: string): boolean {
    return this.manifests.has(digest) || this.blobs.has(digest);
  }

  /** Whether every reference to the content has `urls`, so that the source need not have it. */
  isOptional(digest: string): boolean {
    return !this.#required.has(digest);
  }

  /** Adds a manifest that the source may not have, such as a rewritten index. */
  async provide(content: ManifestContent): Promise<void> {
    this.#parts.set(
      content.descriptor.digest,
      Promise.resolve({ ...(await this.#partsOf(content)), content }),
    );
  }

  /** Plans the copy of a manifest and of everything below it. */
  async add(root: Descriptor, targets: readonly Target[]): Promise<void> {
    let level: Visit[] = [{ descriptor: root, targets }];
    for (let depth = 0; level.length > 0; depth += 1) {
      if (depth > this.#options.limits.depth) throw tooMuch("levels", this.#options.limits.depth);
      level = await this.#visit(level);
    }
  }

  /** Returns the parts of a manifest. It is read from the source once. */
  parts(descriptor: Descriptor): Promise<Parts> {
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
  async content(descriptor: Descriptor): Promise<ManifestContent> {
    const { content } = await this.parts(descriptor);
    return content ?? this.#readManifest(descriptor);
  }

  /**
   * Adds what targets need of the manifests of one level, and returns the next level. Both have the order of the documents,
   * whichever call ends first.
   */
  async #visit(level: readonly Visit[]): Promise<Visit[]> {
    const asked = await this.#workers.map(level, (visit) => this.#ask(visit));
    for (const { descriptor, lacking } of asked)
      if (lacking.length > 0) this.#need(this.manifests, descriptor, lacking);
    const opened = asked.filter(({ targets }) => targets.length > 0);
    const parts = await this.#workers.map(opened, ({ descriptor }) => this.parts(descriptor));
    const next: Visit[] = [];
    for (const [at, { targets }] of opened.entries()) {
      const { blobs = [], children = [] } = parts[at] ?? {};
      for (const blob of blobs) this.#need(this.blobs, blob, targets);
      for (const child of children) next.push({ descriptor: child, targets });
    }
    return next;
  }

  /** Finds out which targets lack a manifest, and which of them may lack something below it. */
  async #ask({ descriptor, targets }: Visit): Promise<Visit & { readonly lacking: readonly Target[] }> {
    const { digest } = descriptor;
    const asked = this.#asked.get(digest) ?? new Set();
    this.#asked.set(digest, asked);
    const asking = targets.filter((target) => !asked.has(target));
    for (const target of asking) asked.add(target);
    const lacking: Target[] = [];
    for (const target of asking) if (!(await target.hasManifest(digest, this.#how))) lacking.push(target);
    return { descriptor, lacking, targets: this.#isTrusted(descriptor) ? lacking : asking };
  }

  /** Whether a target that has a manifest has everything below it. */
  #isTrusted({ mediaType }: Descriptor): boolean {
    const { isDeep, keepsIndex, platforms } = this.#options;
    // The target may have the index without the manifests of other platforms.
    const isSparse = keepsIndex && platforms !== undefined && manifestKind(mediaType) === "index";
    return !isDeep && !isSparse;
  }

  #need(all: Map<string, Needed>, descriptor: Descriptor, targets: readonly Target[]): void {
    const needed = all.get(descriptor.digest);
    if (needed === undefined) {
      // The same content can be a blob of one image and a manifest of another index.
      if (!this.has(descriptor.digest)) this.#bytes += descriptor.size;
      all.set(descriptor.digest, { descriptor, targets: new Set(targets) });
      const { bytes } = this.#options.limits;
      if (this.#bytes > bytes) {
        throw new RegistryError("SIZE_INVALID", `cannot copy more than ${bytes} bytes`, {
          detail: { limit: bytes },
        });
      }
      return;
    }
    if (needed.descriptor.size !== descriptor.size) {
      throw new RegistryError(
        "MANIFEST_INVALID",
        `manifests state two sizes of ${descriptor.digest}: ${needed.descriptor.size} and ${descriptor.size} bytes`,
      );
    }
    for (const target of targets) needed.targets.add(target);
  }

  async #read(descriptor: Descriptor): Promise<Parts> {
    const content = await this.#readManifest(descriptor);
    const isKept = this.#keptBytes + content.bytes.length <= MAX_KEPT_BYTES;
    if (isKept) this.#keptBytes += content.bytes.length;
    const parts = await this.#partsOf(content);
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

  async #partsOf(content: ManifestContent): Promise<Parts> {
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
