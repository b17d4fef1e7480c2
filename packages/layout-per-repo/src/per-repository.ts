import { lstatSync } from "node:fs";
import { join, resolve } from "node:path";

import type { GcOptions, LayoutRegistry, LayoutStore, VerifyOptions } from "@ocilayout/layout-core";
import { mountBetween, openLayout } from "@ocilayout/layout-core";
import type { BlobWriter, CallOptions, Descriptor, Digest, ListOptions } from "@ocilayout/oci-types";
import { requirePage, unknownBlob } from "@ocilayout/oci-backend";
import {
  isRegistryError,
  readBlobSource,
  requireDigest,
  requireObject,
  requireSignal,
} from "@ocilayout/oci-types";

import { discover } from "./discover.ts";
import type { PerRepositoryGcReport, RepositoryFinding } from "./maintenance.ts";
import { collectAll, verifyAll } from "./maintenance.ts";
import { OpenLayouts } from "./open-layouts.ts";
import type { PerRepositoryOptions } from "./options.ts";
import { requireMost } from "./options.ts";
import { PinnedWriter } from "./pinned-writer.ts";
import { repositoryDirectory } from "./repository-path.ts";

/** A directory of OCI Image Layouts, one for each repository, as one registry. */
export interface PerRepositoryRegistry extends LayoutStore {
  /** Verifies every layout, one after the other: `LayoutRegistry.verify`. One that cannot be verified does not end it. */
  verify(options?: VerifyOptions): AsyncIterable<RepositoryFinding>;
  /** Collects the garbage of every layout: `LayoutRegistry.gc`. One where that fails is reported, and does not end it. */
  gc(options?: GcOptions): Promise<PerRepositoryGcReport>;
}

/**
 * Opens a directory of layouts as a registry: repository `a/b` is the layout in `<directory>/a/b`. Opening creates
 * nothing and reads no layout; a repository's layout is created by the first write to it. If `directory` is itself a layout,
 * every call is `LAYOUT_INVALID`.
 *
 * Links below `directory` are not followed: where one is on the way to a repository, or a file, every call about that
 * repository is `LAYOUT_INVALID`, and `repositories()` does not list it.
 *
 * A name with a component `blobs`, `index.json` or `oci-layout` is `NAME_INVALID`: it would lie inside another layout.
 * Blobs are each repository's own. Everything else is as `openLayout` promises it, for each of the layouts.
 *
 * @throws TypeError or RangeError where an option makes no sense; `RegistryError` `LAYOUT_INVALID` if `readOnly` is given
 * and `directory` does not exist.
 */
export async function openPerRepository(
  directory: string,
  options: PerRepositoryOptions = {},
): Promise<PerRepositoryRegistry> {
  requireObject(options, "options");
  const { maxOpenLayouts = 64, ...layoutOptions } = options;
  // What one layout refuses, all would.
  await (await openLayout(directory, layoutOptions)).close();
  const root = resolve(directory);
  const layouts = new OpenLayouts(root, layoutOptions, requireMost(maxOpenLayouts));
  return new Router(root, layouts, layoutOptions.allowSparse === true).registry();
}

/** Sends each call to the layout of its repository. */
class Router {
  readonly #root: string;
  readonly #layouts: OpenLayouts;
  readonly #allowSparse: boolean;

  constructor(root: string, layouts: OpenLayouts, allowSparse: boolean) {
    this.#root = root;
    this.#layouts = layouts;
    this.#allowSparse = allowSparse;
  }

  registry(): PerRepositoryRegistry {
    const close = (): Promise<void> => this.#layouts.close();
    return {
      directory: this.#root,
      capabilities: { checksReferences: !this.#allowSparse },
      getBlob: (repo, ...args) => this.#call(repo, (it) => it.getBlob(repo, ...args)),
      getBlobRange: (repo, ...args) => this.#call(repo, (it) => it.getBlobRange(repo, ...args)),
      getManifest: (repo, ...args) => this.#call(repo, (it) => it.getManifest(repo, ...args)),
      getTag: (repo, ...args) => this.#call(repo, (it) => it.getTag(repo, ...args)),
      resolveBlob: (repo, ...args) => this.#call(repo, (it) => it.resolveBlob(repo, ...args)),
      resolveManifest: (repo, ...args) => this.#call(repo, (it) => it.resolveManifest(repo, ...args)),
      resolveTag: (repo, ...args) => this.#call(repo, (it) => it.resolveTag(repo, ...args)),
      pushBlob: async (repo, descriptor, content, callOptions) => {
        const chunks = readBlobSource(content, callOptions);
        try {
          return await this.#call(repo, (it) => it.pushBlob(repo, descriptor, chunks, callOptions));
        } finally {
          await chunks.return();
        }
      },
      pushBlobChunked: (repo, given = {}) =>
        this.#write(repo, given, (it) => it.pushBlobChunked(repo, given)),
      pushBlobChunkedResume: (repo, id, given = {}) =>
        this.#write(repo, given, (it) => it.pushBlobChunkedResume(repo, id, given)),
      resolveUpload: (repo, ...args) => this.#call(repo, (it) => it.resolveUpload(repo, ...args)),
      cancelUpload: (repo, ...args) => this.#call(repo, (it) => it.cancelUpload(repo, ...args)),
      mountBlob: (...args) => this.#mount(...args),
      pushManifest: (repo, ...args) => this.#call(repo, (it) => it.pushManifest(repo, ...args)),
      deleteBlob: (repo, ...args) => this.#call(repo, (it) => it.deleteBlob(repo, ...args)),
      deleteManifest: (repo, ...args) => this.#call(repo, (it) => it.deleteManifest(repo, ...args)),
      deleteTag: (repo, ...args) => this.#call(repo, (it) => it.deleteTag(repo, ...args)),
      tags: (repo, ...args) => this.#list(repo, (it) => it.tags(repo, ...args)),
      referrers: (repo, ...args) => this.#list(repo, (it) => it.referrers(repo, ...args)),
      repositories: (...args) => this.#repositories(...args),
      manifests: (repo, ...args) => this.#list(repo, (it) => it.manifests(repo, ...args)),
      verify: (...args) => this.#verify(...args),
      gc: async (gcOptions = {}) => {
        const signal = this.#begin(gcOptions);
        return collectAll(this.#layouts, this.#root, { ...gcOptions, signal });
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  }

  /** Begins a call that is about more than one layout: returns its signal, checked. */
  #begin(options: CallOptions): AbortSignal | undefined {
    const signal = requireSignal(options);
    this.#layouts.requireOpen();
    signal?.throwIfAborted();
    return signal;
  }

  async #call<Result>(repo: string, call: (layout: LayoutRegistry) => Promise<Result>): Promise<Result> {
    const { registry, release } = await this.#layouts.use(repo);
    try {
      return await call(registry);
    } finally {
      await release();
    }
  }

  async #write(
    repo: string,
    options: CallOptions,
    open: (layout: LayoutRegistry) => Promise<BlobWriter>,
  ): Promise<BlobWriter> {
    const signal = requireSignal(options);
    const { registry, release } = await this.#layouts.use(repo);
    try {
      return new PinnedWriter(await open(registry), release, signal);
    } catch (error) {
      await release();
      throw error;
    }
  }

  /** A list of one repository. One whose layout is there and has no entry is there, too: its lists are empty. */
  async *#list<Item>(
    repo: string,
    list: (layout: LayoutRegistry) => AsyncIterable<Item>,
  ): AsyncGenerator<Item, void, undefined> {
    const { registry, release } = await this.#layouts.use(repo);
    try {
      yield* list(registry);
    } catch (error) {
      if (!isRegistryError(error, "NAME_UNKNOWN") || !this.#layouts.exists(repo)) throw error;
    } finally {
      await release();
    }
  }

  async *#repositories(options: ListOptions = {}): AsyncGenerator<string, void, undefined> {
    const signal = this.#begin(options);
    const { startAfter, limit = Infinity } = requirePage(options);
    let left = limit;
    if (left === 0) return;
    for await (const repository of discover(this.#root, { startAfter, signal })) {
      yield repository;
      left -= 1;
      if (left === 0) return;
    }
  }

  async *#verify(options: VerifyOptions = {}): AsyncGenerator<RepositoryFinding, void, undefined> {
    const signal = this.#begin(options);
    yield* verifyAll(this.#layouts, this.#root, { ...options, signal });
  }

  async #mount(
    fromRepo: string | undefined,
    toRepo: string,
    digest: string,
    options: CallOptions = {},
  ): Promise<Descriptor> {
    const signal = this.#begin(options);
    // All names are looked at before any layout.
    if (fromRepo !== undefined) repositoryDirectory(this.#root, fromRepo);
    repositoryDirectory(this.#root, toRepo);
    const wanted = requireDigest(digest);
    const source = fromRepo ?? (await this.#findOwner(toRepo, wanted.digest, { signal }));
    if (source === undefined) throw unknownBlob(wanted.digest, "no repository has it");
    return this.#call(source, (from) =>
      this.#call(toRepo, (to) => mountBetween(from, to, wanted.digest, { signal })),
    );
  }

  /** A repository that has the blob, the target itself before any other. Another one that cannot be read has none. */
  async #findOwner(target: string, digest: Digest, options: CallOptions): Promise<string | undefined> {
    if (await this.#has(target, digest, options)) return target;
    const path = join("blobs", digest.replace(":", "/"));
    for await (const repository of discover(this.#root, options)) {
      // Most have nothing of that name: their index need not be read.
      if (!isThere(join(this.#root, repository, path))) continue;
      if (await this.#has(repository, digest, options).catch(noneIfUnreadable)) return repository;
    }
    return undefined;
  }

  async #has(repository: string, digest: Digest, options: CallOptions): Promise<boolean> {
    try {
      await this.#call(repository, (it) => it.resolveBlob(repository, digest, options));
      return true;
    } catch (error) {
      if (isRegistryError(error, "BLOB_UNKNOWN")) return false;
      throw error;
    }
  }
}

/** False for what is wrong with one layout; passes on what concerns the call. */
function noneIfUnreadable(error: unknown): false {
  if (isRegistryError(error, "LAYOUT_INVALID", "STORAGE_FAILED")) return false;
  throw error;
}

/** Whether anything is at `path`, a link or not. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
