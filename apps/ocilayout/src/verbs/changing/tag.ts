import { isValidTag } from "@ocilayout/ociref";

import { UsageError } from "../cli/usage-error.ts";
import { writeJson, writeText } from "../output/output.ts";
import { withTarget } from "../target/open.ts";
import { nameOf, readTarget } from "../target/reference.ts";
import type { Command } from "./command.ts";
import { defineCommand } from "./command.ts";
import { withPath } from "./path.ts";

/** `ocilayout tag`: points tags at a manifest. */
export const tag: Command = defineCommand({
  usage: "tag <path> <newtag..>",
  summary: "Point tags at a manifest, all of them or none",
  examples: [
    ["$0 tag images/team/app:v1 latest stable", "Point two more tags at the manifest of v1"],
    ["$0 tag images/team/app@sha256:… v0", "Tag a manifest by its digest"],
  ],
  options: (parser) =>
    withPath(parser, "A tag or a digest").positional("newtag", {
      type: "string",
      array: true,
      demandOption: true,
      describe: "The new tags, in the same repository",
    }),
  run: async (args, { output, signal }) => {
    const tags = args.newtag;
    const wrong = tags.find((name): boolean => !isValidTag(name));
    if (wrong !== undefined) throw new UsageError(`${wrong} is not a valid tag`);
    return withTarget(args, "change", async (target) => {
      const { registry, repository } = target;
      const reader = await readTarget(target, { signal });
      const { digest, mediaType } = reader.descriptor;
      const manifest = await registry.pushManifest(repository, await reader.bytes(), mediaType, {
        digest,
        tags,
        signal,
      });
      if (args.json) await writeJson(output, { repository, tags, ...manifest });
      else
        for (const name of tags) await writeText(output, `${nameOf(repository, { tag: name })}  ${digest}`);
      return undefined;
    });
  },
});
