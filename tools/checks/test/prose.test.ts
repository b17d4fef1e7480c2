import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { habitsIn } from "../prose.mjs";

/** The rows of a table in a fixture, because `prose.mjs` reads the strings of this file, too. */
const examples = readFileSync(join(import.meta.dirname, "fixtures/habits.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .slice(2)
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .map(([, advice = "", bad = "", good = ""]) => ({ advice, bad, good }));

it("the fixture has an example of each rule", () => {
  expect(new Set(examples.map(({ advice }) => advice)).size).toBe(7);
});

it.each(examples)("prose.mjs finds the habit in: $bad", ({ advice, bad, good }) => {
  expect(habitsIn("page.md", bad).map((habit) => habit.advice)).toEqual([expect.stringContaining(advice)]);
  expect(habitsIn("page.md", good)).toEqual([]);
});

describe.each(examples.slice(0, 1))("prose.mjs reads", ({ bad }) => {
  it("paragraphs, items and cells of Markdown, with the line where they begin", () => {
    const text = `# Title\n\nA paragraph. ${bad}\n\n- ${bad}\n\n| a | ${bad} |\n`;
    expect(habitsIn("page.md", text).map(({ line }) => line)).toEqual([3, 5, 7]);
  });

  it("comments and messages of scripts", () => {
    const text = `/** ${bad} */\n// ${bad}\nconst a = 1; // ${bad}\nthrow new Error("${bad}" + \`${bad}\`);\n`;
    expect(habitsIn("a.ts", text).map(({ line }) => line)).toEqual([1, 2, 3, 4, 4]);
  });

  it("comments of shell scripts", () => {
    expect(habitsIn(".ci/run", `# ${bad}\necho`).map(({ line }) => line)).toEqual([1]);
  });

  it("neither code nor quotations nor identifiers", () => {
    const text = `\`\`\`\n${bad}\n\`\`\`\n\nIt prints \`${bad}\`, “${bad}” and "${bad}".\n\n    ${bad}\n`;
    expect(habitsIn("page.md", text)).toEqual([]);
    expect(habitsIn("a.ts", "const whoever = somebody.said;")).toEqual([]);
  });
});
