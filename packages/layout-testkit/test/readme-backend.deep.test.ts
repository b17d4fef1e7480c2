import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import type { ConformanceTarget } from "../src/index.ts";
import { runConformance } from "../src/index.ts";

it("the registry in the README of oci-backend passes every case, and promises all but to be persistent", async () => {
  const readme = readFileSync(join(import.meta.dirname, "../../oci-backend/README.md"), "utf8");
  const [, code = ""] = /```js\n(.*?)const hello = /s.exec(readme) ?? [];
  const imports = code.match(/^import .*;$/gm) ?? [];
  const body = code.replace(/^import .*;$/gm, "");
  const directory = join(import.meta.dirname, "generated");
  const file = join(directory, "readme-backend.mjs");
  mkdirSync(directory, { recursive: true });
  writeFileSync(file, `${imports.join("\n")}\nexport function create() {${body}return { registry };\n}\n`);
  try {
    const { create } = (await import(file)) as { create: () => ConformanceTarget };
    const target = (): ConformanceTarget => ({ ...create(), reopen: async () => create().registry });
    expect(target().registry.capabilities).toEqual({ persistent: false });
    const report = await runConformance({ create: target, seed: 1 });
    expect(String(report)).toMatch(/^[0-9]+ passed, 0 failed, 0 errors, 0 skipped \(seed 1\)$/);
  } finally {
    rmSync(directory, { recursive: true });
  }
}, 120_000);
