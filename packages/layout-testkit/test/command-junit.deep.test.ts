import { expect, it } from "vitest";

import { formatJUnit } from "../src/command/junit.ts";
import type { CaseResult } from "../src/index.ts";
import type { Element } from "./parse-xml.ts";
import { parseXml } from "./parse-xml.ts";

const result: CaseResult = {
  id: "BLOB-01",
  title: "a blob",
  level: "MUST",
  cites: [{ label: "clause 6", url: "https://example.org/contract#clause-6" }],
  status: "pass",
  transcript: [],
  durationMs: 1500,
  seed: 41,
};

const hostile = `<&>"' ]]> \u0000 \u001b[31m \ud800 \ufffe 😀 <!-- --> &amp; <![CDATA[ \r\n\tend`;
const harmless = `<&>"' ]]> \ufffd \ufffd[31m \ufffd \ufffd 😀 <!-- --> &amp; <![CDATA[ \r\n\tend`;

/** Returns the suite and its cases. */
function parse(xml: string): { suite: Element; cases: Element[] } {
  const suite = parseXml(xml).children[0];
  if (suite === undefined) throw new Error("no suite");
  return { suite, cases: suite.children.filter(({ name }) => name === "testcase") };
}

it("a JUnit suite counts its cases, and each has a name, a class and a time in seconds", () => {
  const { suite, cases } = parse(
    formatJUnit("mine", [
      result,
      { ...result, id: "TAG-01", status: "fail", message: "expected x\nreceived y" },
    ]),
  );
  expect(suite.attributes).toEqual({
    name: "mine",
    tests: "2",
    failures: "1",
    errors: "0",
    skipped: "0",
    time: "3.000",
  });
  expect(cases.map(({ attributes }) => attributes)).toEqual([
    { name: "BLOB-01 a blob", classname: "mine.BLOB", time: "1.500" },
    { name: "TAG-01 a blob", classname: "mine.TAG", time: "1.500" },
  ]);
  expect(cases[0]?.children).toEqual([]);
});

it("a JUnit failure, error and skip have a message, and the first two the full report", () => {
  const statuses = ["fail", "error", "skip"] as const;
  const { suite, cases } = parse(
    formatJUnit(
      "mine",
      statuses.map((status) => ({ ...result, status, message: "first\nsecond" })),
    ),
  );
  expect(suite.attributes).toMatchObject({ tests: "3", failures: "1", errors: "1", skipped: "1" });
  const text = expect.stringMatching(
    /^BLOB-01 {2}a blob[^]*first\n {2}second\n {2}see +https:\/\/example\.org\/contract#clause-6\n[^]*--seed 41$/,
  ) as string;
  const attributes = { message: "first\nsecond", type: "MUST" };
  expect(cases.map(({ children }) => children)).toEqual([
    [{ name: "failure", attributes, children: [], text }],
    [{ name: "error", attributes, children: [], text }],
    [{ name: "skipped", attributes: { message: "first\nsecond" }, children: [], text: "" }],
  ]);
});

it("a skip whose reason no longer applies is reported as stale", () => {
  const { cases } = parse(
    formatJUnit("mine", [{ ...result, status: "skip", message: "why", isStale: true }]),
  );
  expect(cases[0]?.children[0]?.attributes).toEqual({ message: "stale: why" });
});

it("the seed is a property of the JUnit suite", () => {
  const { suite } = parse(formatJUnit("mine", [result]));
  expect(suite.children[0]?.children).toEqual([
    { name: "property", attributes: { name: "seed", value: "41" }, children: [], text: "" },
  ]);
});

it("hostile texts are escaped, and characters that XML forbids are replaced", () => {
  const results = (["skip", "fail"] as const).map((status) => ({
    ...result,
    title: hostile,
    status,
    message: hostile,
  }));
  const { suite, cases } = parse(formatJUnit(hostile, results));
  expect(suite.attributes["name"]).toBe(harmless);
  expect(cases[0]?.attributes).toMatchObject({ name: `BLOB-01 ${harmless}`, classname: `${harmless}.BLOB` });
  expect(cases[0]?.children[0]?.attributes).toEqual({ message: harmless });
  expect(cases[1]?.children[0]?.text).toContain(`BLOB-01  ${harmless}   MUST`);
});
