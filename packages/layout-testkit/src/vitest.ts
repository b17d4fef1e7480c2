import { describe, it } from "vitest";

import type { ConformanceOptions } from "./run/options.ts";
import { planCases, prepare } from "./run/plan.ts";
import { formatSkip, isFailure } from "./run/report.ts";
import { RunnerFailure } from "./run/runner-failure.ts";

export type { ConformanceOptions, ConformanceTarget, TargetPlace } from "./run/options.ts";

/**
 * Defines a vitest suite with one test for each case that applies to the backend. `vitest -t UPLOAD-07` runs one of
 * them. `timeoutMs` limits each test; vitest's own time limit is off.
 *
 * @throws TypeError or RangeError if the options are invalid.
 */
export function describeRegistry(name: string, options: ConformanceOptions): void {
  const settings = prepare(options);
  describe(name, { concurrent: false }, async () => {
    const { cases, run } = await planCases(settings);
    for (const one of cases) {
      it(`${one.id} ${one.title}`, { timeout: 0 }, async ({ skip }) => {
        const result = await run(one);
        if (isFailure(result))
          throw new RunnerFailure(result, `vitest -t ${result.id}, with the option seed: ${result.seed}`);
        if (result.status !== "skip") return;
        // Most vitest reporters do not print the reason of a skipped test.
        // eslint-disable-next-line no-console
        console.log(formatSkip(result));
        skip(formatSkip(result));
      });
    }
  });
}
