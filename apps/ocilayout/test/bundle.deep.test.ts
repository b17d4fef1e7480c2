import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { expect, it } from "vitest";

import { buildCommand, builtScript } from "./built-command.ts";

buildCommand();

/** Returns the size of the scripts that must be read before `file` runs, in bytes, without those in `read`. */
function sizeOf(file: string, read: Set<string> = new Set()): number {
  if (read.has(file)) return 0;
  read.add(file);
  const code = readFileSync(join(dirname(builtScript()), file), "utf8");
  const imports = Array.from(
    code.matchAll(/^(?:import|export) [^;]*?"\.\/([^"]+)";$/gm),
    ([, name = ""]) => name,
  );
  return imports.reduce((sum, name) => sum + sizeOf(name, read), Buffer.byteLength(code));
}

function chunkOf(verb: string): string {
  const directory = dirname(builtScript());
  const start = new RegExp(`^${verb}-[\\w-]+\\.mjs$`);
  const names = readdirSync(directory).filter((name) => start.test(name));
  return names.find((name) => readFileSync(join(directory, name), "utf8").includes(`src/verbs/`)) ?? "";
}

it("the command reads little code before it starts, and only that of its verb", () => {
  const start = sizeOf("ocilayout.mjs");
  expect(start).toBeLessThan(120_000);
  const read: Set<string> = new Set();
  sizeOf("ocilayout.mjs", read);
  expect(sizeOf(chunkOf("ls"), read)).toBeLessThan(700_000);
  const names = [...read].join(" ");
  for (const verb of ["serve", "copy", "login", "extract"]) expect(names).not.toContain(chunkOf(verb));
});

it("the bundle needs no other package", () => {
  const directory = dirname(builtScript());
  for (const name of readdirSync(directory).filter((it) => it.endsWith(".mjs"))) {
    const code = readFileSync(join(directory, name), "utf8");
    const specifiers = Array.from(
      code.matchAll(/^(?:import|export) [^;]*?"([^"]+)";$/gm),
      ([, it = ""]) => it,
    );
    expect([name, specifiers.filter((it) => !/^(?:node:|\.\/)/.test(it))]).toEqual([name, []]);
  }
});
