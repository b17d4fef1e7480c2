import type { PushBlobCall, PushedManifest } from "@ocilayout/oci-backend";
import { childrenOf, defineBackend, subjectOf } from "@ocilayout/oci-backend";
import type { Place } from "@ocilayout/oci-image";
import { layoutNames, RegistryError, type Descriptor, type Registry } from "@ocilayout/oci-types";

import { BlobTurns } from "./blob-turns.ts";
import type { TarOutput } from "./tar-output.ts";

/** A manifest in the archive. */
export interface WrittenManifest {
  readonly descriptor: Descriptor;
  /** The digests of the manifests that an index lists. */
  readonly children: readonly string[];
  /** The tags that it has because it refers to another manifest: those of cosign. */
  readonly tags: Set<string>;
}

/** The repository that images are copied to. Their names are written at the end. */
const REPOSITORY = "archive";
/** The tag that images are copied to. */
const TAG = "image";
/** The tags of manifests that cosign attached to another one. */
const COSIGN = /^(sha256)-([0-9a-f]{64})\.[a-z]+$/;

/** Returns the path of a blob in an archive. */
export function blobPath(digest: string): string {
  return `${layoutNames.blobs}/${digest.replace(":", "/")}`;
}

/** The maximum size of the manifests of one image that are kept until its blobs are written, in bytes. */
const MOST_KEPT_BYTES = 256 * 1024 * 1024;

/**
 * An archive that is being written, as a registry that images are copied to. Every blob is written once. Blobs are written in
 * the order in which they are asked for, and the manifests of an image after its blobs, in the order of their digests.
 */
export class ArchiveTarget {
  readonly #registry: Registry;
  readonly #tar: TarOutput;
  readonly #hasManifests: boolean;
  /** Every manifest by its digest. */
  readonly #manifests: Map<string, WrittenManifest> = new Map();
  /** The size of each blob in bytes, by its digest. */
  readonly #blobs: Map<string, number> = new Map();
  /** The digests of the manifests that refer to a manifest, by its digest. */
  readonly #referrers: Map<string, Set<string>> = new Map();
  readonly #turns: BlobTurns = new BlobTurns();
  /** The content of manifests that are not written yet, by digest. */
  readonly #kept: Map<string, Uint8Array> = new Map();
  #keptBytes = 0;
  readonly #directories: Set<string> = new Set();

  /** @param hasManifests - Whether manifests are written, too. */
  constructor(tar: TarOutput, hasManifests: boolean) {
    this.#tar = tar;
    this.#hasManifests = hasManifests;
    this.#registry = defineBackend({
      capabilities: { repositoryScopedBlobs: false, checksReferences: false, persistent: false },
      // Copies do not read from the archive.
      openBlob: () => undefined,
      openManifest: () => undefined,
      sizeOfBlob: ({ digest }) => {
        const size = this.#blobs.get(digest);
        if (size === undefined) this.#turns.announce(digest);
        return size;
      },
      findManifest: ({ digest }) => this.#manifests.get(digest)?.descriptor,
      findTag: () => undefined,
      pushBlob: (call) => this.#pushBlob(call),
      pushManifest: ({ manifest, tags }) => {
        this.#pushManifest(manifest, tags);
      },
    });
  }

  /** The place that images are copied to. */
  get place(): Place {
    return { registry: this.#registry, repository: REPOSITORY, reference: TAG };
  }

  /** Lets other blobs be written: the source does not have this one. */
  pass(digest: string): void {
    this.#turns.done(digest);
  }

  /** Writes the manifests that were pushed. */
  async writeManifests(): Promise<void> {
    const manifests = [...this.#kept].sort(([one], [other]) => (one < other ? -1 : 1));
    this.#kept.clear();
    this.#keptBytes = 0;
    if (!this.#hasManifests) return;
    for (const [digest, content] of manifests)
      if (!this.#blobs.has(digest)) await this.#write(digest, (path) => this.#tar.document(path, content));
  }

  /** Whether the archive has the content of a blob. */
  has(digest: string): boolean {
    return this.#blobs.has(digest);
  }

  /**
   * Returns the manifests that refer to a manifest, to its children, or to one another. Those that an index among them contains
   * are left out. Manifests can be pushed in any order, so they are sorted by their digests.
   */
  companionsOf(root: string): readonly WrittenManifest[] {
    const found: Set<string> = new Set([root]);
    const contained: Set<string> = new Set();
    // The loop also visits the digests that it adds.
    for (const digest of found) {
      for (const child of this.#manifests.get(digest)?.children ?? []) {
        contained.add(child);
        found.add(child);
      }
      for (const referrer of this.#referrers.get(digest) ?? []) found.add(referrer);
    }
    found.delete(root);
    return Array.from(found, (digest) => this.#manifests.get(digest))
      .filter((manifest) => manifest !== undefined)
      .filter(({ descriptor, tags }) => tags.size > 0 || !contained.has(descriptor.digest))
      .sort((one, other) => (one.descriptor.digest < other.descriptor.digest ? -1 : 1));
  }

  async #pushBlob({ digest, size, unverified, signal }: PushBlobCall): Promise<number> {
    if (size === undefined)
      throw new RegistryError("SIZE_INVALID", "a blob without a size cannot be written to an archive");
    // The first chunk is read while other blobs are written.
    const first = unverified.next();
    first.catch(() => undefined);
    await this.#turns.wait(digest, signal);
    try {
      const content = beginningWith(first, unverified);
      await this.#write(digest, (path) => this.#tar.content(path, { digest, size }, content));
      this.#blobs.set(digest, size);
      return size;
    } finally {
      this.#turns.done(digest);
    }
  }

  #pushManifest(manifest: PushedManifest, tags: readonly string[]): void {
    const { digest } = manifest.descriptor;
    let written = this.#manifests.get(digest);
    if (written === undefined) {
      this.#keptBytes += manifest.content.length;
      if (this.#keptBytes > MOST_KEPT_BYTES)
        throw new RegistryError("SIZE_INVALID", "the manifests of an image are too large for an archive", {
          detail: { limit: MOST_KEPT_BYTES },
        });
      this.#kept.set(digest, manifest.content);
      const children = childrenOf(manifest).map((child) => child.digest);
      written = { descriptor: manifest.descriptor, children, tags: new Set() };
      this.#manifests.set(digest, written);
      this.#refer(digest, subjectOf(manifest));
    }
    for (const tag of tags) {
      const [, algorithm = "", encoded = ""] = COSIGN.exec(tag) ?? [];
      if (encoded === "") continue;
      written.tags.add(tag);
      this.#refer(digest, `${algorithm}:${encoded}`);
    }
  }

  #refer(digest: string, subject: string | undefined): void {
    if (subject === undefined) return;
    const referrers = this.#referrers.get(subject) ?? new Set();
    this.#referrers.set(subject, referrers.add(digest));
  }

  async #write(digest: string, write: (path: string) => Promise<void>): Promise<void> {
    const path = blobPath(digest);
    const parts = path.split("/").slice(0, -1);
    for (const [at] of parts.entries()) {
      const directory = parts.slice(0, at + 1).join("/");
      if (this.#directories.has(directory)) continue;
      this.#directories.add(directory);
      await this.#tar.directory(directory);
    }
    await write(path);
  }
}

/** Yields the chunks of a source of which the first one was requested already. */
async function* beginningWith(
  first: Promise<IteratorResult<Uint8Array, undefined>>,
  rest: AsyncIterator<Uint8Array, undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let result = await first; result.done !== true; result = await rest.next()) yield result.value;
}
