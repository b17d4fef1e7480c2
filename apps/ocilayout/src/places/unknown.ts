import { collect, isRegistryError, RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import { nearest } from "../parsing/nearest.ts";
import type { OpenTarget } from "./target.ts";

/** The most names in a message. */
const SOME = 5;

/** The separator between a place of each kind and the name of a repository in it. */
const MARKS = { layout: "/", tree: "//", archive: ":", remote: "/" } as const;

/** Returns the text that means a repository in the whole place of a target. */
export function spelled({ kind, path }: Pick<OpenTarget, "kind" | "path">, repository: string): string {
  return `${path.replace(/\/+$/, "")}${MARKS[kind]}${repository}`;
}

/**
 * Returns `error`. If a layout or archive lacks the tag or the repository of a target, the result names those that exist.
 */
export async function clarified(error: unknown, targets: readonly OpenTarget[]): Promise<unknown> {
  if (!isRegistryError(error, "NAME_UNKNOWN", "MANIFEST_UNKNOWN")) return error;
  for (const target of targets) {
    const { kind, repository, tag } = target;
    const isAbout =
      error.message === `no repository ${repository}` ||
      (tag !== undefined && error.message === `no tag ${tag} in ${repository}`);
    if (kind === "remote" || !isAbout) continue;
    const message = await explain(target).catch(() => undefined);
    if (message !== undefined) return new RegistryError(error.code, message, { cause: error });
  }
  return error;
}

async function explain(target: OpenTarget): Promise<string | undefined> {
  const { registry, repository, isBare, tag, directory } = target;
  const there = await collect(registry.repositories());
  const place = excerpt(directory);
  if (there.includes(repository)) {
    const tags = await collect(registry.tags(repository));
    if (tag === undefined || tags.includes(tag)) return undefined;
    const where = isBare ? `no bare tag ${tag} in ${place}` : `no tag ${tag} in ${repository}`;
    return tags.length === 0 ? `${where}: it has no tags` : `${where}: its tags are ${some(tags)}`;
  }
  const [first] = there;
  if (isBare) {
    const what = tag === undefined ? "bare tags" : `bare tag ${tag}`;
    if (first === undefined) return `no ${what} in ${place}: it is empty`;
    const example = spelled({ ...target, path: directory }, tag === undefined ? first : `${first}:TAG`);
    return `no ${what} in ${place}: its repositories are ${some(there)}, such as ${example}`;
  }
  const near = nearest(repository, there);
  const rest =
    near.length > 0
      ? `did you mean ${near.slice(0, SOME).join(" or ")}?`
      : first === undefined
        ? "it is empty"
        : `its repositories are ${some(there)}`;
  return `no repository ${repository} in ${place}: ${rest}`;
}

function some(names: readonly string[]): string {
  const rest = names.length - SOME;
  return `${names.slice(0, SOME).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
