import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { excerpt } from "@ocilayout/oci-types/authors";
import { layoutNames } from "@ocilayout/oci-types";
import { isValidHost } from "@ocilayout/ociref";

/**
 * Explains why `path` is not a layout, and what to write instead.
 *
 * @returns `undefined` if nothing about the path explains it.
 */
export function explainMissing(path: string): string | undefined {
  if (existsSync(path))
    return explainPlace(path) ?? attempt(() => explainTree(path)) ?? explainDirectory(path);
  const part = existingPart(path);
  const advice = part === undefined ? undefined : explainPlace(part);
  if (advice !== undefined) return advice;
  if (/:[\w.-]+@\w+:/.test(path)) return "it has a tag and a digest: leave out one of them";
  const [name = ""] = path.slice(part === undefined ? 0 : part.length).split(/[:@]/, 1);
  return /[A-Z]/.test(name) ? "the repository name has upper-case letters: use lower case" : undefined;
}

/** Explains that nothing is at `path`, and how it is written if it can mean a registry or an image in one. */
export function explainAbsent(path: string): string {
  const [name = ""] = path.split(/[:@]/, 1);
  const ends = Array.from(`${name}/`.matchAll(/(?<=[^/])\//g), ({ index }) => name.slice(0, index));
  const absent = ends.find((part) => !existsSync(part)) ?? name;
  const missing =
    absent === path || absent === "" ? "it does not exist" : `${excerpt(absent)} does not exist`;
  const text = path.replace(/\/$/, "");
  const isHost: boolean = isValidHost(text) && (text === "localhost" || /[.:]/.test(text));
  if (isHost || IMAGE.test(text)) return `${missing}; in a registry it is written docker://${text}`;
  return missing;
}

/** A name with a tag or digest that can be that of an image of Docker Hub: at most two components in lower case. */
const IMAGE = /^[a-z0-9][a-z0-9_-]*(?:\/[a-z0-9][a-z0-9._-]*)?[:@][\w.:-]+$/;

function explainDirectory(path: string): string | undefined {
  if (attempt(() => (statSync(path).isDirectory() ? "" : undefined)) === undefined) return undefined;
  return existsSync(join(path, layoutNames.header))
    ? undefined
    : `it is a directory, but not a layout: it has no ${layoutNames.header}`;
}

/** Returns the longest part of `path` before a `/`, `:` or `@` that exists. */
function existingPart(path: string): string | undefined {
  for (let end = path.length - 1; end > 0; end -= 1) {
    if (!"/:@".includes(path.charAt(end))) continue;
    const part = path.slice(0, end);
    if (existsSync(part)) return part;
  }
  return undefined;
}

/** Returns no advice if the file system fails: an error here must not hide the original one. */
function attempt(explain: () => string | undefined): string | undefined {
  try {
    return explain();
  } catch {
    return undefined;
  }
}

function explainPlace(place: string): string | undefined {
  try {
    if (!statSync(place).isDirectory()) return explainFile(place);
    readdirSync(place);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "EACCES" || code === "EPERM" ? `permission denied: ${excerpt(place)}` : undefined;
  }
}

/** The limits of the search for a layout: its depth, and the number of directories. */
const TREE = { depth: 4, places: 200 } as const;

function explainTree(directory: string): string | undefined {
  const places = [""];
  for (const place of places) {
    for (const entry of readdirSync(join(directory, place), { withFileTypes: true })) {
      const name = place === "" ? entry.name : `${place}/${entry.name}`;
      if (!entry.isDirectory() || entry.name === layoutNames.blobs) continue;
      if (existsSync(join(directory, name, layoutNames.header)))
        return `it contains layouts: name one, such as ${excerpt(join(directory, name))}, or add --per-repo for all of them`;
      if (name.split("/").length < TREE.depth && places.length < TREE.places) places.push(name);
    }
  }
  return undefined;
}

function explainFile(file: string): string {
  return `${excerpt(file)} is a file, not a layout directory`;
}
