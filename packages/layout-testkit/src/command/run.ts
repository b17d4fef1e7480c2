import { basename, extname } from "node:path";

import { registryCapabilityNames } from "@ocilayout/oci-types";

import { doesPromise } from "../run/options.ts";
import type { Plan } from "../run/plan.ts";
import type { CaseResult } from "../run/report.ts";
import { createReport, formatFailure, formatSkip, isFailure, summarise } from "../run/report.ts";
import { advise } from "./advice.ts";
import type { Command } from "./arguments.ts";
import { formatJUnit } from "./junit.ts";
import { openReportFile } from "./report-file.ts";

/** The stream that the command prints to. */
export type Output = Pick<NodeJS.WriteStream, "write" | "isTTY">;

/** Runs the cases on `target` and prints each result at once. Returns the exit code. */
export async function runTarget(
  target: string,
  { settings, cases, run }: Plan,
  command: Command,
  output: Output,
): Promise<number> {
  const junit = command.junit === undefined ? undefined : await openReportFile(command.junit);
  const json = command.json === undefined ? undefined : await openReportFile(command.json);
  const tell = (result: CaseResult): string => formatFailure(result, reproduce(target, command, result));
  const clear = output.isTTY ? "\r\u001b[K" : "";
  const results: CaseResult[] = [];
  const missing = registryCapabilityNames.filter((name) => !doesPromise(settings, name));
  const unpromised = missing.length === 0 ? "" : `, which does not promise ${missing.join(", ")}`;
  output.write(`${cases.length} ${cases.length === 1 ? "case" : "cases"} on ${target}${unpromised}\n`);
  for (const it of cases) {
    if (output.isTTY) output.write(`${clear}${results.length + 1}/${cases.length} ${it.id}`);
    const result = await run(it);
    results.push(result);
    if (isFailure(result)) output.write(`${clear}${tell(result)}\n\n`);
    else if (result.status === "skip") output.write(`${clear}${formatSkip(result)}\n`);
  }
  const report = createReport(results, settings.seed);
  output.write(clear);
  if (!settings.shuffle) for (const line of advise(results.filter(isFailure))) output.write(`${line}\n`);
  output.write(`${summarise(results)} (seed ${report.seed})\n`);
  await junit?.write(formatJUnit(basename(target, extname(target)), results, tell));
  await json?.write(`${JSON.stringify(report, undefined, 2)}\n`);
  return report.ok ? 0 : 1;
}

/** Returns the command that repeats a failure. */
function reproduce(
  target: string,
  { options: { runs, timeoutMs } }: Command,
  { id, seed }: CaseResult,
): string {
  const name = /^[\w./\\:@-]+$/.test(target) ? target : JSON.stringify(target);
  const more = [
    ...(runs === undefined ? [] : [` --runs ${runs}`]),
    ...(timeoutMs === undefined ? [] : [` --timeout ${timeoutMs}`]),
  ];
  return `layout-testkit ${name} -t ${id} --seed ${seed}${more.join("")}`;
}
