import type { ConformanceOptions } from "./options.ts";
import { planCases, prepare } from "./plan.ts";
import type { CaseResult, ConformanceReport } from "./report.ts";
import { createReport } from "./report.ts";

/**
 * Tests a backend against the contract of `Registry`. Runs every case that applies to it, one after the other, each on
 * a new target.
 *
 * @throws TypeError or RangeError if the options are invalid: an unknown id, a skip without a reason, or no case left
 * to run.
 */
export async function runConformance(options: ConformanceOptions): Promise<ConformanceReport> {
  const { settings, cases, run } = await planCases(prepare(options));
  const results: CaseResult[] = [];
  for (const it of cases) results.push(await run(it));
  return createReport(results, settings.seed);
}
