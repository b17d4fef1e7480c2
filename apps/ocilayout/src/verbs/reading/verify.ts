import type { Finding } from "@ocilayout/layout-core";

import { type Output, writeJson, writeText } from "../../output/output.ts";
import { withProgress } from "../../output/progress.ts";
import { countOf, printable } from "../../output/text.ts";
import { flag, required } from "../../parsing/spec.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { withLayout } from "../../places/open.ts";

/** `ocilayout verify`: reports everything in a layout that is damaged, missing or unused. */
export const verb: Verb = defineVerb({
  positionals: { path: required("A layout") },
  options: {
    quick: flag("Compare only names and sizes, and do not read the blobs"),
    "allow-sparse": flag("Report missing blobs as warnings"),
  },
  examples: [
    ["ocilayout verify images", "Hash every blob of the layout images"],
    ["ocilayout verify images --quick", "Check only names and sizes"],
    [
      "ocilayout verify images --json | jq -r 'select(.severity == \"error\") | .digest'",
      "Print the digests of damaged content; copy --repair replaces it",
    ],
  ],
  run: (args, { output, signal }) =>
    withLayout(args.path, args.places, { purpose: "read", signal }, async (registry) => {
      const count = { error: 0, warning: 0, repairable: 0 };
      await withProgress(output, "verifying", async (progress) => {
        for await (const finding of registry.verify({
          content: !args.quick,
          allowSparse: args["allow-sparse"],
          signal,
        })) {
          count[finding.severity] += 1;
          if (finding.severity === "error" && REPAIRABLE.has(finding.kind)) count.repairable += 1;
          progress.update(`verifying, ${countOf(count.error, "error")} so far`);
          progress.clear();
          if (args.json) await writeJson(output, finding);
          else await writeText(output, format(finding, output));
        }
      });
      const scope = args.quick ? "; compared names and sizes only" : "";
      if (!args.json) {
        const counts = `${countOf(count.error, "error")}, ${countOf(count.warning, "warning")}`;
        await writeText(output, `${counts}${scope}`);
      }
      if (count.repairable > 0)
        await output.note(
          "ocilayout: to replace damaged or missing content, copy from an intact place: ocilayout copy --repair FROM TO, or sync --repair",
        );
      return count.error === 0 ? 0 : 1;
    }),
});

/** The kinds of findings that a copy with `--repair` ends. */
const REPAIRABLE: ReadonlySet<Finding["kind"]> = new Set(["corrupt-blob", "missing-blob", "unreadable-blob"]);

function format({ severity, kind, message }: Finding, output: Output): string {
  const shown = output.paint(severity === "error" ? "red" : "yellow", severity);
  return `${shown}  ${kind}  ${printable(message)}`;
}
