import type { CopyOptions, SyncedTag } from "@ocilayout/oci-image";
import { sync } from "@ocilayout/oci-image";
import { collect } from "@ocilayout/oci-types";

import { UsageError } from "../../errors/usage-error.ts";
import { explain } from "../../errors/explain.ts";
import { describeReport, isChange, showTransfers } from "../../images/transfer.ts";
import { type Output, writeJson } from "../../output/output.ts";
import { withProgress } from "../../output/progress.ts";
import { Table } from "../../output/table.ts";
import { countOf, printable } from "../../output/text.ts";
import { nameOf, requireRepositoryOf } from "../../places/reference.ts";
import type { OpenTarget } from "../../places/target.ts";

/** Options of {@link copyRepositories}. */
export interface CopyRepositoriesOptions {
  readonly platforms: readonly string[];
  readonly referrers: boolean;
  readonly dryRun: boolean;
  readonly check?: CopyOptions["check"];
  readonly link?: CopyOptions["link"];
  /** Only tags that match. Defaults to all. */
  readonly tags?: RegExp | undefined;
  readonly json: boolean;
  readonly output: Output;
  readonly signal: AbortSignal;
}

/**
 * Copies all tags of the source's repository or, if the source names none, of all its repositories. A target that names no
 * repository gets the names of the source. A tag that cannot be copied is reported, and the others are copied.
 *
 * @returns The exit code: 1 if a tag was not copied.
 */
export async function copyRepositories(
  source: OpenTarget,
  target: OpenTarget,
  { platforms, json, output, ...options }: CopyRepositoriesOptions,
): Promise<number> {
  const { signal, dryRun } = options;
  const names = source.isWhole
    ? await collect(source.registry.repositories({ signal }))
    : [source.repository];
  if (names.length > 1 && !target.isWhole)
    throw new UsageError(
      `cannot sync all repositories of ${source.path} to the one repository ${target.repository}: name a repository of the source, or a whole layout or registry as the target`,
    );
  const table = new Table(output);
  let failed = 0;
  let matched = 0;
  for (const name of names) {
    const failures: string[] = [];
    const to = target.isWhole && names.length + (source.isWhole ? 1 : 0) > 1 ? name : nameFor(target, name);
    const synced = await withProgress(output, `copying ${name}`, (progress) =>
      sync(
        { registry: source.registry, repository: name },
        { registry: target.registry, repository: to },
        {
          ...options,
          platforms: platforms.length === 0 ? undefined : platforms,
          onProgress: showTransfers(progress),
          onFailure: (tag, error) => {
            signal.throwIfAborted();
            failures.push(`ocilayout: ${nameOf(name, { tag })}: ${explain(error)}`);
          },
        },
      ),
    );
    matched += synced.length + failures.length;
    for (const one of synced) await writeTag(to, one, { json, dryRun, output, table });
    for (const failure of failures) await output.note(printable(failure));
    failed += failures.length;
  }
  await table.end();
  if (matched === 0)
    await output.note(`ocilayout: ${options.tags === undefined ? "there is no tag" : "no tag matches"}`);
  if (failed > 0) await output.note(`ocilayout: cannot copy ${countOf(failed, "tag")}`);
  return failed === 0 ? 0 : 1;
}

/** Returns the repository that the target names, or else that of the source. */
function nameFor(target: OpenTarget, name: string): string {
  if (!target.isWhole) return target.repository;
  return target.kind === "remote" ? requireRepositoryOf(target) : name;
}

async function writeTag(
  repository: string,
  { tag, report }: SyncedTag,
  { json, dryRun, output, table }: { json: boolean; dryRun: boolean; output: Output; table: Table },
): Promise<void> {
  const { descriptor, ...rest } = report;
  const changed = isChange(report);
  if (json) await writeJson(output, { repository, tag, dryRun, changed, ...descriptor, ...rest });
  else
    await table.row([
      nameOf(repository, { tag }),
      { digest: descriptor.digest },
      describeReport(report, dryRun),
    ]);
}
