export { run, type RunOptions } from "./cli/run.ts";
export type { Streams } from "./output/output.ts";
