import type { ConformanceCase } from "../case/case.ts";
import { askCapabilities } from "./capabilities.ts";
import type { ConformanceOptions, ConformanceSettings } from "./options.ts";
import { completeOptions } from "./options.ts";
import type { CaseResult } from "./report.ts";
import { runCase } from "./run-case.ts";
import { requireCases, selectCases } from "./select.ts";

/** How many cases in a row may get no answer before the others are given up. */
const HUNG_IN_A_ROW = 3;

/** The cases that a backend is to be given, whoever runs them. */
export interface Plan {
  readonly settings: ConformanceSettings;
  /** At least one, in the order in which they are run. */
  readonly cases: readonly ConformanceCase[];
  /** Runs one of them, when the one before has ended. Never rejects. */
  readonly run: (it: ConformanceCase) => Promise<CaseResult>;
}

/**
 * Completes options, and refuses those that cannot be run.
 *
 * @throws TypeError or RangeError if the options make no sense, or leave no case.
 */
export function prepare(options: ConformanceOptions): ConformanceSettings {
  const settings = completeOptions(options);
  requireCases(settings);
  return settings;
}

/**
 * Plans a run on a backend of which one registry is asked for its capabilities.
 *
 * @throws RangeError if these leave no case.
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
  const message = `not run: ${HUNG_IN_A_ROW} cases in a row got no answer`;
  return { id, title, level, cites, status: "error", message, transcript: [], durationMs: 0, seed };
}
