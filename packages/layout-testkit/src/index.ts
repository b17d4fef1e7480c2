export type { ConformanceCase, Level } from "./case/case.ts";
export type { Cite } from "./case/cites.ts";
export { allCases } from "./cases/index.ts";
export type { CaseContext } from "./case/context.ts";
export type { Hint } from "./case/failure.ts";
export { openTarget } from "./run/open-target.ts";
export type { ConformanceOptions, ConformanceTarget, TargetPlace } from "./run/options.ts";
export type { CaseResult, ConformanceReport } from "./run/report.ts";
export { runConformance } from "./run/run.ts";
