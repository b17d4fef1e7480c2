import type { PushedManifest } from "@ocilayout/oci-backend";
import { childrenOf, readChild } from "@ocilayout/oci-backend";
import type { Digest } from "@ocilayout/oci-types";

import type { MemorySettings } from "./options.ts";

/** One repository. */
export interface Repository {
  /** Its manifests, those that its indexes contain too. */
  readonly manifests: Map<string, PushedManifest>;
  /** What each tag points at. */
  readonly tags: Map<string, Digest>;
  /** By digest; shared by all repositories where blobs are not scoped. */
  readonly blobs: Map<string, Uint8Array<ArrayBuffer>>;
}

/** All that a registry in memory has. */
export class MemoryStore {
  readonly #settings: MemorySettings;
  readonly #repositories: Map<string, Repository> = new Map();
  readonly #sharedBlobs: Map<string, Uint8Array<ArrayBuffer>> = new Map();

  constructor(settings: MemorySettings) {
    this.#settings = settings;
  }

  /** The repository, to write to; one without content does not exist to anybody. */
  repository(name: string): Repository {
    const repository = this.read(name);
    this.keep(name, repository);
    return repository;
  }

  /** Makes sure that a repository that was read is one that is kept. */
  keep(name: string, repository: Repository): void {
    this.#repositories.set(name, repository);
  }

  /** The repository, to read from; one that is not there is empty. */
  read(name: string): Repository {
    const repository = this.#repositories.get(name) ?? this.#createRepository();
    absorbChildren(repository);
    return repository;
  }

  /** Clause 20: whether there is such a repository. */
  exists(name: string): boolean {
    const repository = this.#repositories.get(name);
    if (repository === undefined) return false;
    if (this.#settings.keepsEmptyRepositories) return true;
    return (
      repository.manifests.size > 0 || (this.#settings.repositoryScopedBlobs && repository.blobs.size > 0)
    );
  }

  /** The repositories there are, in code-unit order. */
  names(): string[] {
    return [...this.#repositories.keys()].filter((name) => this.exists(name)).sort();
  }

  /** Every repository whose manifests may refer to a blob of `name`. */
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
 * Clause 17: what an index contains is a manifest of its repository. It is made one for good, so that it is one still
 * when its index goes.
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
