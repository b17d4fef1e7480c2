import { layoutNames } from "@ocilayout/oci-types";

import { checkBlobs } from "./check-blobs.ts";
import { checkEntries } from "./check-entries.ts";
import { checkContent } from "./check-content.ts";
import { checkIndexFile, checkLayoutFile } from "./check-files.ts";
import { checkLinks } from "./check-links.ts";
import { LayoutDirectory, systemCode } from "./directory.ts";
import type { LayoutProblem, Report } from "./problem.ts";

/**
 * Finds out whether `directory` is an OCI Image Layout, for the author of a program that writes one. Nothing of that
 * program is used: what is on disk is compared with the specification.
 *
 * It is stricter than the specification where that leaves the reader alone: what is referred to must be there (but for
 * layers with `urls`, and subjects), names are unique, and an untagged manifest that an index of its repository contains
 * has no entry of its own. Blobs that nothing refers to, and files beside the three parts of a layout, are fine.
 *
 * It changes nothing, and follows no link out of the directory. Blobs are hashed as they are read.
 *
 * @returns What is wrong, from the outside in; nothing, where it is whole. Whatever is in the directory is a problem at
 * worst: it rejects, with the system's error, only where there is no directory that can be read.
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-layout.md}
 */
export async function checkLayoutDirectory(directory: string): Promise<LayoutProblem[]> {
  const layout = await LayoutDirectory.open(directory);
  const problems: LayoutProblem[] = [];
  const report: Report = (kind, path, message) => void problems.push({ kind, path, message });
  const attempt = async <Result>(path: string, check: () => Promise<Result>): Promise<Result | undefined> => {
    try {
      return await check();
    } catch (error) {
      const code = systemCode(error);
      if (code === undefined) throw error;
      report("unreadable", path, `the system does not let it be read: ${code}`);
      return undefined;
    }
  };
  await checkLinks(layout, report, attempt);
  await attempt(layoutNames.header, () => checkLayoutFile(layout, report));
  const entries = (await attempt(layoutNames.index, () => checkIndexFile(layout, report))) ?? [];
  const blobs = await attempt(layoutNames.blobs, () => checkBlobs(layout, report, attempt));
  if (blobs === undefined) return problems;
  const content = await checkContent(layout, entries, blobs, report, attempt);
  checkEntries(entries, content, report);
  return problems;
}
