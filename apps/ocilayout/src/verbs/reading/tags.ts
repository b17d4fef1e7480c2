import { UsageError } from "../cli/usage-error.ts";
import { writeJson, writeText } from "../output/output.ts";
import { formatSize, printable } from "../output/text.ts";
import { withTarget } from "../target/open.ts";
import { countUnreadable, describeUnreadable } from "../target/unreadable.ts";
import type { Command } from "./command.ts";
import { defineCommand } from "./command.ts";
import { withPath } from "./path.ts";

/** `ocilayout tags`: lists the tags of a repository. */
export const tags: Command = defineCommand({
  usage: "tags <path>",
  summary: "List the tags of a repository, with their digests and sizes",
  examples: [
    ["$0 tags images", "List the bare tags of the layout images"],
    ["$0 tags images/team/app", "List the tags of the repository team/app"],
    ["$0 tags images --json | jq -r .tag", "Print only the names"],
  ],
  options: (parser) => withPath(parser, "A layout, or a repository in one"),
  run: (args, { output, signal }) =>
    withTarget(args, "read", async ({ registry, repository, path, tag, digest }) => {
      if ((tag ?? digest) !== undefined)
        throw new UsageError("tags needs a repository: leave out the tag or digest");
      for await (const name of registry.tags(repository, { signal })) {
        const target = await registry.resolveTag(repository, name, { signal });
        if (args.json) await writeJson(output, { tag: name, ...target });
        else await writeText(output, `${name}  ${target.digest}  ${formatSize(target.size)}`);
      }
      const unreadable = describeUnreadable(await countUnreadable(registry, repository, { signal }));
      if (unreadable !== "")
        await output.note(`ocilayout: not listed: ${unreadable}; see ocilayout show ${printable(path)}`);
      return undefined;
    }),
});
