import type { PushedManifest } from "@ocilayout/oci-backend";
import { childrenOf, readChild } from "@ocilayout/oci-backend";
import type { Digest } from "@ocilayout/oci-types";

import type { MemorySettings } from "./options.ts";

/** One repository. */
export interface Repository {
  /** Its manifests, including the children of its indexes. */
  readonly manifests: Map<string, PushedManifest>;
  /** The digest of each tag. */
  readonly tags: Map<string, Digest>;
  /** Its blobs, by digest. Without scoped blobs, all repositories share this map. */
  readonly blobs: Map<string, Uint8Array<ArrayBuffer>>;
}

/** The content of a registry in memory. */
export class MemoryStore {
  readonly #settings: MemorySettings;
  readonly #repositories: Map<string, Repository> = new Map();
  readonly #sharedBlobs: Map<string, Uint8Array<ArrayBuffer>> = new Map();

  constructor(settings: MemorySettings) {
    this.#settings = settings;
  }

  /** Returns the repository for writing. It exists once it has content. */
  repository(name: string): Repository {
    const repository = this.read(name);
    this.#repositories.set(name, repository);
    return repository;
  }

  /** Returns the repository for reading. An unknown repository is empty. */
  read(name: string): Repository {
    const repository = this.#repositories.get(name) ?? this.#createRepository();
    absorbChildren(repository);
    return repository;
  }

  /** Whether the repository exists (clause 20). */
  exists(name: string): boolean {
    const repository = this.#repositories.get(name);
    if (repository === undefined) return false;
    if (this.#settings.keepsEmptyRepositories) return true;
    return (
      repository.manifests.size > 0 || (this.#settings.repositoryScopedBlobs && repository.blobs.size > 0)
    );
  }

  /** Returns the names of all repositories in code-unit order. */
  names(): string[] {
    return [...this.#repositories.keys()].filter((name) => this.exists(name)).sort();
  }

  /** Returns every repository whose manifests may reference a blob of `name`. */
  sharing(name: string): Repository[] {
    if (this.#settings.repositoryScopedBlobs) return [this.read(name)];
    return [...this.#repositories.keys()].map((other) => this.read(other));
  }

  #createRepository(): Repository {
    const blobs = this.#settings.repositoryScopedBlobs
      ? new Map<string, Uint8Array<ArrayBuffer>>()
      : this.#sharedBlobs;
    return { manifests: new Map(), tags: new Map(), blobs };
  }
}

/**
 * Adds the children of indexes as manifests of the repository (clause 17). They are added permanently, so that they
 * outlive their index.
 */
function absorbChildren({ manifests, blobs }: Repository): void {
  const waiting = [...manifests.values()];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const child of childrenOf(next)) {
      if (manifests.has(child.digest)) continue;
      const content = blobs.get(child.digest);
      const manifest = content === undefined ? undefined : readChild(child, content);
      if (manifest === undefined) continue;
      manifests.set(child.digest, manifest);
      waiting.push(manifest);
    }
  }
}
