import type { LayoutOptions, LayoutStore } from "@ocilayout/layout-core";
import { openLayout } from "@ocilayout/layout-core";
import { openPerRepository } from "@ocilayout/layout-per-repo";
import { collect, isRegistryError, RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import { UsageError } from "../errors/usage-error.ts";
import type { CommonArguments } from "../commands/command.ts";
import type { Target } from "./locate.ts";
import { explainPrefix } from "./advise.ts";
import { isFree, locate, locateInTree, locateWhole, noLayout } from "./locate.ts";

/**
 * The access that a command needs:
 *
 * - `"read"`: only read.
 * - `"change"`: also write to an existing layout.
 * - `"create"`: also create a layout.
 */
export type Purpose = "read" | "change" | "create";

/** The default name for the repository of bare tags. */
export const DEFAULT_REPOSITORY: string = "default";

/** A target in an open registry. */
export interface OpenTarget extends Target {
  /** The registry. */
  readonly registry: LayoutStore;
  /** The repository that the path names, or the default one. */
  readonly repository: string;
}

/** Opens the target of a PATH, runs `use`, and closes it. */
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

/** Adds the names of repositories to `error`, if the path names no repository and the layout has no bare tags. */
async function suggest(
  registry: LayoutStore,
  repository: string,
  error: RegistryError,
): Promise<RegistryError> {
  const there = await collect(registry.repositories());
  if (there.length === 0 || there.includes(repository)) return error;
  const some = there.slice(0, 3).join(", ");
  const hint = `the layout has no bare tags; use DIRECTORY/REPOSITORY, with a repository such as ${some}`;
  return new RegistryError(error.code, `${error.message} (${hint})`, { cause: error });
}

/** Opens the whole layout, or the directory of layouts, at a PATH. Runs `use`, and closes it. */
export async function withWhole<Result>(
  args: CommonArguments & { readonly path: string },
  purpose: Purpose,
  use: (registry: LayoutStore) => Promise<Result>,
  options: LayoutOptions = {},
): Promise<Result> {
  const found = await locateWhole(args.path, args.perRepo);
  // The path of a new layout contains no reference.
  const target = found.exists || purpose !== "create" ? found : { ...found, directory: args.path };
  await requireThere(target, purpose, args);
  if (target.exists && (target.repository ?? target.tag ?? target.digest) !== undefined) {
    throw new UsageError(
      `${excerpt(args.path)} is not a whole layout: leave out the repository, tag or digest`,
    );
  }
  return opened(target, purpose, args, use, options);
}

async function requireThere(target: Target, purpose: Purpose, { perRepo }: CommonArguments): Promise<void> {
  if (target.exists) return;
  if (purpose !== "create") throw noLayout(target);
  const prefix = explainPrefix(target.path);
  if (prefix !== undefined)
    throw new RegistryError("NAME_INVALID", `cannot create a layout at ${excerpt(target.path)}: ${prefix}`);
  // A layout must not be mixed with other files. In a directory of layouts, each has a directory of its own.
  if (perRepo || (await isFree(target.directory))) return;
  throw new RegistryError(
    "NAME_UNKNOWN",
    `cannot create a layout at ${excerpt(target.path)}: ${excerpt(target.directory)} is not empty; ` +
      `use DIRECTORY/${DEFAULT_REPOSITORY}:TAG with a new DIRECTORY`,
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
