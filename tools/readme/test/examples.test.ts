import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";

import { expect, it, vi } from "vitest";

const root = join(import.meta.dirname, "../../..");
const generated = join(import.meta.dirname, "generated");

/** The READMEs that have examples. */
const readmes = [
  "README.md",
  "apps/ocilayout/README.md",
  ...readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`),
];

/** Returns each example of a README with the output below it. */
function examples(text: string): { code: string; output: string }[] {
  const pairs = text.matchAll(/```js\n(.*?)```\n+```text\n(.*?)```/gs);
  return Array.from(pairs, ([, code = "", output = ""]) => ({ code, output }));
}

const all = readmes.flatMap((readme) =>
  examples(readFileSync(join(root, readme), "utf8")).map((example, place) => ({ readme, place, ...example })),
);

it("the READMEs contain examples, each with its output", () => {
  expect(all.length).toBeGreaterThanOrEqual(4);
  for (const readme of readmes) {
    const blocks = readFileSync(join(root, readme), "utf8").match(/^```js$/gm) ?? [];
    expect(all.filter((example) => example.readme === readme)).toHaveLength(blocks.length);
  }
});

it.each(all)(
  "example $place of $readme prints the output below it",
  async ({ readme, place, code, output }) => {
    const printed: string[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((...values: unknown[]) => {
      printed.push(
        `${values.map((value) => (typeof value === "string" ? value : inspect(value))).join(" ")}\n`,
      );
    });
    const before = process.cwd();
    const directory = mkdtempSync(join(tmpdir(), "ocilayout-readme-"));
    const script = join(generated, `${readme.replaceAll("/", "-")}-${place}.mjs`);
    mkdirSync(generated, { recursive: true });
    writeFileSync(script, code);
    try {
      process.chdir(directory);
      await import(script);
    } finally {
      process.chdir(before);
      log.mockRestore();
      rmSync(directory, { recursive: true });
      rmSync(script);
    }
    expect(printed.join("")).toBe(output);
  },
);
