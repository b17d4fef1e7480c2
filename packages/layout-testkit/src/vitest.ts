import { describe, it } from "vitest";

import type { ConformanceOptions } from "./run/options.ts";
import { planCases, prepare } from "./run/plan.ts";
import { formatSkip, isFailure } from "./run/report.ts";
import { RunnerFailure } from "./run/runner-failure.ts";

export type { ConformanceOptions, ConformanceTarget, TargetPlace } from "./run/options.ts";

/**
 * A suite of vitest with a test for each case that is about the backend; `-t UPLOAD-07` runs one. How long a test may
 * take is `timeoutMs` alone: vitest's own limit is off.
 *
 * @throws TypeError or RangeError where the options make no sense.
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
        // Most reporters of vitest say nothing of a test that is skipped, and why it is must be seen.
        // eslint-disable-next-line no-console
        console.log(formatSkip(result));
        skip(formatSkip(result));
      });
    }
  });
}
