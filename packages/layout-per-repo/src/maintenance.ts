import type { Finding, GcOptions, GcReport, VerifyOptions } from "@ocilayout/layout-core";
import type { Digest, RegistryError, RemovedBefore } from "@ocilayout/oci-types";
import { isRegistryError } from "@ocilayout/oci-types";

import type { Found } from "./discover.ts";
import { explore } from "./discover.ts";
import type { OpenLayouts } from "./open-layouts.ts";

/** A finding of `verify`, and in which repository. Its `path` is within the directory of all repositories. */
export interface RepositoryFinding extends Finding {
  /** The repository whose layout it is about; for what stands where a repository could be, the name that has. */
  readonly repository: string;
}

/** Why the garbage of a repository was not collected, or not all of it. */
export interface RepositoryFailure {
  readonly repository: string;
  /** `LAYOUT_INVALID` if its layout is damaged; `STORAGE_FAILED` or `LOCK_TIMEOUT` if it cannot be read or written now. */
  readonly error: RegistryError;
}

/** What a collection of all layouts removed, or would. */
export interface PerRepositoryGcReport extends GcReport {
  /** The repositories whose garbage was not collected, or not all of it. */
  readonly refused: readonly string[];
  /** Why, for each of `refused`. Absent if there are none. */
  readonly failures?: readonly RepositoryFailure[] | undefined;
}

/** Verifies one layout after the other. A layout that cannot be verified is a finding, and hides no other. */
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
 * Collects the garbage of one layout after the other. A layout whose garbage cannot be collected is reported, and hides no
 * other.
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
      // What it removed before it failed.
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

/** The codes of what is wrong with one layout. Others concern the call as a whole: `CLOSED`, or `DENIED` for `readOnly`. */
const OF_ONE_LAYOUT = ["LAYOUT_INVALID", "STORAGE_FAILED", "LOCK_TIMEOUT", "CONTENT_CORRUPT"] as const;

/** Passes on what concerns the call as a whole: also a signal's reason, or a mistake of the caller. */
function requireOwnFailure(error: unknown): RegistryError<(typeof OF_ONE_LAYOUT)[number]> {
  if (isRegistryError(error, ...OF_ONE_LAYOUT)) return error;
  throw error;
}

function obstacleFinding(repository: string, obstacle: NonNullable<Found["obstacle"]>): RepositoryFinding {
  if (typeof obstacle !== "string") return failureFinding(repository, obstacle);
  const what = obstacle === "link" ? "a link, which is not followed" : "not a directory";
  const message = `${repository} is ${what}: no repository can be there`;
  return { severity: "warning", kind: "stray-file", path: repository, repository, message };
}

function failureFinding(repository: string, { code, message }: RegistryError): RepositoryFinding {
  const kind = code === "LAYOUT_INVALID" ? "damaged-layout" : "unreadable-layout";
  return {
    severity: "error",
    kind,
    path: repository,
    repository,
    message: `${repository} cannot be verified: ${message}`,
  };
}
