import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { describeRegistry as describeInNodeTest } from "../src/node-test.ts";
import { describeRegistry as describeInVitest } from "../src/vitest.ts";
import type { Verdicts } from "./ask-runners.ts";
import { askCommand, askNodeTest, askVitest, targets } from "./ask-runners.ts";
import type { Project } from "./installed-kit.ts";
import { createProject } from "./installed-kit.ts";

let project: Project;
let byCommand: Verdicts = {};
let byVitest: Verdicts = {};
let byNodeTest: Verdicts = {};
let vitestPrinted = "";

beforeAll(async () => {
  project = await createProject();
  byCommand = await askCommand(project);
  ({ verdicts: byVitest, printed: vitestPrinted } = await askVitest(project));
  byNodeTest = await askNodeTest(project);
}, 60_000);

afterAll(() => project[Symbol.asyncDispose]());

it.each(targets)(
  "vitest and node:test report the same result of each case as the command, with the target %s",
  (target) => {
    const expected = statuses(byCommand, target);
    expect(Object.keys(expected).length).toBeGreaterThan(20);
    expect(statuses(byVitest, target)).toEqual(expected);
    expect(statuses(byNodeTest, target)).toEqual(expected);
  },
);

it("the registry in memory passes, the broken one fails in its ranges, and the hanging one passes no case", () => {
  expect(new Set(Object.values(statuses(byCommand, "memory")))).toEqual(new Set(["passed"]));
  expect(statuses(byCommand, "broken")).toMatchObject({
    "RANGE-01": "failed",
    "RANGE-05": "skipped",
    "BLOB-01": "skipped",
    "BLOB-02": "passed",
  });
  expect(new Set(Object.values(statuses(byCommand, "hanging")))).toEqual(new Set(["failed"]));
});

describe.each([
  ["vitest", () => byVitest, "reproduce: vitest -t RANGE-01, with the option seed: 1"],
  ["node:test", () => byNodeTest, "reproduce: node --test-name-pattern=RANGE-01, with the option seed: 1"],
])("in %s", (_runner, verdicts, reproduce) => {
  it("a failure has the whole report and the way to repeat it, without a stack", () => {
    const told = verdicts()["broken"]?.["RANGE-01"]?.told ?? "";
    for (const part of [
      "MUST",
      "called ",
      "expected ",
      "received ",
      "why ",
      "look for ",
      "calls so far: ",
      reproduce,
    ])
      expect(told).toContain(part);
    expect(told).not.toMatch(/^ +at /m);
  });

  it("a skip has its reason and reports whether it is stale", () => {
    expect(verdicts()["broken"]?.["RANGE-05"]?.told).toContain("known, and <not> mended yet");
    expect(verdicts()["broken"]?.["BLOB-01"]?.told).toContain("stale");
  });

  it("the remaining cases are not run after three in a row have timed out", () => {
    const hanging = Object.values(verdicts()["hanging"] ?? {});
    expect(hanging.filter(({ told }) => told.includes("not run: 3 cases in a row timed out"))).toHaveLength(
      hanging.length - 3,
    );
  });
});

it("vitest prints the reason of a skip even if it does not print each test", () => {
  expect(vitestPrinted).toContain("RANGE-05  skipped: known, and <not> mended yet");
});

it.each([
  ["vitest", describeInVitest],
  ["node:test", describeInNodeTest],
])(
  "invalid options and options that leave no case are rejected before the first case, in %s",
  (_runner, describeRegistry) => {
    const create = (): never => {
      throw new Error("not called");
    };
    for (const options of [
      { only: "NONE" },
      { skip: { "BLOB-01": "" } },
      { only: "OPEN-01", capabilities: { persistent: false } },
    ]) {
      expect(() => {
        describeRegistry("it", { create, ...options });
      }).toThrow(/no case|without a reason/);
    }
  },
);

function statuses(verdicts: Verdicts, target: string): Record<string, string> {
  return Object.fromEntries(Object.entries(verdicts[target] ?? {}).map(([id, { status }]) => [id, status]));
}
