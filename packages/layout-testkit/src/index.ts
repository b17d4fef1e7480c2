export type { ConformanceCase, Level } from "./conformance/case.ts";
export { allCases } from "./conformance/cases/index.ts";
export type { CaseContext } from "./conformance/context.ts";
export { ConformanceFailure, type Hint } from "./conformance/failure.ts";
export { openTarget } from "./conformance/open-target.ts";
export type { ConformanceOptions, ConformanceTarget, TargetPlace } from "./conformance/options.ts";
export type { CaseResult, ConformanceReport } from "./conformance/report.ts";
export { runConformance } from "./conformance/run.ts";
