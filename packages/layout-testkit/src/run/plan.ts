import type { ConformanceCase } from "../case/case.ts";
import { askCapabilities } from "./capabilities.ts";
import type { ConformanceOptions, ConformanceSettings } from "./options.ts";
import { completeOptions } from "./options.ts";
import type { CaseResult } from "./report.ts";
import { runCase } from "./run-case.ts";
import { requireCases, selectCases } from "./select.ts";

/** The number of cases in a row that may time out before the remaining cases are not run. */
const HUNG_IN_A_ROW = 3;

/** The cases that apply to a backend, for any test runner. */
export interface Plan {
  readonly settings: ConformanceSettings;
  /** At least one case, in the order in which they run. */
  readonly cases: readonly ConformanceCase[];
  /** Runs one case after the previous one has ended. Never rejects. */
  readonly run: (it: ConformanceCase) => Promise<CaseResult>;
}

/**
 * Fills in and validates the options.
 *
 * @throws TypeError or RangeError if the options are invalid or select no case.
 */
export function prepare(options: ConformanceOptions): ConformanceSettings {
  const settings = completeOptions(options);
  requireCases(settings);
  return settings;
}

/**
 * Plans a run on a backend, whose capabilities it reads from one registry.
 *
 * @throws RangeError if no selected case applies to these capabilities.
 */
export async function planCases(prepared: ConformanceSettings): Promise<Plan> {
  const settings = { ...prepared, capabilities: await askCapabilities(prepared) };
  const cases = selectCases(settings);
  let hung = 0;
  const run = async (it: ConformanceCase): Promise<CaseResult> => {
    if (hung >= HUNG_IN_A_ROW) return giveUp(it, settings);
    const result = await runCase(it, settings);
    hung = result.isHung === true ? hung + 1 : 0;
    return result;
  };
  return { settings, cases, run };
}

function giveUp({ id, title, level, cites }: ConformanceCase, { seed }: ConformanceSettings): CaseResult {
  const message = `not run: ${HUNG_IN_A_ROW} cases in a row timed out`;
  return { id, title, level, cites, status: "error", message, transcript: [], durationMs: 0, seed };
}
