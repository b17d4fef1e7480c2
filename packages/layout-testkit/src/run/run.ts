import type { ConformanceOptions } from "./options.ts";
import { planCases, prepare } from "./plan.ts";
import type { CaseResult, ConformanceReport } from "./report.ts";
import { createReport } from "./report.ts";

/**
 * Finds out how far a backend keeps the contract of `Registry`: runs every case that is about it, one after the other,
 * each on a target of its own.
 *
 * @throws TypeError or RangeError where the options make no sense: an unknown id, a skip without a reason, no case left.
 */
export async function runConformance(options: ConformanceOptions): Promise<ConformanceReport> {
  const { settings, cases, run } = await planCases(prepare(options));
  const results: CaseResult[] = [];
  for (const it of cases) results.push(await run(it));
  return createReport(results, settings.seed);
}
