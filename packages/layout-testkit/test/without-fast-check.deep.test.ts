import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** The bundled entries in a directory without `node_modules`, as in a project without fast-check. */
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "ocilayout-without-"));
  const source = join(import.meta.dirname, "../src");
  await build({
    configFile: false,
    logLevel: "error",
    root: join(import.meta.dirname, ".."),
    ssr: {
      noExternal: [/^@ocilayout\//],
      external: ["fast-check"],
      resolve: { conditions: ["@ocilayout/source"] },
    },
    build: {
      ssr: true,
      outDir: directory,
      emptyOutDir: false,
      target: "node20",
      rolldownOptions: {
        input: {
          content: join(source, "content/index.ts"),
          memory: join(source, "memory/index.ts"),
          model: join(source, "model/index.ts"),
        },
        output: { entryFileNames: "[name].mjs", chunkFileNames: "[name]-[hash].mjs" },
        treeshake: false,
      },
    },
  });
}, 60_000);

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** Runs `program` in the directory of the entries and returns its output. */
function run(program: string): string {
  return execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: directory,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

describe("without fast-check", () => {
  it("the memory registry and the content entry point can be imported", () => {
    const printed = run(`
      import { image, pushContent } from "./content.mjs";
      import { createMemoryRegistry } from "./memory.mjs";
      const registry = createMemoryRegistry();
      const { digest } = await pushContent(registry, "team/app", image(), { tags: ["v1"] });
      console.log((await registry.resolveTag("team/app", "v1")).digest === digest);
    `);
    expect(printed).toBe("true\n");
  });

  it("the model cannot be imported, which proves that fast-check is missing", () => {
    expect(() => run('await import("./model.mjs");')).toThrow(/Cannot find package 'fast-check'/);
  });
});
