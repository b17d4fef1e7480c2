import type { CopyOptions, CopyProgress, CopyReport } from "@ocilayout/oci-image";

import type { Progress } from "../output/progress.ts";
import { countOf, formatSize, shorten } from "../output/text.ts";

/** Returns the callback of `copy` that shows a line for each blob while it is read. */
export function showTransfers(progress: Progress): NonNullable<CopyOptions["onProgress"]> {
  let done = 0;
  return ({ descriptor, bytes, doneBytes, totalBytes, outcome }: CopyProgress) => {
    const name = shorten(descriptor.digest);
    if (outcome === undefined) progress.transfer(name, bytes, descriptor.size);
    else {
      done += 1;
      progress.complete(name);
    }
    progress.update(
      `copying: ${countOf(done, "part")} done, ${formatSize(doneBytes)} of ${formatSize(totalBytes)}`,
    );
  };
}

/** Returns the options of `copy` that `--repair` and `--no-link` mean. */
export function copyOptions(args: {
  readonly repair: boolean;
  readonly "no-link"?: boolean;
}): Pick<CopyOptions, "check" | "link"> {
  return { check: args.repair ? "content" : "root", link: args["no-link"] !== true && !args.repair };
}

/** Whether a copy changed its target or, after a dry run, would change it. */
export function isChange({ manifests, blobs, tags }: CopyReport): boolean {
  return manifests + blobs.copied + blobs.linked + blobs.mounted + tags.length > 0;
}

/** Describes what a copy did, or would do, in a few words. */
export function describeReport(report: CopyReport, isDryRun: boolean): string {
  if (!isChange(report)) return "up to date";
  const { manifests, referrers, blobs, bytes, tags } = report;
  if (manifests + blobs.copied + blobs.linked + blobs.mounted === 0)
    return `${isDryRun ? "would set" : "set"} ${countOf(tags.length, "tag")}`;
  const parts = [countOf(manifests, "manifest")];
  for (const outcome of ["copied", "linked", "mounted", "present", "skipped"] as const) {
    const isPlain = isDryRun && outcome === "copied";
    if (blobs[outcome] > 0) parts.push(`${countOf(blobs[outcome], "blob")}${isPlain ? "" : ` ${outcome}`}`);
  }
  if (referrers > 0) parts.push(countOf(referrers, "referrer"));
  return `${isDryRun ? "would copy " : ""}${parts.join(", ")}, ${formatSize(bytes)}`;
}
