import type { Dirent } from "node:fs";
import { lstatSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

import { findObstacle, inspectDirectory } from "@ocilayout/layout-core";
import type { CallOptions } from "@ocilayout/oci-types";
import { layoutNames, RegistryError } from "@ocilayout/oci-types";
import { maxRepositoryLength } from "@ocilayout/ociref";

import { isComponent } from "./repository-path.ts";

/** Options of {@link discover}. */
export interface DiscoverOptions extends CallOptions {
  /** Only names after this one are returned. */
  readonly startAfter?: string | undefined;
}

/** A result of {@link explore}: something at a path that a repository can have. */
export interface Found {
  readonly name: string;
  /**
   * The obstacle that is there instead of a repository: `"link"`, `"file"` (also a pipe or a device), or the error of a
   * directory that cannot be read. Absent for a repository.
   */
  readonly obstacle?: "link" | "file" | RegistryError | undefined;
}

/** A directory that may be a repository, or contain repositories. */
interface Place {
  readonly name: string;
  /** The entries of the directory, once it was read. */
  listing: Listing | undefined;
}

interface Listing {
  readonly isRepository: boolean;
  /** The subdirectories that are valid components of a name. */
  readonly children: readonly string[];
  /** The entries that are neither repositories nor directories. */
  readonly obstacles: readonly Found[];
}

/** A place still to be visited: itself if the key is its name, and otherwise the places below it. */
interface Step {
  readonly key: string;
  readonly place: Place;
}

/**
 * Yields the repositories below `directory`, in the code-unit order of their names. A repository is a directory that
 * contains an `oci-layout`. Each directory is read once, when it is reached. `blobs` is not read, and links are not
 * followed. A directory that cannot be read does not hide others.
 *
 * @throws `RegistryError` `LAYOUT_INVALID` if `directory` is itself a layout, or not a directory; `STORAGE_FAILED` if
 * it cannot be read.
 */
export async function* discover(
  directory: string,
  options: DiscoverOptions = {},
): AsyncGenerator<string, void, undefined> {
  for await (const { name, obstacle } of explore(directory, options)) if (obstacle === undefined) yield name;
}

/** {@link discover} that also yields obstacles at paths of repositories. */
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
      // A directory before the start is read only if names below it are wanted.
      if (key <= startAfter) continue;
      place.listing = await list(directory, place.name);
      if (place.listing.isRepository) yield { name: place.name };
      yield* place.listing.obstacles;
      continue;
    }
    // All names below begin with this key. Skip them if even the greatest comes before the start.
    if (`${key}\x7f` <= startAfter) continue;
    place.listing ??= await list(directory, place.name);
    addSteps(waiting, key, place.listing.children);
  }
}

/** Fails if `directory` is itself a layout: its repositories would be inside that layout. */
async function requireTree(directory: string): Promise<void> {
  const kind = await inspectDirectory(directory);
  if (kind !== "layout" && kind !== "remnant") return;
  throw new RegistryError(
    "LAYOUT_INVALID",
    "the directory is itself a layout, not a directory of layouts: open it with openLayout",
  );
}

/** Adds the steps for the directories `names`, the last first. `a-b` comes between `a` and the names below `a`. */
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

/** Lists the directory `name` below `root`. The name of the root itself is empty. */
async function list(root: string, name: string): Promise<Listing> {
  const directory = join(root, name);
  // Checked again, because the caller may have paused the list since the parent was read.
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
    const error = new RegistryError("STORAGE_FAILED", `cannot list repositories: ${code}`, {
      cause,
      detail: { systemCode: code },
    });
    if (name === "" || !OF_ONE_DIRECTORY.has(code)) throw error;
    // The files of a directory that cannot be listed may still be readable.
    return hasMarker(directory)
      ? { ...nothing, isRepository: true }
      : { ...nothing, obstacles: [{ name, obstacle: error }] };
  }
  const isRepository = entries.some((entry) => entry.name === layoutNames.header);
  const named = entries.filter((entry) => isComponent(entry.name));
  return {
    isRepository: isRepository && name !== "",
    children: named.filter((entry) => entry.isDirectory()).map((entry) => entry.name),
    // The layout of the repository reports its own stray files.
    obstacles: isRepository
      ? []
      : named.filter((entry) => !entry.isDirectory()).map((entry) => obstacleOf(name, entry)),
  };
}

const nothing: Listing = { isRepository: false, children: [], obstacles: [] };

/** Errors that mean that nothing is there: it was removed meanwhile, or its name is too long to exist. */
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG"]);
/** System errors that concern one bad directory. Other codes, such as EMFILE, concern every directory. */
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

/** Whether `directory` contains an `oci-layout`. */
export function hasMarker(directory: string): boolean {
  try {
    return lstatSync(join(directory, layoutNames.header), { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
