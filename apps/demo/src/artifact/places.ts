import type { Stats } from "node:fs";
import { link, lstat, mkdir, rename } from "node:fs/promises";
import { join } from "node:path";

import { RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import { parseTitle, requireDistinct } from "./title.ts";

/**
 * The paths of files within `directory`, as components, known to lie in it and to be free.
 *
 * @throws `RegistryError` `NAME_INVALID` for a title that leads out of it, by its words or through a link; `DENIED` for
 * one that is there and, without `force`, would be replaced. Nothing was written then.
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
  const hint = stats.isDirectory() ? "and is a directory" : "(--force replaces it)";
  throw new RegistryError("DENIED", `${excerpt(components.join("/"))} is there already ${hint}`);
}

/** Gives a written file its name, in one step. What came there meanwhile is not replaced without `force`. */
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

/** Whether the file has its name now. It has not where another has it, and on a file system without hard links. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw error;
    return false;
  }
}

/** Looked at again when it is used: somebody may have put a link there. */
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
    `${excerpt(components.join("/"))} is no directory; a link is not followed`,
  );
}
