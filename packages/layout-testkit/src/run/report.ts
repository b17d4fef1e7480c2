import type { Level } from "../case/case.ts";
import type { Cite } from "../case/cites.ts";
import { labelsOf } from "../case/cites.ts";

/** The result of one case. */
export interface CaseResult {
  /** The case's id: `UPLOAD-07`. */
  readonly id: string;
  /** The behaviour, as a claim. */
  readonly title: string;
  /** Whether the contract requires, recommends or permits the behaviour. */
  readonly level: Level;
  /** The clauses of the contract and the sections of the specifications that require the behaviour. */
  readonly cites: readonly Cite[];
  /** `"error"` if the target could not be created or closed. */
  readonly status: "pass" | "fail" | "skip" | "error";
  /** The expected and the received result, or the reason of a skip. */
  readonly message?: string | undefined;
  /** Why the failure matters, and what to look for. */
  readonly hint?: string | undefined;
  /** The calls of the case, in order. */
  readonly transcript: readonly string[];
  /** How long the case took, in milliseconds. */
  readonly durationMs: number;
  /** The seed of random choices. */
  readonly seed: number;
  /** Whether the case is listed in `skip` and passes, so that its reason no longer applies. */
  readonly isStale?: boolean | undefined;
  /** Whether the case timed out. */
  readonly isHung?: boolean | undefined;
}

/** The result of a run. */
export interface ConformanceReport {
  /** Whether no case failed. */
  readonly ok: boolean;
  /** The result of each case, in the order in which they ran. */
  readonly results: readonly CaseResult[];
  /** The seed of random choices. */
  readonly seed: number;
  /** Returns the report as text. */
  toString(): string;
}

/** The number of calls before a failure that are printed. */
const TOLD_CALLS = 12;

/** The longest line of calls, in characters. */
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

/** Whether a case failed or ended in an error. */
export function isFailure({ status }: CaseResult): boolean {
  return status === "fail" || status === "error";
}

/** Returns the number of results of each kind, as text. */
export function summarise(results: readonly CaseResult[]): string {
  const count = (status: CaseResult["status"]): number =>
    results.filter((result) => result.status === status).length;
  return `${count("pass")} passed, ${count("fail")} failed, ${count("error")} errors, ${count("skip")} skipped`;
}

/** Returns the reason of a skipped case, in one line. */
export function formatSkip({ id, title, message = "", isStale }: CaseResult): string {
  return `${id}  skipped: ${message}${isStale === true ? ` — stale: "${title}" passes, so remove the case from skip` : ""}`;
}

/**
 * Returns the full text of a failure. `reproduce` is the command that repeats it; it defaults to the options of the
 * command.
 */
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

/** Formats the calls before a failure, in one line if they fit and otherwise one per line. */
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
