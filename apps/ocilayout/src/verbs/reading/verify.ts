import type { Finding } from "@ocilayout/layout-core";

import { writeJson, writeText } from "../output/output.ts";
import { withProgress } from "../output/progress.ts";
import { countOf, printable } from "../output/text.ts";
import { withWhole } from "../target/open.ts";
import type { Command } from "./command.ts";
import { defineCommand } from "./command.ts";
import { withPath } from "./path.ts";

/** `ocilayout verify`: reports everything in a layout that is damaged, missing or unused. */
export const verify: Command = defineCommand({
  usage: "verify <path>",
  summary: "Verify all content, and report what is damaged, missing or unused; exits with 1 on an error",
  examples: [
    ["$0 verify images", "Hash every blob of the layout images"],
    ["$0 verify images --quick", "Check only names and sizes"],
    [
      "$0 verify images --json | jq -r 'select(.severity == \"error\") | .digest'",
      "Print the digests to push again",
    ],
  ],
  options: (parser) =>
    withPath(parser, "A layout")
      .option("quick", { type: "boolean", default: false, describe: "Do not read and hash blobs" })
      .option("allow-sparse", {
        type: "boolean",
        default: false,
        describe: "Report missing blobs as warnings",
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
