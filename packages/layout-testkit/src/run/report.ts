import type { Level } from "../case/case.ts";
import type { Cite } from "../case/cites.ts";
import { labelsOf } from "../case/cites.ts";

/** What came of one case. */
export interface CaseResult {
  /** The case's id: `UPLOAD-07`. */
  readonly id: string;
  /** The behaviour, as a sentence. */
  readonly title: string;
  /** What the contract says of it: demands, advises, allows. */
  readonly level: Level;
  /** The clauses of the contract and the sections of the specifications that demand the behaviour. */
  readonly cites: readonly Cite[];
  /** `"error"`: the target could not be made or closed. */
  readonly status: "pass" | "fail" | "skip" | "error";
  /** What was expected and received, or why it was skipped. */
  readonly message?: string | undefined;
  /** Why it matters, and where to look. */
  readonly hint?: string | undefined;
  /** The calls that were made, in order. */
  readonly transcript: readonly string[];
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  /** Where random choices began. */
  readonly seed: number;
  /** It is skipped and would pass: the reason is no longer one. */
  readonly isStale?: boolean | undefined;
  /** It ended because there was no answer. */
  readonly isHung?: boolean | undefined;
}

/** What came of a run. */
export interface ConformanceReport {
  /** Whether nothing failed. */
  readonly ok: boolean;
  /** What came of each case, in the order in which they were run. */
  readonly results: readonly CaseResult[];
  /** Where random choices began. */
  readonly seed: number;
  /** The report for a person. */
  toString(): string;
}

/** How many of the calls before a failure are told. */
const TOLD_CALLS = 12;

/** The longest line, in characters, that the calls before a failure are told in. */
const LINE = 120;

/** Makes the report of `results`. */
export function createReport(results: readonly CaseResult[], seed: number): ConformanceReport {
  const ok = results.every(({ status }) => status === "pass" || status === "skip");
  return { ok, results, seed, toString: () => formatReport(results, seed) };
}

function formatReport(results: readonly CaseResult[], seed: number): string {
  const failures = results.filter(isFailure).map((it) => `${formatFailure(it)}\n`);
  const skips = results.filter(({ status }) => status === "skip").map(formatSkip);
  return [...failures, ...skips, `${summarise(results)} (seed ${seed})`].join("\n");
}

/** Whether something is wrong. */
export function isFailure({ status }: CaseResult): boolean {
  return status === "fail" || status === "error";
}

/** How many of each. */
export function summarise(results: readonly CaseResult[]): string {
  const count = (status: CaseResult["status"]): number =>
    results.filter((result) => result.status === status).length;
  return `${count("pass")} passed, ${count("fail")} failed, ${count("error")} errors, ${count("skip")} skipped`;
}

/** Why a case was skipped, in a line. */
export function formatSkip({ id, title, message = "", isStale }: CaseResult): string {
  return `${id}  skipped: ${message}${isStale === true ? ` — stale: "${title}" passes, take it off the list` : ""}`;
}

/** One failure, with all that its author needs. `reproduce` says how to see it again; default: by the command's options. */
export function formatFailure(
  result: CaseResult,
  reproduce: string = `--only ${result.id} --seed ${result.seed}`,
): string {
  const { id, title, level, cites, message = "", hint = "", transcript } = result;
  return [
    `${id}  ${title}   ${level}  ${labelsOf(cites)}`,
    ...(transcript.length === 0 ? [] : [`  called     ${transcript.at(-1) ?? ""}`]),
    ...[message, hint].flatMap((text) => (text === "" ? [] : text.split("\n").map((line) => `  ${line}`))),
    ...cites.map(({ url }, at) => `${at === 0 ? "  see        " : "             "}${url}`),
    formatCalls(transcript, `reproduce: ${reproduce}`),
  ].join("\n");
}

/** The calls that led to a failure: in one line where they fit, else each in its own. */
function formatCalls(transcript: readonly string[], reproduce: string): string {
  const calls = transcript.reduce<{ call: string; times: number }[]>((groups, call) => {
    const last = groups.at(-1);
    if (last?.call === call) last.times += 1;
    else groups.push({ call, times: 1 });
    return groups;
  }, []);
  const left = calls.slice(0, -TOLD_CALLS).reduce((sum, { times }) => sum + times, 0);
  const told = calls.slice(-TOLD_CALLS).map(({ call, times }) => (times === 1 ? call : `${times} × ${call}`));
  const start = "  calls so far: ";
  if (transcript.length < 2)
    return `${start}${transcript.length === 0 ? "none" : "only this one"}     ${reproduce}`;
  const all = [...(left === 0 ? [] : [`${left} more`]), ...told];
  const line = `${start}${all.join(" → ")}`;
  return line.length <= LINE
    ? `${line}     ${reproduce}`
    : `${start}${all.join(`\n${" ".repeat(start.length - 2)}→ `)}\n  ${reproduce}`;
}
