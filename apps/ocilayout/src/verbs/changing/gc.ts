import type { GcReport, LayoutStore } from "@ocilayout/layout-core";
import type { PerRepositoryGcReport } from "@ocilayout/layout-per-repo";

import { writeJson, writeText } from "../../output/output.ts";
import { withProgress } from "../../output/progress.ts";
import { countOf, formatSize } from "../../output/text.ts";
import { parseDuration } from "../../parsing/duration.ts";
import { flag, list, required, text } from "../../parsing/spec.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { withLayout } from "../../places/open.ts";

/** The report for a layout, or for a directory of layouts. */
type AnyGcReport = GcReport & Partial<PerRepositoryGcReport>;

/** `ocilayout gc`: removes blobs that nothing refers to. */
export const verb: Verb = defineVerb({
  positionals: { path: required("A layout") },
  options: {
    "dry-run": flag("Print what would be removed, and remove nothing"),
    grace: text(
      "AGE",
      "Keep everything younger than this: 24h, 10m, 0. It also applies to unfinished uploads, unless a process has them open [default: 24h]",
    ),
    "shared-with": list("LAYOUT", "Another layout that shares the blobs, if blobs is a link"),
    untagged: flag("Also remove manifests that no tag reaches"),
  },
  examples: [
    ["ocilayout gc images --dry-run", "Only print what would be removed"],
    ["ocilayout gc images --grace 10m", "Also remove unreferenced blobs older than ten minutes"],
    [
      "ocilayout gc images --grace 0 --untagged",
      "Remove all that no tag reaches, while no client is pushing",
    ],
  ],
  run: async (args, { output, signal }) => {
    const { "dry-run": dryRun, "shared-with": shared, untagged, json } = args;
    const graceMs = parseDuration(args.grace ?? "24h", "--grace");
    const layout = { sharedWith: shared.length === 0 ? undefined : shared, uploadExpiryMs: graceMs };
    const options = { dryRun, untagged, graceMs, signal };
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
    return withLayout(args.path, args.places, { purpose: dryRun ? "read" : "change", signal, layout }, run);
  },
});
