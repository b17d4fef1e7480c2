import type { PushedManifest } from "@ocilayout/oci-backend";
import { childrenOf, defineBackend, subjectOf } from "@ocilayout/oci-backend";
import type { Place } from "@ocilayout/oci-image";
import { layoutNames, RegistryError, type Descriptor, type Registry } from "@ocilayout/oci-types";

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

/** An archive that is being written, as a registry that images are copied to. Every blob is written once. */
export class ArchiveTarget {
  readonly #registry: Registry;
  readonly #tar: TarOutput;
  readonly #hasManifests: boolean;
  /** Every manifest by its digest, in the order of the pushes. */
  readonly #manifests: Map<string, WrittenManifest> = new Map();
  /** The size of each blob in bytes, by its digest. */
  readonly #blobs: Map<string, number> = new Map();
  /** The digests of the manifests that refer to a manifest, by its digest. */
  readonly #referrers: Map<string, Set<string>> = new Map();
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
      sizeOfBlob: ({ digest }) => this.#blobs.get(digest),
      findManifest: ({ digest }) => this.#manifests.get(digest)?.descriptor,
      findTag: () => undefined,
      pushBlob: async ({ digest, size, unverified }) => {
        if (size === undefined)
          throw new RegistryError("SIZE_INVALID", "a blob without a size cannot be written to an archive");
        await this.#write(digest, (path) => this.#tar.content(path, { digest, size }, unverified));
        this.#blobs.set(digest, size);
        return size;
      },
      pushManifest: ({ manifest, tags }) => this.#pushManifest(manifest, tags),
    });
  }

  /** The place that images are copied to. */
  get place(): Place {
    return { registry: this.#registry, repository: REPOSITORY, reference: TAG };
  }

  /** Whether the archive has the content of a blob. */
  has(digest: string): boolean {
    return this.#blobs.has(digest);
  }

  /**
   * Returns the manifests that refer to a manifest, to its children, or to one another. Those that an index among them contains
   * are left out.
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
      .filter(({ descriptor, tags }) => tags.size > 0 || !contained.has(descriptor.digest));
  }

  async #pushManifest(manifest: PushedManifest, tags: readonly string[]): Promise<void> {
    const { digest } = manifest.descriptor;
    let written = this.#manifests.get(digest);
    if (written === undefined) {
      if (this.#hasManifests && !this.#blobs.has(digest))
        await this.#write(digest, (path) => this.#tar.document(path, manifest.content));
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
