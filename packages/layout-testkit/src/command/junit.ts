import type { CaseResult } from "../run/report.ts";
import { formatFailure } from "../run/report.ts";

/**
 * Formats the results as JUnit XML, in one suite named `suite`. A test's class is the suite and the first part of the
 * case id. `tell` returns the full text of a failure.
 */
export function formatJUnit(
  suite: string,
  results: readonly CaseResult[],
  tell: (result: CaseResult) => string = formatFailure,
): string {
  const count = (status: CaseResult["status"]): number =>
    results.filter((result) => result.status === status).length;
  const total = {
    name: suite,
    tests: results.length,
    failures: count("fail"),
    errors: count("error"),
    skipped: count("skip"),
    time: seconds(results.reduce((sum, { durationMs }) => sum + durationMs, 0)),
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    `<testsuite ${attributes(total)}>`,
    `<properties><property ${attributes({ name: "seed", value: results[0]?.seed ?? "" })}/></properties>`,
    ...results.map((result) => formatCase(suite, result, tell)),
    "</testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function formatCase(suite: string, result: CaseResult, tell: (result: CaseResult) => string): string {
  const { id, title, durationMs } = result;
  const start = `<testcase ${attributes({ name: `${id} ${title}`, classname: `${suite}.${id.split("-")[0] ?? id}`, time: seconds(durationMs) })}`;
  const outcome = formatOutcome(result, tell);
  return outcome === "" ? `${start}/>` : `${start}>${outcome}</testcase>`;
}

function formatOutcome(result: CaseResult, tell: (result: CaseResult) => string): string {
  const { status, message = "", level, isStale } = result;
  if (status === "pass") return "";
  if (status === "skip")
    return `<skipped ${attributes({ message: isStale === true ? `stale: ${message}` : message })}/>`;
  const element = status === "fail" ? "failure" : "error";
  return `<${element} ${attributes({ message, type: level })}>${escape(tell(result))}</${element}>`;
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  // A parser would replace a line break in an attribute with a space.
  const quote = (value: string): string => escape(value).replace(/[\t\n]/g, (it) => `&#${it.charCodeAt(0)};`);
  return Object.entries(values)
    .map(([name, value]) => `${name}="${quote(String(value))}"`)
    .join(" ");
}

const entities: Readonly<Record<string, string>> = {
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  '"': "&quot;",
  "'": "&#39;",
  "\r": "&#13;",
};

/** Escapes text for XML 1.0 and replaces the characters that it does not permit: https://www.w3.org/TR/xml/#charsets. */
function escape(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[<>&"'\r]/g, (it) => entities[it] ?? it);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
