import { collect, isRegistryError } from "@ocilayout/oci-types";

import { writeJson, writeText } from "../output/output.ts";
import { countOf } from "../output/text.ts";
import type { Opened } from "../target/open.ts";
import { withWhole } from "../target/open.ts";
import { countUnreadable, describeUnreadable } from "../target/unreadable.ts";
import type { Command } from "./command.ts";
import { defineCommand } from "./command.ts";

/** `ocilayout ls`: the repositories of a layout. */
export const ls: Command = defineCommand({
  usage: "ls [path]",
  summary: "List the repositories, with their number of tags",
  examples: [
    ["$0 ls images", "Every repository of the layout images; bare tags belong to default"],
    ["$0 ls --per-repo trees", "Every layout below trees"],
    ["$0 ls images --json | jq -r .repository", "Only the names"],
  ],
  options: (parser) => parser.positional("path", { type: "string", default: ".", describe: "A layout" }),
  run: (args, { output, signal }) =>
    withWhole(args, "read", async (registry) => {
      for await (const repository of registry.repositories({ signal })) {
        const counts = await count(registry, repository, signal);
        if (args.json) await writeJson(output, { repository, tags: counts?.tags ?? null, unreadableNames: counts?.unreadable ?? null });
        else await writeText(output, `${repository}  ${describe(counts)}`);
      }
      return undefined;
    }),
});

interface Counts {
  readonly tags: number;
  /** Manifests whose name cannot be read. */
  readonly unreadable: number;
}

/** `undefined` where the layout of that repository is damaged, which hides no other. */
async function count(registry: Opened, repository: string, signal: AbortSignal): Promise<Counts | undefined> {
  try {
    const tags = (await collect(registry.tags(repository, { signal }))).length;
    return { tags, unreadable: await countUnreadable(registry, repository, { signal }) };
  } catch (error) {
    if (isRegistryError(error, "LAYOUT_INVALID")) return undefined;
    throw error;
  }
}

function describe(counts: Counts | undefined): string {
  if (counts === undefined) return "damaged";
  const rest = describeUnreadable(counts.unreadable);
  return `${countOf(counts.tags, "tag")}${rest === "" ? "" : `, ${rest}`}`;
}
