import type { LayoutStore } from "@ocilayout/layout-core";
import { collect, isRegistryError } from "@ocilayout/oci-types";

import { writeJson, writeText } from "../output/output.ts";
import { countOf } from "../output/text.ts";
import { withWhole } from "../target/open.ts";
import { countUnreadable, describeUnreadable } from "../target/unreadable.ts";
import type { Command } from "./command.ts";
import { defineCommand } from "./command.ts";

/** `ocilayout ls`: lists the repositories of a layout. */
export const ls: Command = defineCommand({
  usage: "ls [path]",
  summary: "List the repositories, with their numbers of tags",
  examples: [
    ["$0 ls images", "List the layout images; bare tags belong to the repository default"],
    ["$0 ls --per-repo trees", "List every layout below trees"],
    ["$0 ls images --json | jq -r .repository", "Print only the names"],
  ],
  options: (parser) => parser.positional("path", { type: "string", default: ".", describe: "A layout" }),
  run: (args, { output, signal }) =>
    withWhole(args, "read", async (registry) => {
      for await (const repository of registry.repositories({ signal })) {
        const counts = await count(registry, repository, signal);
        const { tags, unreadable } = typeof counts === "string" ? { tags: null, unreadable: null } : counts;
        if (args.json) await writeJson(output, { repository, tags, unreadableNames: unreadable });
        else await writeText(output, `${repository}  ${describe(counts)}`);
      }
      return undefined;
    }),
});

interface Counts {
  readonly tags: number;
  /** The number of manifests whose name cannot be read. */
  readonly unreadable: number;
}

/** Counts tags and unreadable names. A damaged layout does not fail the command, so that the others are listed. */
async function count(
  registry: LayoutStore,
  repository: string,
  signal: AbortSignal,
): Promise<Counts | "damaged" | "unreadable"> {
  try {
    const tags = (await collect(registry.tags(repository, { signal }))).length;
    return { tags, unreadable: await countUnreadable(registry, repository, { signal }) };
  } catch (error) {
    if (isRegistryError(error, "LAYOUT_INVALID")) return "damaged";
    if (isRegistryError(error, "STORAGE_FAILED")) return "unreadable";
    throw error;
  }
}

function describe(counts: Counts | "damaged" | "unreadable"): string {
  if (typeof counts === "string") return counts;
  const rest = describeUnreadable(counts.unreadable);
  return `${countOf(counts.tags, "tag")}${rest === "" ? "" : `, ${rest}`}`;
}
