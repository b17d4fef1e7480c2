import type { SyncedTag } from "@ocilayout/oci-image";
import { sync } from "@ocilayout/oci-image";
import { collect } from "@ocilayout/oci-types";

import { explain } from "../../errors/explain.ts";
import { describeReport, showTransfers } from "../../images/transfer.ts";
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
  const table = new Table(output);
  let failed = 0;
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
    for (const one of synced) await writeTag(to, one, { json, dryRun, output, table });
    for (const failure of failures) await output.note(printable(failure));
    failed += failures.length;
  }
  await table.end();
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
  if (json) await writeJson(output, { repository, tag, dryRun, ...descriptor, ...rest });
  else
    await table.row([
      nameOf(repository, { tag }),
      { digest: descriptor.digest },
      `${dryRun ? "would copy " : ""}${describeReport(report)}`,
    ]);
}
