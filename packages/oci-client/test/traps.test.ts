import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

const table = readFileSync(join(import.meta.dirname, "README.md"), "utf8");
const rows = [...table.matchAll(/^\| (\d+) +\|.*\| ([^|]+?) +\|$/gm)].map(
  ([, trap = "", files = ""]) => [trap, files] as const,
);

it("the table of traps has all 25", () => {
  expect(rows.map(([trap]) => Number(trap))).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
});

it.each(rows)("trap %s has a test in each of %s", (trap, files) => {
  for (const file of files.split(", ")) {
    const text = readFileSync(join(import.meta.dirname, `${file}.test.ts`), "utf8");
    expect(text, file).toContain(`trap ${trap}: `);
  }
});
