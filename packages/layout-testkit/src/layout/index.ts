export { checkLayoutDirectory } from "./check-layout.ts";
export type { LayoutProblem, LayoutProblemKind } from "./problem.ts";
