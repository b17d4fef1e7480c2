import type { Finding } from "@ocilayout/layout-core";

import { writeJson, writeText } from "../output/output.ts";
import { withProgress } from "../output/progress.ts";
import { countOf, printable } from "../output/text.ts";
import { withWhole } from "../target/open.ts";
import type { Command } from "./command.ts";
import { defineCommand } from "./command.ts";
import { withPath } from "./path.ts";

/** `ocilayout verify`: what is not as it should be. */
export const verify: Command = defineCommand({
  usage: "verify <path>",
  summary:
    "Read everything, and tell what is damaged, missing or of no use; exit code 1 where there is an error",
  examples: [
    ["$0 verify images", "Hash every blob of the layout images"],
    ["$0 verify images --quick", "Only names and sizes"],
    [
      "$0 verify images --json | jq -r 'select(.severity == \"error\") | .digest'",
      "What must be pushed again",
    ],
  ],
  options: (parser) =>
    withPath(parser, "A layout")
      .option("quick", { type: "boolean", default: false, describe: "Do not read and hash blobs" })
      .option("allow-sparse", {
        type: "boolean",
        default: false,
        describe: "Missing blobs are meant: warn of them",
      }),
  run: (args, { output, signal }) =>
    withWhole(args, "read", async (registry) => {
      const count = { error: 0, warning: 0 };
      await withProgress(output, "verifying", async (progress) => {
        for await (const finding of registry.verify({
          content: !args.quick,
          allowSparse: args["allow-sparse"],
          signal,
        })) {
          count[finding.severity] += 1;
          progress.update(`verifying, ${countOf(count.error, "error")} so far`);
          progress.clear();
          if (args.json) await writeJson(output, finding);
          else await writeText(output, format(finding));
        }
      });
      if (!args.json)
        await writeText(output, `${countOf(count.error, "error")}, ${countOf(count.warning, "warning")}`);
      return count.error === 0 ? 0 : 1;
    }),
});

function format({ severity, kind, message }: Finding): string {
  return `${severity}  ${kind}  ${printable(message)}`;
}
