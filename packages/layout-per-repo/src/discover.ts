import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

import type { CallOptions } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";
import { maxRepositoryLength } from "@ocilayout/ociref";

import { isComponent } from "./repository-path.ts";

/** Where to begin, for {@link discover}. */
export interface DiscoverOptions extends CallOptions {
  /** Only what comes after this is looked for. */
  readonly startAfter?: string | undefined;
}

/** A directory that may be a repository, or hold some. */
interface Place {
  readonly name: string;
  /** The directories in it that may be parts of a name, once it was read. */
  children: readonly string[] | undefined;
}

/** What is still to be looked at: the repository itself, or what is below it. */
interface Step {
  readonly key: string;
  readonly place: Place;
}

/**
 * The repositories below `directory`: the directories that hold an `oci-layout`, in the code-unit order of their names.
 * Each directory is read once, when it is reached. It does not look into `blobs`, follows no link, and passes over what
 * somebody else has just removed.
 */
export async function* discover(directory: string, options: DiscoverOptions = {}): AsyncGenerator<string, void, undefined> {
  const { startAfter = "", signal } = options;
  const waiting = stepsOf("", childrenIn(await list(directory)));
  for (let step = waiting.pop(); step !== undefined; step = waiting.pop()) {
    signal?.throwIfAborted();
    const { key, place } = step;
    if (key === place.name) {
      // What is not wanted is not read for its own sake.
      if (key <= startAfter) continue;
      const entries = await list(join(directory, place.name));
      place.children = childrenIn(entries);
      if (entries.some((entry) => entry.name === "oci-layout")) yield place.name;
      continue;
    }
    // Every name below begins with this one; where even the greatest of them is not wanted, none is.
    if (`${key}\x7f` <= startAfter) continue;
    place.children ??= childrenIn(await list(join(directory, place.name)));
    waiting.push(...stepsOf(key, place.children));
  }
}

/** The steps for the directories `names`, the last first. `a-b` comes between `a` and what is below `a`. */
function stepsOf(prefix: string, names: readonly string[]): Step[] {
  const steps = names.flatMap((own): Step[] => {
    const name = prefix + own;
    if (name.length > maxRepositoryLength) return [];
    const place: Place = { name, children: undefined };
    return [
      { key: name, place },
      { key: `${name}/`, place },
    ];
  });
  return steps.sort((a, b) => (a.key > b.key ? -1 : 1));
}

function childrenIn(entries: readonly Dirent[]): string[] {
  return entries.filter((entry) => entry.isDirectory() && isComponent(entry.name)).map(({ name }) => name);
}

async function list(directory: string): Promise<Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw new RegistryError("STORAGE_FAILED", `looking for repositories: ${String(code)}`, { cause, detail: { systemCode: code } });
  }
}
