import { layoutNames } from "@ocilayout/oci-types";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { findArchive } from "../places/archive.ts";
import { openTarget } from "../places/open.ts";
import { DEFAULT_REPOSITORY, type OpenRegistry, type Target } from "../places/target.ts";

/** The most candidates that are offered. */
const MOST = 200;

/**
 * Returns the places that begin with a word: the repositories and tags of the layout or archive in it. Returns none for a path
 * that contains no layout, because the shell completes files itself.
 */
export async function completePlace(word: string): Promise<string[]> {
  const found = (await findLocal(word)) ?? (await findArchive(word));
  if (found === undefined) return [];
  const signal = new AbortController().signal;
  const places = { perRepo: false, followLinks: false, insecure: [], tokenServers: [], anonymous: true };
  const registry = await openTarget(found, places, { purpose: "read", signal });
  try {
    return (await candidatesIn(registry, found, word)).filter((it) => it.startsWith(word)).slice(0, MOST);
  } finally {
    await registry.close();
  }
}

/** Finds the layout that a word begins with: the deepest directory before a slash or colon that is one. */
async function findLocal(word: string): Promise<Target | undefined> {
  for (let end = word.length; end > 0; end -= 1) {
    if (end < word.length && !"/:".includes(word.charAt(end))) continue;
    // The candidates begin with the directory and one slash.
    if (word.charAt(end - 1) === "/") continue;
    const directory = word.slice(0, end);
    if (existsSync(join(directory, layoutNames.header)))
      return { kind: "layout", path: word, directory, exists: true };
  }
  return undefined;
}

async function candidatesIn(
  registry: OpenRegistry,
  { directory, kind }: Target,
  word: string,
): Promise<string[]> {
  const separator = kind === "archive" ? ":" : "/";
  const candidates: string[] = [];
  for await (const repository of registry.repositories({ limit: MOST * 10 })) {
    const name =
      repository === DEFAULT_REPOSITORY && kind === "layout"
        ? directory
        : `${directory}${separator}${repository}`;
    if (name.startsWith(word) || word.startsWith(`${name}:`)) {
      const tags: string[] = [];
      for await (const tag of registry.tags(repository, { limit: MOST })) tags.push(`${name}:${tag}`);
      for (const tag of tags) candidates.push(tag);
      if (name !== directory) candidates.push(name);
    }
  }
  return candidates;
}
