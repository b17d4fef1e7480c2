import type { Level } from "./case.ts";

/** What came of one case. */
export interface CaseResult {
  readonly id: string;
  readonly title: string;
  readonly level: Level;
  readonly cites: string;
  /** `"error"`: the target could not be made, or the kit itself failed. */
  readonly status: "pass" | "fail" | "skip" | "error";
  /** What is wrong, or why it was skipped. */
  readonly message?: string | undefined;
  /** Why it matters, and where to look. */
  readonly hint?: { readonly why: string; readonly lookFor: string } | undefined;
  /** The calls that were made, in order. */
  readonly transcript: readonly string[];
}

/** What came of a run. */
export interface ConformanceReport {
  /** Whether nothing failed. */
  readonly ok: boolean;
  readonly results: readonly CaseResult[];
  /** The report for a person. */
  toString(): string;
}

/** Makes the report of `results`. */
export function createReport(results: readonly CaseResult[]): ConformanceReport {
  const ok = results.every(({ status }) => status === "pass" || status === "skip");
  return { ok, results, toString: () => formatReport(results) };
}

function formatReport(results: readonly CaseResult[]): string {
  const failures = results.filter(({ status }) => status === "fail" || status === "error").map(formatFailure);
  const skips = results.filter(({ status }) => status === "skip").map(({ id, message }) => `${id}  skipped: ${message ?? ""}`);
  const count = (status: CaseResult["status"]): number => results.filter((result) => result.status === status).length;
  const summary = `${count("pass")} passed, ${count("fail")} failed, ${count("error")} errors, ${count("skip")} skipped`;
  return [...failures, ...skips, summary].join("\n");
}

/** One failure, with all that its author needs. */
export function formatFailure({ id, title, level, cites, message, hint, transcript }: CaseResult): string {
  const lines = [
    `${id}  ${title}   ${level}  ${cites}`,
    `  called     ${transcript.at(-1) ?? "nothing"}`,
    ...(message ?? "").split("\n").map((line) => `  ${line}`),
    ...(hint === undefined ? [] : [`  why        ${hint.why}`, `  look for   ${hint.lookFor}`]),
    `  calls so far: ${transcript.join(" → ")}`,
  ];
  return lines.join("\n");
}
