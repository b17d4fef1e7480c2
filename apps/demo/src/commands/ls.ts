import { collect, isRegistryError } from "@ocilayout/oci-types";

import { writeJson, writeText } from "../output/output.ts";
import { countOf } from "../output/text.ts";
import type { Opened } from "../target/open.ts";
import { withWhole } from "../target/open.ts";
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
        const tags = await countTags(registry, repository, signal);
        if (args.json) await writeJson(output, { repository, tags: tags ?? null });
        else await writeText(output, `${repository}  ${tags === undefined ? "damaged" : countOf(tags, "tag")}`);
      }
      return undefined;
    }),
});

/** The number of tags; `undefined` where the layout of that repository is damaged, which hides no other. */
async function countTags(registry: Opened, repository: string, signal: AbortSignal): Promise<number | undefined> {
  try {
    return (await collect(registry.tags(repository, { signal }))).length;
  } catch (error) {
    if (isRegistryError(error, "LAYOUT_INVALID")) return undefined;
    throw error;
  }
}
