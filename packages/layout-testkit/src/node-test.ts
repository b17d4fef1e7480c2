import { describe, it } from "node:test";

import type { ConformanceOptions } from "./run/options.ts";
import { planCases, prepare } from "./run/plan.ts";
import { formatSkip, isFailure } from "./run/report.ts";
import { RunnerFailure } from "./run/runner-failure.ts";

export type { ConformanceOptions, ConformanceTarget, TargetPlace } from "./run/options.ts";

/** The largest time limit of `node:test`, in milliseconds, so that only `timeoutMs` applies. */
const UNLIMITED_MS = 0x7fff_ffff;

/**
 * Defines a `node:test` suite with one test for each case that applies to the backend. `--test-name-pattern=UPLOAD-07`
 * runs one of them.
 *
 * @throws TypeError or RangeError if the options are invalid.
 */
export function describeRegistry(name: string, options: ConformanceOptions): void {
  const settings = prepare(options);
  void describe(name, { concurrency: 1, timeout: UNLIMITED_MS }, async () => {
    const { cases, run } = await planCases(settings);
    for (const one of cases) {
      void it(`${one.id} ${one.title}`, { timeout: UNLIMITED_MS }, async (test) => {
        const result = await run(one);
        const reproduce = `node --test-name-pattern=${result.id}, with the option seed: ${result.seed}`;
        if (isFailure(result)) throw new RunnerFailure(result, reproduce);
        if (result.status === "skip") test.skip(formatSkip(result));
      });
    }
  });
}
