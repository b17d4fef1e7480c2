import type { Stats } from "node:fs";
import { link, lstat, mkdir, rename } from "node:fs/promises";
import { join } from "node:path";

import { RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import { parseTitle, requireDistinct } from "./title.ts";

/**
 * Returns the paths of files within `directory`, as components. No path leads out of the directory, and no file is in the
 * way. Writes nothing.
 *
 * @throws `RegistryError` `NAME_INVALID` for a title that leads out of the directory, also through a link. `DENIED` for a
 * path that exists, unless `force` is true and it is not a directory.
 */
export async function planPlaces(
  directory: string,
  titles: readonly string[],
  force: boolean,
): Promise<string[][]> {
  const places = titles.map((title) => parseTitle(title));
  requireDistinct(titles);
  for (const components of places) {
    await requireDirectories(directory, components.slice(0, -1));
    await requireFree(directory, components, force);
  }
  return places;
}

async function requireDirectories(directory: string, components: readonly string[]): Promise<void> {
  for (const end of components.keys()) {
    const stats = await look(join(directory, components.slice(0, end + 1).join("/")));
    if (stats === undefined) return;
    if (!stats.isDirectory()) throw notDirectory(components.slice(0, end + 1));
  }
}

async function requireFree(directory: string, components: readonly string[], force: boolean): Promise<void> {
  const stats = await look(join(directory, components.join("/")));
  if (stats === undefined || (force && !stats.isDirectory())) return;
  const hint = stats.isDirectory() ? "it is a directory" : "it exists; --force replaces it";
  throw new RegistryError("DENIED", `cannot write ${excerpt(components.join("/"))}: ${hint}`);
}

/** Moves a written file to its place, atomically. Without `force` it does not replace a file that appeared meanwhile. */
export async function putInPlace(
  from: string,
  directory: string,
  components: readonly string[],
  force: boolean,
): Promise<void> {
  for (const end of components.slice(0, -1).keys())
    await makeDirectory(directory, components.slice(0, end + 1));
  const to = join(directory, components.join("/"));
  if (!force && (await linked(from, to))) return;
  await requireFree(directory, components, force);
  await rename(from, to);
}

/** Links the file to its place. Returns false if the place is taken, or if the file system has no hard links. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw error;
    return false;
  }
}

/** Creates a directory if it is missing. Checks it again, because another process may have put a link there. */
async function makeDirectory(directory: string, components: readonly string[]): Promise<void> {
  const path = join(directory, components.join("/"));
  await mkdir(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  });
  if ((await look(path))?.isDirectory() !== true) throw notDirectory(components);
}

async function look(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function notDirectory(components: readonly string[]): RegistryError {
  return new RegistryError(
    "NAME_INVALID",
    `${excerpt(components.join("/"))} is not a directory; links are not followed`,
  );
}
