import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

it("the README names every test file, and no other", () => {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".deep.test.ts"))
    .map((name) => name.replace(".deep.test.ts", ""));
  const readme = readFileSync(join(import.meta.dirname, "..", "README.md"), "utf8");
  const table = readme.slice(readme.indexOf("| file in `test`"), readme.indexOf("\n## "));
  const named = [...table.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, name]) => name);
  expect(named.sort()).toEqual(files.sort());
});
