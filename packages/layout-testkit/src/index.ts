export type { ConformanceCase, Level } from "./conformance/case.ts";
export { allCases } from "./conformance/cases/index.ts";
export { ConformanceFailure, type CaseContext } from "./conformance/context.ts";
export type { CaseResult, ConformanceReport } from "./conformance/report.ts";
export { openTarget } from "./conformance/open-target.ts";
export { runConformance, type ConformanceOptions, type ConformanceTarget } from "./conformance/run.ts";
