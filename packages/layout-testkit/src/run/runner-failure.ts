import { formatFailure } from "./report.ts";
import type { CaseResult } from "./report.ts";

/** A failed case as a test runner shows it. It has no stack, because none of the frames belong to the backend. */
export class RunnerFailure extends Error {
  /** `reproduce` is the command that repeats the case in this runner. */
  constructor(result: CaseResult, reproduce: string) {
    super(formatFailure(result, reproduce));
    this.name = "ConformanceFailure";
    this.stack = `${this.name}: ${this.message}`;
  }
}
