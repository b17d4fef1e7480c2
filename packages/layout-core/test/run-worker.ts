import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { build } from "vite";
import { afterAll, beforeAll } from "vitest";

/** Bundles a program of `workers/` as one JavaScript file below `into`, which any Node can run. Returns its path. */
export async function bundleWorker(name: string, into: string): Promise<string> {
  await build({
    configFile: false,
    logLevel: "error",
    ssr: { noExternal: true, resolve: { conditions: ["@ocilayout/source"] } },
    build: {
      ssr: join(import.meta.dirname, "workers", `${name}.ts`),
      outDir: into,
      target: "node20",
      rolldownOptions: { output: { entryFileNames: `${name}.mjs` } },
    },
  });
  return join(into, `${name}.mjs`);
}

/** {@link bundleWorker} for the tests of a file or a suite. Returns a function that returns the path during the tests. */
export function bundledWorker(name: string): () => string {
  const place = mkdtempSync(join(tmpdir(), "layout-core-"));
  let script = "";
  beforeAll(async () => {
    script = await bundleWorker(name, place);
  });
  afterAll(() => {
    rmSync(place, { recursive: true });
  });
  return () => script;
}

/** Starts a process that runs `script`. */
export function start(script: string, ...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "inherit"] });
}

/** Waits for the first line of output of `child`. Rejects if the process ends without one. */
export async function firstLine(child: ChildProcess): Promise<string> {
  let said = "";
  return new Promise((resolve, reject) => {
    child.stdout?.on("data", (data: Buffer) => {
      said += data.toString();
      if (said.includes("\n")) resolve(said.slice(0, said.indexOf("\n")));
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      reject(new Error(`the process ended with ${code ?? signal ?? "nothing"} before its first line`));
    });
  });
}

/** Waits for the end of `child`. Resolves to its exit code, or to the signal that killed it. */
export function ended(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      resolve(code ?? signal ?? "");
    });
  });
}
