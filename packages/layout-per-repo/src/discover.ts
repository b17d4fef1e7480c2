import type { Dirent } from "node:fs";
import { lstatSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

import { findObstacle, inspectDirectory } from "@ocilayout/layout-core";
import type { CallOptions } from "@ocilayout/oci-types";
import { layoutNames, RegistryError } from "@ocilayout/oci-types";
import { maxRepositoryLength } from "@ocilayout/ociref";

import { isComponent } from "./repository-path.ts";

/** Where to begin, for {@link discover}. */
export interface DiscoverOptions extends CallOptions {
  /** Only names after this one are looked for. */
  readonly startAfter?: string | undefined;
}

/** What {@link explore} finds under a name that a repository can have. */
export interface Found {
  readonly name: string;
  /**
   * What is there instead of a repository: `"link"`, `"file"` (also a pipe or a device), or the error of a directory that
   * cannot be read. Absent for a repository.
   */
  readonly obstacle?: "link" | "file" | RegistryError | undefined;
}

/** A directory that may be a repository, or hold some. */
interface Place {
  readonly name: string;
  /** What is in it, once it was read. */
  listing: Listing | undefined;
}

interface Listing {
  readonly isRepository: boolean;
  /** The directories in it that can be components of a name. */
  readonly children: readonly string[];
  /** What is in the way of repositories. */
  readonly obstacles: readonly Found[];
}

/** A place still to be looked at: for itself if the key is its name, else for what is below it. */
interface Step {
  readonly key: string;
  readonly place: Place;
}

/**
 * The repositories below `directory`: the directories that hold something called `oci-layout`, in the code-unit order of
 * their names. Each directory is read once, when it is reached. `blobs` is not read, and links are not followed. A directory
 * that cannot be read hides no other.
 *
 * @throws `RegistryError` `LAYOUT_INVALID` if `directory` is itself a layout, or not a directory; `STORAGE_FAILED` if it cannot be read.
 */
export async function* discover(
  directory: string,
  options: DiscoverOptions = {},
): AsyncGenerator<string, void, undefined> {
  for await (const { name, obstacle } of explore(directory, options)) if (obstacle === undefined) yield name;
}

/** {@link discover}, and what stands where a repository could be. */
export async function* explore(
  directory: string,
  options: DiscoverOptions = {},
): AsyncGenerator<Found, void, undefined> {
  const { startAfter = "", signal } = options;
  await requireTree(directory);
  const root = await list(directory, "");
  yield* root.obstacles;
  const waiting: Step[] = [];
  addSteps(waiting, "", root.children);
  for (let step = waiting.pop(); step !== undefined; step = waiting.pop()) {
    signal?.throwIfAborted();
    const { key, place } = step;
    if (key === place.name) {
      // A name that is not wanted is not read for its own sake.
      if (key <= startAfter) continue;
      place.listing = await list(directory, place.name);
      if (place.listing.isRepository) yield { name: place.name };
      yield* place.listing.obstacles;
      continue;
    }
    // Every name below begins with this key; if the greatest of them is not wanted, none is.
    if (`${key}\x7f` <= startAfter) continue;
    place.listing ??= await list(directory, place.name);
    addSteps(waiting, key, place.listing.children);
  }
}

/** Fails if `directory` is itself a layout: repositories in it would lie in that layout. */
async function requireTree(directory: string): Promise<void> {
  const kind = await inspectDirectory(directory);
  if (kind !== "layout" && kind !== "remnant") return;
  throw new RegistryError(
    "LAYOUT_INVALID",
    "this is one layout, not a directory of layouts: open it with openLayout",
  );
}

/** Adds the steps for the directories `names`, the last first. `a-b` comes between `a` and what is below `a`. */
function addSteps(waiting: Step[], prefix: string, names: readonly string[]): void {
  const steps: Step[] = [];
  for (const own of names) {
    const name = prefix + own;
    if (name.length > maxRepositoryLength) continue;
    const place: Place = { name, listing: undefined };
    steps.push({ key: name, place }, { key: `${name}/`, place });
  }
  steps.sort((a, b) => (a.key > b.key ? -1 : 1));
  for (const step of steps) waiting.push(step);
}

/** Looks at the directory called `name` below `root`; the root itself has no name. */
async function list(root: string, name: string): Promise<Listing> {
  const directory = join(root, name);
  // Between this look and the one at its parent the caller may have paused the list for long.
  if (name !== "" && findObstacle(root, directory) !== undefined) return nothing;
  let entries: Dirent[];
  try {
    entries = await readdir(directory, { withFileTypes: true });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    if (name === "" && code === "ENOTDIR" && (await inspectDirectory(root)) !== "absent") {
      throw new RegistryError("LAYOUT_INVALID", "the directory of layouts is not a directory", { cause });
    }
    if (ABSENT.has(code)) return nothing;
    const error = new RegistryError("STORAGE_FAILED", `cannot look for repositories: ${code}`, {
      cause,
      detail: { systemCode: code },
    });
    if (name === "" || !OF_ONE_DIRECTORY.has(code)) throw error;
    // A directory that is not to be listed may still be one whose files can be read.
    return hasMarker(directory)
      ? { ...nothing, isRepository: true }
      : { ...nothing, obstacles: [{ name, obstacle: error }] };
  }
  const isRepository = entries.some((entry) => entry.name === layoutNames.header);
  const named = entries.filter((entry) => isComponent(entry.name));
  return {
    isRepository: isRepository && name !== "",
    children: named.filter((entry) => entry.isDirectory()).map((entry) => entry.name),
    // Stray files within a repository are its layout's to report.
    obstacles: isRepository
      ? []
      : named.filter((entry) => !entry.isDirectory()).map((entry) => obstacleOf(name, entry)),
  };
}

const nothing: Listing = { isRepository: false, children: [], obstacles: [] };

/** Nothing is there: removed meanwhile, or a name that is too long to be one. */
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG"]);
/** What the system answers about one bad directory. Other codes, such as EMFILE, concern them all. */
const OF_ONE_DIRECTORY: ReadonlySet<string> = new Set([
  "EACCES",
  "EPERM",
  "EIO",
  "ELOOP",
  "ESTALE",
  "EUCLEAN",
  "EBADMSG",
]);

function obstacleOf(parent: string, entry: Dirent): Found {
  return {
    name: parent === "" ? entry.name : `${parent}/${entry.name}`,
    obstacle: entry.isSymbolicLink() ? "link" : "file",
  };
}

/** Whether something called `oci-layout` is in `directory`. */
export function hasMarker(directory: string): boolean {
  try {
    return lstatSync(join(directory, layoutNames.header), { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
