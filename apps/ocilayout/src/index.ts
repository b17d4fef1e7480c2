export { run, type RunOptions } from "./cli/run.ts";
export type { Streams } from "./output/output.ts";
export type { Environment, Terminal } from "./output/terminal.ts";
export type { Input } from "./parsing/verb.ts";
export { openAny, type OpenAnyOptions, type OpenPlace } from "./places/open-any.ts";
export type { OpenRegistry } from "./places/target.ts";
