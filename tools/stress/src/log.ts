import { existsSync, readFileSync } from "node:fs";

/** What a tag may be: the name of what was pushed, or nothing. */
export type Content = string | undefined;

/** What the logs of all processes say. */
export interface Acknowledged {
  /** By tag, what it must be: what was acknowledged last or, of a process that was killed, what it was about to do. */
  readonly tags: ReadonlyMap<string, ReadonlySet<Content>>;
  /** How often the counter was raised, and how often more it may have been. */
  readonly counts: { readonly least: number; readonly most: number };
  readonly pushes: number;
  /** How long the first call of each process took, in milliseconds. */
  readonly firsts: readonly number[];
  /** How long each process took for all its pushes, in milliseconds. */
  readonly finishes: readonly number[];
}

/** Reads the logs; each process has one for each of its lives, in order. */
export function readLogs(paths: readonly string[]): Acknowledged {
  const tags: Map<string, Set<Content>> = new Map();
  const firsts: number[] = [];
  const finishes: number[] = [];
  let pushes = 0;
  let least = 0;
  let most = 0;
  for (const path of paths) {
    if (!existsSync(path)) continue;
    let pending: { tag: string; content: Content } | "count" | undefined;
    for (const line of readFileSync(path, "utf8").split("\n")) {
      const [what, action, tag = "", ...rest] = line.split(" ");
      const content = action === "push" ? rest.join(" ") : undefined;
      const change =
        action === "count"
          ? "count"
          : action === "push" || action === "delete"
            ? { tag, content }
            : undefined;
      if (what === "will") pending = change;
      if (what !== "did") continue;
      pending = undefined;
      if (action === "first") firsts.push(Number(tag));
      if (action === "finish") finishes.push(Number(tag));
      if (change === "count") least += 1;
      else if (change !== undefined) tags.set(tag, new Set([content]));
      if (action === "push") pushes += 1;
    }
    if (pending === "count") most += 1;
    else if (pending !== undefined)
      tags.set(pending.tag, new Set([...(tags.get(pending.tag) ?? [undefined]), pending.content]));
  }
  return { tags, counts: { least, most: least + most }, pushes, firsts, finishes };
}
