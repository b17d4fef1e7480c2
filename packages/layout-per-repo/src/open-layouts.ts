import type { EntryName, LayoutOptions, LayoutRegistry, ManifestListing } from "@ocilayout/layout-core";
import { nameOfEntry, openLayout } from "@ocilayout/layout-core";
import { wasClosed } from "@ocilayout/oci-backend";
import type { ListOptions } from "@ocilayout/oci-types";
import { isRegistryError } from "@ocilayout/oci-types";

import { hasMarker } from "./discover.ts";
import { repositoryDirectory } from "./repository-path.ts";

/** An open layout, and the number of calls and writers that use it. */
interface OpenLayout {
  readonly registry: LayoutRegistry;
  users: number;
}

/** A layout in use. `release` must be called when it is no longer needed. */
export interface UsedLayout {
  readonly registry: LayoutRegistry;
  readonly release: () => Promise<void>;
}

/**
 * The open layouts, the most recently used last. At most `most` are kept open, in addition to those in use. The layout
 * of a missing repository is not kept, however often it is requested.
 */
export class OpenLayouts {
  readonly #directory: string;
  readonly #options: LayoutOptions;
  readonly #most: number;
  readonly #open: Map<string, OpenLayout> = new Map();
  #closed: Promise<void> | undefined;

  constructor(directory: string, options: LayoutOptions, most: number) {
    this.#directory = directory;
    this.#options = options;
    this.#most = most;
  }

  /** The number of open layouts. */
  get size(): number {
    return this.#open.size;
  }

  /** Whether the repository's layout exists. */
  exists(repository: string): boolean {
    return hasMarker(repositoryDirectory(this.#directory, repository));
  }

  /** Opens the layout of `repository`, or returns the open one. */
  async use(repository: string): Promise<UsedLayout> {
    this.requireOpen();
    const directory = repositoryDirectory(this.#directory, repository);
    let open = this.#open.get(repository);
    if (open === undefined) {
      const { nameEntry } = this.#options;
      open = {
        registry: await openLayout(directory, {
          ...this.#options,
          within: this.#directory,
          defaultRepository: repository,
          nameEntry: (descriptor) =>
            ofThisRepository(
              nameEntry === undefined ? nameOfEntry(descriptor, repository) : nameEntry(descriptor),
              repository,
            ),
        }),
        users: 0,
      };
      this.requireOpen();
      // Another call may have opened it meanwhile.
      open = this.#open.get(repository) ?? open;
    }
    const used = open;
    used.users += 1;
    this.#open.delete(repository);
    this.#open.set(repository, used);
    let isReleased = false;
    return {
      registry: used.registry,
      release: async () => {
        if (isReleased) return;
        isReleased = true;
        used.users -= 1;
        if (used.users === 0 && !this.exists(repository)) await this.#drop(repository, used);
        await this.#shrink();
      },
    };
  }

  /** Runs `call` with the layout of `repository`. */
  async call<Result>(
    repository: string,
    call: (layout: LayoutRegistry) => Result | Promise<Result>,
  ): Promise<Result> {
    const { registry, release } = await this.use(repository);
    try {
      return await call(registry);
    } finally {
      await release();
    }
  }

  /** Lists the manifests of `repository`. The list is empty if its layout exists without entries. */
  async *list(repository: string, options: ListOptions): AsyncGenerator<ManifestListing, void, undefined> {
    const { registry, release } = await this.use(repository);
    try {
      yield* registry.manifests(repository, options);
    } catch (error) {
      if (!isRegistryError(error, "NAME_UNKNOWN") || !this.exists(repository)) throw error;
    } finally {
      await release();
    }
  }

  /** Fails with `CLOSED` after {@link close}. */
  requireOpen(): void {
    if (this.#closed !== undefined) throw wasClosed("this directory of layouts");
  }

  /**
   * Refuses every later call, and closes all layouts. Idempotent.
   *
   * @param endUploads - Ends the uploads. The layouts are closed even if it fails.
   */
  close(endUploads: () => Promise<void>): Promise<void> {
    return (this.#closed ??= this.#close(endUploads));
  }

  async #close(endUploads: () => Promise<void>): Promise<void> {
    try {
      await endUploads();
    } finally {
      await Promise.all([...this.#open].map(([repository, open]) => this.#drop(repository, open)));
    }
  }

  async #shrink(): Promise<void> {
    for (const [repository, open] of this.#open) {
      if (this.#open.size <= this.#most) return;
      if (open.users === 0) await this.#drop(repository, open);
    }
  }

  async #drop(repository: string, open: OpenLayout): Promise<void> {
    if (this.#open.get(repository) === open) this.#open.delete(repository);
    await open.registry.close();
  }
}

/** Ignores an entry that names another repository. It is kept, and `verify()` reports it. */
function ofThisRepository(name: EntryName | undefined, repository: string): EntryName | undefined {
  return name?.repository === repository ? name : undefined;
}
