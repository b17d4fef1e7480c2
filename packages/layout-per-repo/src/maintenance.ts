import type { Finding, GcOptions, GcReport, VerifyOptions } from "@ocilayout/layout-core";
import type { Digest, RegistryError, RemovedBefore } from "@ocilayout/oci-types";
import { isRegistryError } from "@ocilayout/oci-types";

import type { Found } from "./discover.ts";
import { explore } from "./discover.ts";
import type { OpenLayouts } from "./open-layouts.ts";

/** A finding of `verify` with its repository. Its `path` is relative to the directory of all repositories. */
export interface RepositoryFinding extends Finding {
  /** The repository of the layout or, for an obstacle, the name that a repository there would have. */
  readonly repository: string;
}

/** Why the garbage of a repository was not collected, or only in part. */
export interface RepositoryFailure {
  readonly repository: string;
  /**
   * `LAYOUT_INVALID` if its layout is damaged; `STORAGE_FAILED` or `LOCK_TIMEOUT` if it cannot be read or written now.
   */
  readonly error: RegistryError;
}

/** The result of a garbage collection of all layouts or, for a dry run, what one would remove. */
export interface PerRepositoryGcReport extends GcReport {
  /** The repositories whose garbage was not collected, or only in part. */
  readonly refused: readonly string[];
  /** The reason for each of `refused`. Absent if `refused` is empty. */
  readonly failures?: readonly RepositoryFailure[] | undefined;
}

/**
 * Verifies one layout after the other. A layout that cannot be verified is reported as a finding, and does not hide
 * others.
 */
export async function* verifyAll(
  layouts: OpenLayouts,
  directory: string,
  options: VerifyOptions,
): AsyncGenerator<RepositoryFinding, void, undefined> {
  for await (const { name: repository, obstacle } of explore(directory, options)) {
    if (obstacle !== undefined) {
      yield obstacleFinding(repository, obstacle);
      continue;
    }
    const { registry, release } = await layouts.use(repository);
    try {
      for await (const finding of registry.verify(options)) {
        const path = finding.path === undefined ? undefined : `${repository}/${finding.path}`;
        yield { ...finding, path, repository };
      }
    } catch (error) {
      yield failureFinding(repository, requireOwnFailure(error));
    } finally {
      await release();
    }
  }
}

/**
 * Collects the garbage of one layout after the other. A layout whose garbage cannot be collected is reported, and does
 * not hide others.
 */
export async function collectAll(
  layouts: OpenLayouts,
  directory: string,
  options: GcOptions,
): Promise<PerRepositoryGcReport> {
  const removed: Digest[] = [];
  const withheld: Digest[] = [];
  const failures: RepositoryFailure[] = [];
  let [bytes, uploads] = [0, 0];
  const add = ({ removed: digests = [], bytes: size = 0 }: RemovedBefore): void => {
    for (const digest of digests) removed.push(digest);
    bytes += size;
  };
  for await (const { name: repository, obstacle } of explore(directory, options)) {
    if (isRegistryError(obstacle)) failures.push({ repository, error: obstacle });
    if (obstacle !== undefined) continue;
    const { registry, release } = await layouts.use(repository);
    try {
      const report = await registry.gc(options);
      add(report);
      uploads += report.uploads;
      for (const digest of report.withheld ?? []) withheld.push(digest);
    } catch (cause) {
      const error = requireOwnFailure(cause);
      // Add what was removed before the failure.
      add(error.detail ?? {});
      failures.push({ repository, error });
    } finally {
      await release();
    }
  }
  const refused = failures.map(({ repository }) => repository);
  return {
    removed: removed.sort(),
    bytes,
    uploads,
    refused,
    ...(failures.length === 0 ? {} : { failures }),
    ...(withheld.length === 0 ? {} : { withheld: withheld.sort() }),
  };
}

/** The codes of failures of one layout. Others concern the whole call, such as `CLOSED`, or `DENIED` for `readOnly`. */
const OF_ONE_LAYOUT = ["LAYOUT_INVALID", "STORAGE_FAILED", "LOCK_TIMEOUT", "CONTENT_CORRUPT"] as const;

/** Returns a failure of one layout, and throws anything else: a signal's reason, or a mistake of the caller. */
function requireOwnFailure(error: unknown): RegistryError<(typeof OF_ONE_LAYOUT)[number]> {
  if (isRegistryError(error, ...OF_ONE_LAYOUT)) return error;
  throw error;
}

function obstacleFinding(repository: string, obstacle: NonNullable<Found["obstacle"]>): RepositoryFinding {
  if (typeof obstacle !== "string") return failureFinding(repository, obstacle);
  const what = obstacle === "link" ? "a link, and links to repositories are not followed" : "not a directory";
  const message = `no repository can be at ${repository}: it is ${what}`;
  return { severity: "warning", kind: "stray-file", path: repository, repository, message };
}

function failureFinding(repository: string, { code, message }: RegistryError): RepositoryFinding {
  const kind = code === "LAYOUT_INVALID" ? "damaged-layout" : "unreadable-layout";
  return {
    severity: "error",
    kind,
    path: repository,
    repository,
    message: `cannot verify ${repository}: ${message}`,
  };
}
