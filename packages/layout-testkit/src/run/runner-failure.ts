import { formatFailure } from "./report.ts";
import type { CaseResult } from "./report.ts";

/** A case that failed, for a test runner to show. It has no stack: of the frames there are, none is of the backend. */
export class RunnerFailure extends Error {
  /** `reproduce` says how to see it again by this runner. */
  constructor(result: CaseResult, reproduce: string) {
    super(formatFailure(result, reproduce));
    this.name = "ConformanceFailure";
    this.stack = `${this.name}: ${this.message}`;
  }
}
