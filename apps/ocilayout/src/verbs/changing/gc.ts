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

/** The report for a layout, or for a directory of layouts. */
type AnyGcReport = GcReport & Partial<PerRepositoryGcReport>;

/** `ocilayout gc`: removes blobs that nothing refers to. */
export const gc: Command = defineCommand({
  usage: "gc <path>",
  summary: "Remove blobs that nothing refers to, and leftovers of interrupted writes",
  examples: [
    ["$0 gc images --dry-run", "Only print what would be removed"],
    ["$0 gc images --grace 10m", "Also remove unreferenced blobs older than ten minutes"],
    ["$0 gc images --grace 0 --untagged", "Remove all that no tag reaches, while no client is pushing"],
  ],
  options: (parser) =>
    withPath(parser, "A layout")
      .option("dry-run", {
        type: "boolean",
        default: false,
        describe: "Print what would be removed, and remove nothing",
      })
      .option("grace", {
        type: "string",
        nargs: 1,
        default: "24h",
        describe: "Keep everything younger than this: 24h, 10m, 0",
      })
      .option("shared-with", {
        type: "string",
        array: true,
        nargs: 1,
        describe: "Another layout that shares the blobs, if blobs is a link; repeat for each",
      })
      .option("untagged", {
        type: "boolean",
        default: false,
        describe: "Also remove manifests that no tag reaches",
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
          `ocilayout: cannot remove ${countOf(withheld.length, "blob")}: blobs is a link, so other layouts may need them; name those layouts with --shared-with`,
        );
      }
      return refused.length === 0 ? 0 : 1;
    };
    return withWhole(args, dryRun ? "read" : "change", run, { sharedWith });
  },
});
