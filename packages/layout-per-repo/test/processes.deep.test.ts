import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { collect } from "@ocilayout/oci-types";
import { build } from "vite";
import { afterAll, beforeAll, expect, it } from "vitest";

import { open } from "./helpers.ts";

const built = mkdtempSync(join(tmpdir(), "per-repo-"));

beforeAll(async () => {
  await build({
    configFile: false,
    logLevel: "error",
    ssr: { noExternal: true, resolve: { conditions: ["@ocilayout/source"] } },
    build: {
      ssr: join(import.meta.dirname, "workers", "work.ts"),
      outDir: built,
      target: "node20",
      rolldownOptions: { output: { entryFileNames: "work.mjs" } },
    },
  });
});
afterAll(() => {
  rmSync(built, { recursive: true });
});

function work(directory: string, name: string): Promise<number | null> {
  const child = spawn(process.execPath, [join(built, "work.mjs"), directory, name], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
}

it("eight processes that push into overlapping repositories, mount, list and delete lose nothing", async () => {
  const registry = await open();
  const names = Array.from({ length: 8 }, (_, i) => `p${i}`);
  expect(await Promise.all(names.map((name) => work(registry.directory, name)))).toEqual(names.map(() => 0));
  const repositories = ["r0", "r0/nested", "r1", "r2/deep/er"];
  expect(await collect(registry.repositories())).toEqual(
    [...names.map((name) => `own/${name}`), ...repositories].sort(),
  );
  for (const repository of repositories) {
    // Each process deleted every fifth of the ten tags that it pushed.
    const tags = names.flatMap((name) => [0, 1, 2, 3, 5, 6, 7, 8].map((i) => `${name}-${i}`));
    expect(await collect(registry.tags(repository))).toEqual(tags.sort());
    for (const tag of tags) await (await registry.getTag(repository, tag)).bytes();
  }
  expect((await collect(registry.verify())).filter(({ severity }) => severity === "error")).toEqual([]);
}, 120_000);
