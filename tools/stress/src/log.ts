import { existsSync, readFileSync } from "node:fs";

/** The content of a tag: the name of the pushed manifest, or `undefined`. */
export type Content = string | undefined;

/** The contents of all logs. */
export interface Acknowledged {
  /**
   * The allowed contents of each tag: the last acknowledged one and, for a killed process, the one that it was about to
   * write.
   */
  readonly tags: ReadonlyMap<string, ReadonlySet<Content>>;
  /** The least and the greatest allowed value of the counter. */
  readonly counts: { readonly least: number; readonly most: number };
  readonly pushes: number;
  /** The duration of the first call of each process, in milliseconds. */
  readonly firsts: readonly number[];
  /** The duration of all pushes of each process, in milliseconds. */
  readonly finishes: readonly number[];
}

/** Reads the logs, which must be in order. A process has one log for each time it was started. */
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
