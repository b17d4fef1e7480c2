import type { Finding, GcOptions, GcReport, VerifyOptions } from "@ocilayout/layout-core";
import type { Digest } from "@ocilayout/oci-types";
import { isRegistryError } from "@ocilayout/oci-types";

import { discover } from "./discover.ts";
import type { OpenLayouts } from "./open-layouts.ts";

/** A finding of `verify`, and in which repository. Its `path` is within the directory of all repositories. */
export interface RepositoryFinding extends Finding {
  /** The repository whose layout it is about. */
  readonly repository: string;
}

/** What a collection of all layouts removed, or would. */
export interface PerRepositoryGcReport extends GcReport {
  /** The repositories whose layouts are damaged: nothing was removed there. */
  readonly refused: readonly string[];
}

/** Verifies one layout after the other. */
export async function* verifyAll(
  layouts: OpenLayouts,
  directory: string,
  options: VerifyOptions,
): AsyncGenerator<RepositoryFinding, void, undefined> {
  for await (const repository of discover(directory, options)) {
    const { registry, release } = await layouts.use(repository);
    try {
      for await (const finding of registry.verify(options)) {
        const path = finding.path === undefined ? undefined : `${repository}/${finding.path}`;
        yield { ...finding, path, repository };
      }
    } finally {
      await release();
    }
  }
}

/** Collects the garbage of one layout after the other; one that is damaged keeps nothing from the others. */
export async function collectAll(layouts: OpenLayouts, directory: string, options: GcOptions): Promise<PerRepositoryGcReport> {
  const removed: Digest[] = [];
  const refused: string[] = [];
  let [bytes, uploads] = [0, 0];
  for await (const repository of discover(directory, options)) {
    const { registry, release } = await layouts.use(repository);
    try {
      const report = await registry.gc(options);
      removed.push(...report.removed);
      bytes += report.bytes;
      uploads += report.uploads;
    } catch (error) {
      if (!isRegistryError(error, "LAYOUT_INVALID")) throw error;
      refused.push(repository);
    } finally {
      await release();
    }
  }
  return { removed: removed.sort(), bytes, uploads, refused };
}
