import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { browserSafe } from "../../lint/layers.js";

/** The sources of entries that are for Node only. */
const nodeOnly = /^(?:node\.ts$|extract\/)/;

it.each(browserSafe)("%s uses neither modules nor globals that only Node has", (name) => {
  const source = join(import.meta.dirname, "../../../packages", name, "src");
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !nodeOnly.test(file),
  );
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    const code = readFileSync(join(source, file), "utf8").replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, "");
    expect(code, file).not.toMatch(/from "[./]+(?:extract\/|node\.ts)/);
    expect(code, file).not.toMatch(
      /from "node:|require\(|\bBuffer\b|\bsetImmediate\(|\b__dirname\b|(?<!\{ )\bprocess\.(?!getBuiltinModule)/,
    );
  }
});
