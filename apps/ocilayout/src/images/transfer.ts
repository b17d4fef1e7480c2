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

/** Describes what a copy did, in a few words. */
export function describeReport({ manifests, referrers, blobs, bytes }: CopyReport): string {
  const parts = [countOf(manifests, "manifest")];
  for (const outcome of ["copied", "linked", "mounted", "present", "skipped"] as const)
    if (blobs[outcome] > 0) parts.push(`${countOf(blobs[outcome], "blob")} ${outcome}`);
  if (referrers > 0) parts.push(countOf(referrers, "referrer"));
  return `${parts.join(", ")}, ${formatSize(bytes)}`;
}
