import { expect, it } from "vitest";

import { parseCommand } from "../src/command/arguments.ts";
import { findCases } from "../src/command/list.ts";
import { UsageError } from "../src/command/usage.ts";

it("all options may be given at once, in any order", () => {
  const args = [
    "-t",
    "A",
    "it.js",
    "--only",
    "B-01",
    "--seed",
    "0",
    "--runs=5",
    "--timeout",
    "100",
    "--shuffle",
    "--junit",
    "a.xml",
    "--json",
    "b.json",
  ];
  expect(parseCommand(args)).toEqual({
    action: "run",
    target: "it.js",
    options: { only: ["A", "B-01"], seed: 0, runs: 5, timeoutMs: 100, shuffle: true },
    junit: "a.xml",
    json: "b.json",
  });
});

it("options that are not given are left to the target", () => {
  expect(parseCommand(["it.js"]).options).toEqual({});
});

it.each<[string, string[]]>([
  ["help", ["--help", "--version", "--list"]],
  ["version", ["--list", "--version"]],
  ["list", ["--list"]],
  ["list", ["it.js", "--list"]],
])("%s needs no target", (action, args) => {
  expect(parseCommand(args).action).toBe(action);
});

it.each<[string, string[], string]>([
  ["no target", [], "TARGET is missing"],
  ["two targets", ["a.js", "b.js"], "a.js and b.js"],
  ["an unknown option", ["a.js", "--frob"], "--frob"],
  ["an unknown letter", ["a.js", "-x"], "-x"],
  ["an option without its value", ["a.js", "--seed"], "--seed"],
  ["an option in place of a value", ["a.js", "--junit", "--json"], "--junit"],
  ["a value for a flag", ["a.js", "--shuffle=yes"], "--shuffle"],
  ["a value that is not a number", ["a.js", "--runs", "many"], '--runs must be a whole number, not "many"'],
  ["a fraction", ["a.js", "--timeout", "1.5"], "--timeout"],
  ["a number below 0", ["a.js", "--seed=-1"], "--seed"],
  ["the empty text", ["a.js", "--seed", ""], "--seed"],
])("%s is rejected with a one-line message", (_what, args, part) => {
  const parse = (): unknown => parseCommand(args);
  expect(parse).toThrow(UsageError);
  expect(parse).toThrow(
    expect.objectContaining({ message: expect.stringMatching(/^[^\n]+$/) as string }) as Error,
  );
  expect(parse).toThrow(part);
});

it("only the beginning of an id can select cases", () => {
  expect(findCases(["RANGE-01"]).map(({ id }) => id)).toEqual(["RANGE-01"]);
  expect(() => findCases(["RANGE", "BLUB"])).toThrow('no case begins with "BLUB"');
});

it("a complete id selects that case alone, even if other ids begin with it", () => {
  expect(findCases(["LAYOUT-10"]).map(({ id }) => id)).toEqual(["LAYOUT-10"]);
  expect(findCases(["LAYOUT-1"]).map(({ id }) => id)).toEqual(
    expect.arrayContaining(["LAYOUT-10", "LAYOUT-100"]),
  );
});
