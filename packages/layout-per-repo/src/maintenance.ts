import type { Finding, GcOptions, GcReport, VerifyOptions } from "@ocilayout/layout-core";
import type { Digest } from "@ocilayout/oci-types";
import { isRegistryError, RegistryError } from "@ocilayout/oci-types";

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

/**
 * Collects the garbage of one layout after the other; one that is damaged keeps nothing from the others.
 *
 * @throws `RegistryError` with what was removed until then in `detail.removed` and `detail.bytes`, if that is anything.
 */
export async function collectAll(layouts: OpenLayouts, directory: string, options: GcOptions): Promise<PerRepositoryGcReport> {
  const removed: Digest[] = [];
  const withheld: Digest[] = [];
  const refused: string[] = [];
  let [bytes, uploads] = [0, 0];
  const add = (part: Partial<GcReport>): void => {
    for (const digest of part.removed ?? []) removed.push(digest);
    for (const digest of part.withheld ?? []) withheld.push(digest);
    bytes += part.bytes ?? 0;
    uploads += part.uploads ?? 0;
  };
  for await (const repository of discover(directory, options)) {
    const { registry, release } = await layouts.use(repository);
    try {
      add(await registry.gc(options));
    } catch (error) {
      if (!isRegistryError(error)) throw error;
      const detail = (error.detail ?? {}) as Partial<Pick<GcReport, "removed" | "bytes">>;
      add(detail);
      if (error.code !== "LAYOUT_INVALID") {
        if (removed.length === 0) throw error;
        throw new RegistryError(error.code, error.message, { cause: error.cause, detail: { ...detail, removed: removed.sort(), bytes } });
      }
      refused.push(repository);
    } finally {
      await release();
    }
  }
  const report = { removed: removed.sort(), bytes, uploads, refused };
  return withheld.length === 0 ? report : { ...report, withheld: withheld.sort() };
}
