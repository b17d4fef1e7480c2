import { resolve } from "node:path";

import type { GcOptions, LayoutStore, ManifestListing, VerifyOptions } from "@ocilayout/layout-core";
import { openLayout, rememberLayouts } from "@ocilayout/layout-core";
import type { Backend } from "@ocilayout/oci-backend";
import {
  beginCall,
  closeWriters,
  defineBackend,
  listOf,
  readOnly,
  sameBackend,
} from "@ocilayout/oci-backend";
import { requireObject } from "@ocilayout/oci-types/authors";

import { discover } from "./discover.ts";
import type { PerRepositoryGcReport, RepositoryFinding } from "./maintenance.ts";
import { collectAll, verifyAll } from "./maintenance.ts";
import { mounterOf, mountInto } from "./mount.ts";
import { OpenLayouts } from "./open-layouts.ts";
import type { PerRepositoryOptions } from "./options.ts";
import { requireMost } from "./options.ts";
import { route } from "./route.ts";

/** A directory of OCI Image Layouts, one for each repository, as one registry. */
export interface PerRepositoryRegistry extends LayoutStore {
  /**
   * Verifies every layout in turn: see `LayoutRegistry.verify`. A layout that cannot be verified does not end the
   * iteration.
   */
  verify(options?: VerifyOptions): AsyncIterable<RepositoryFinding>;
  /**
   * Collects the garbage of every layout: see `LayoutRegistry.gc`. A layout whose garbage cannot be collected is
   * reported, and does not end the call.
   */
  gc(options?: GcOptions): Promise<PerRepositoryGcReport>;
}

/**
 * Opens a directory of layouts as a registry: repository `a/b` is the layout in `<directory>/a/b`. Opening creates
 * nothing and reads no layout. The first write to a repository creates its layout. If `directory` is itself a layout,
 * every call fails with `LAYOUT_INVALID`.
 *
 * Links below `directory` are not followed. If the path to a repository contains a link or a file, every call about
 * that repository fails with `LAYOUT_INVALID`, and `repositories()` does not list it.
 *
 * A name with a component `blobs`, `index.json` or `oci-layout` fails with `NAME_INVALID`, because it would be inside
 * another layout. Each repository has its own blobs. Otherwise each layout behaves as `openLayout` promises.
 *
 * @throws TypeError or RangeError if an option is invalid; `RegistryError` `LAYOUT_INVALID` if `readOnly` is set and
 * `directory` does not exist.
 */
export async function openPerRepository(
  directory: string,
  options: PerRepositoryOptions = {},
): Promise<PerRepositoryRegistry> {
  requireObject(options, "options");
  const { maxOpenLayouts = 64, ...layoutOptions } = options;
  // Validates the options that all layouts share.
  await (await openLayout(directory, layoutOptions)).close();
  const root = resolve(directory);
  const layouts = new OpenLayouts(root, layoutOptions, requireMost(maxOpenLayouts));
  const routed = route(layouts);
  const backend: Backend = {
    ...routed,
    capabilities: { checksReferences: layoutOptions.allowSparse !== true },
    maxManifestBytes: layoutOptions.maxManifestBytes,
    verifyOnRead: layoutOptions.verifyOnRead,
    begin(access) {
      layouts.requireOpen();
      if (access === "write" && layoutOptions.readOnly === true) throw readOnly("this directory of layouts");
    },
    mountBlob: (call) => mountInto(layouts, root, call),
    // A repository exists if its layout exists. Without entries its lists are empty.
    tags: async (call) => (await routed.tags(call)) ?? (layouts.exists(call.repository) ? [] : undefined),
    repositories: (call) => discover(root, call),
  };
  const made = defineBackend(backend);
  const close = (): Promise<void> => layouts.close(() => closeWriters(made));
  const registry: PerRepositoryRegistry = sameBackend(made, {
    ...made,
    ...mounterOf(layouts, backend),
    directory: root,
    manifests: (repo, given) =>
      listOf(backend, repo, given, (call) => layouts.list(call.repository, call), digestOf),
    async *verify(given = {}) {
      const signal = beginCall(backend, "read", given);
      yield* verifyAll(layouts, root, { ...given, signal });
    },
    async gc(given = {}) {
      requireObject(given, "options");
      const signal = beginCall(backend, given.dryRun === true ? "read" : "write", given);
      return collectAll(layouts, root, { ...given, signal });
    },
    close,
    [Symbol.asyncDispose]: close,
  });
  rememberLayouts(registry, (repository, use) => layouts.call(repository, use));
  return registry;
}

function digestOf({ descriptor }: ManifestListing): string {
  return descriptor.digest;
}
