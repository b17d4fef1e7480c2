import type { LayoutOptions, LayoutStore } from "@ocilayout/layout-core";
import { openLayout } from "@ocilayout/layout-core";
import { openPerRepository } from "@ocilayout/layout-per-repo";
import { collect, isRegistryError, RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import { UsageError } from "../cli/usage-error.ts";
import type { CommonArguments } from "../commands/command.ts";
import type { Target } from "./locate.ts";
import { explainPrefix } from "./advise.ts";
import { isFree, locate, locateInTree, locateWhole, noLayout } from "./locate.ts";

/**
 * What a command does to a registry. `"read"`: every write is refused, and nothing is created. `"change"`: what is there
 * may change. `"create"`: a layout that is not there may be made.
 */
export type Purpose = "read" | "change" | "create";

/** The repository of bare tags, where nothing else is said. */
export const DEFAULT_REPOSITORY: string = "default";

/** A target within a registry that was opened. */
export interface OpenTarget extends Target {
  /** The registry. */
  readonly registry: LayoutStore;
  /** The repository that the path names, or the default one. */
  readonly repository: string;
}

/** Opens what the PATH of a command means, for as long as `use` takes. */
export async function withTarget<Result>(
  args: CommonArguments & { readonly path: string },
  purpose: Purpose,
  use: (target: OpenTarget) => Promise<Result>,
): Promise<Result> {
  const target = args.perRepo ? locateInTree(args.path) : await locate(args.path);
  const repository = target.repository ?? args.defaultRepository ?? DEFAULT_REPOSITORY;
  await requireThere(target, purpose, args);
  return opened(target, purpose, args, async (registry) => {
    try {
      return await use({ ...target, registry, repository });
    } catch (error) {
      const isUnknown = isRegistryError(error, "NAME_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN");
      if (target.repository === undefined && isUnknown) throw await suggest(registry, repository, error);
      throw error;
    }
  });
}

/** Where a path names no repository and there are no bare tags: what there is. */
async function suggest(
  registry: LayoutStore,
  repository: string,
  error: RegistryError,
): Promise<RegistryError> {
  const there = await collect(registry.repositories());
  if (there.length === 0 || there.includes(repository)) return error;
  const some = there.slice(0, 3).join(", ");
  const hint = `the layout has no bare tags; say DIRECTORY/REPOSITORY, such as ${some}`;
  return new RegistryError(error.code, `${error.message} (${hint})`, { cause: error });
}

/** Opens the PATH of a command that is about a layout as a whole, or a directory of layouts. */
export async function withWhole<Result>(
  args: CommonArguments & { readonly path: string },
  purpose: Purpose,
  use: (registry: LayoutStore) => Promise<Result>,
  options: LayoutOptions = {},
): Promise<Result> {
  const found = await locateWhole(args.path, args.perRepo);
  // A new layout is where the path says, for there is no reference in it.
  const target = found.exists || purpose !== "create" ? found : { ...found, directory: args.path };
  await requireThere(target, purpose, args);
  if (target.exists && (target.repository ?? target.tag ?? target.digest) !== undefined) {
    throw new UsageError(
      `this command takes a layout as a whole, and ${excerpt(args.path)} is a part of one`,
    );
  }
  return opened(target, purpose, args, use, options);
}

async function requireThere(target: Target, purpose: Purpose, { perRepo }: CommonArguments): Promise<void> {
  if (target.exists) return;
  if (purpose !== "create") throw noLayout(target);
  const prefix = explainPrefix(target.path);
  if (prefix !== undefined)
    throw new RegistryError("NAME_INVALID", `cannot make a layout at ${excerpt(target.path)}: ${prefix}`);
  // A layout among somebody's files would be a mess; each of a directory of layouts has a directory of its own.
  if (perRepo || (await isFree(target.directory))) return;
  throw new RegistryError(
    "NAME_UNKNOWN",
    `cannot make a layout at ${excerpt(target.path)}: ${excerpt(target.directory)} is not new or empty; ` +
      `DIRECTORY/${DEFAULT_REPOSITORY}:TAG makes one in a new DIRECTORY, with a bare tag`,
  );
}

async function opened<Result>(
  { directory }: Target,
  purpose: Purpose,
  { perRepo, defaultRepository = DEFAULT_REPOSITORY, followLinks, sharedBlobDir }: CommonArguments,
  use: (registry: LayoutStore) => Promise<Result>,
  options: LayoutOptions = {},
): Promise<Result> {
  const common = { ...options, readOnly: purpose === "read", followSymlinks: followLinks };
  const registry = perRepo
    ? await openPerRepository(directory, common)
    : await openLayout(directory, { ...common, defaultRepository, blobDirectory: sharedBlobDir });
  try {
    return await use(registry);
  } finally {
    await registry.close();
  }
}
