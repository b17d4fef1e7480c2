import type { GcReport, LayoutStore } from "@ocilayout/layout-core";
import type { PerRepositoryGcReport } from "@ocilayout/layout-per-repo";

import { writeJson, writeText } from "../output/output.ts";
import { withProgress } from "../output/progress.ts";
import { countOf, formatSize } from "../output/text.ts";
import { withWhole } from "../target/open.ts";
import type { Command } from "./command.ts";
import { defineCommand } from "./command.ts";
import { parseDuration } from "./duration.ts";
import { withPath } from "./path.ts";

/** Of a layout, or of a directory of layouts. */
type AnyGcReport = GcReport & Partial<PerRepositoryGcReport>;

/** `ocilayout gc`: what nothing needs, gone. */
export const gc: Command = defineCommand({
  usage: "gc <path>",
  summary: "Remove blobs that nothing refers to, and what was left behind",
  examples: [
    ["$0 gc images --dry-run", "Say what would be removed"],
    ["$0 gc images --grace 10m", "Also what is only ten minutes old"],
    ["$0 gc images --grace 0 --untagged", "All that no tag reaches. Nobody may be pushing"],
  ],
  options: (parser) =>
    withPath(parser, "A layout")
      .option("dry-run", {
        type: "boolean",
        default: false,
        describe: "Remove nothing, and say what would be",
      })
      .option("grace", {
        type: "string",
        nargs: 1,
        default: "24h",
        describe: "What is younger stays: 24h, 10m, 0",
      })
      .option("shared-with", {
        type: "string",
        array: true,
        nargs: 1,
        describe: "Another layout that shares the blobs, where blobs is a link; once for each",
      })
      .option("untagged", {
        type: "boolean",
        default: false,
        describe: "Remove also manifests that no tag reaches",
      }),
  run: async (args, { output, signal }) => {
    const { "dry-run": dryRun, "shared-with": sharedWith, untagged, json } = args;
    const options = { dryRun, untagged, graceMs: parseDuration(args.grace, "--grace"), signal };
    const run = async (registry: LayoutStore): Promise<number> => {
      const report: AnyGcReport = await withProgress(output, "collecting garbage", () =>
        registry.gc(options),
      );
      const { removed, bytes, uploads, withheld, failures = [] } = report;
      const refused = failures.map(({ repository }) => repository);
      if (json) await writeJson(output, { dryRun, removed, bytes, uploads, refused, withheld });
      else {
        for (const digest of removed) await writeText(output, digest);
        const rest = uploads === 0 ? "" : `, and ${countOf(uploads, "unfinished upload")}`;
        await writeText(
          output,
          `${dryRun ? "would remove" : "removed"} ${countOf(removed.length, "blob")}, ${formatSize(bytes)}${rest}`,
        );
      }
      for (const { repository, error } of failures)
        await output.note(`ocilayout: ${error.code}: ${repository}: ${error.message}`);
      if (withheld !== undefined && withheld.length > 0) {
        await output.note(
          `ocilayout: ${countOf(withheld.length, "blob")} kept: blobs is a link, and other layouts may need them; name those with --shared-with`,
        );
      }
      return refused.length === 0 ? 0 : 1;
    };
    return withWhole(args, dryRun ? "read" : "change", run, { sharedWith });
  },
});
