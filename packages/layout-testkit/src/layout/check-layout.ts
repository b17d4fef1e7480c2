import { layoutNames } from "@ocilayout/oci-types";

import { checkBlobs } from "./check-blobs.ts";
import { checkEntries } from "./check-entries.ts";
import { checkContent } from "./check-content.ts";
import { checkIndexFile, checkLayoutFile } from "./check-files.ts";
import { checkLinks } from "./check-links.ts";
import { LayoutDirectory, systemCode } from "./directory.ts";
import type { LayoutProblem, Report } from "./problem.ts";

/**
 * Checks whether `directory` is an OCI Image Layout, for the author of a program that writes layouts. It shares no code with
 * that program and compares the files with the specification.
 *
 * It is stricter than the specification in three points:
 *
 * - Referenced blobs must exist, except subjects and layers with `urls`.
 * - Names are unique.
 * - An untagged manifest that an index of its repository contains has no entry of its own.
 *
 * Unreferenced blobs, and files beside the three parts of a layout, are allowed.
 *
 * It changes nothing and follows no link out of the directory. It reads and hashes every blob.
 *
 * @returns The problems, from the outside in; an empty list for a valid layout. The content of the directory never makes it
 * reject. It rejects with the system's error if the directory is missing or cannot be read.
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
      report("unreadable", path, `cannot read this: ${code}`);
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
