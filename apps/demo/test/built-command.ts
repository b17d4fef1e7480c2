import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

import { build } from "vite";
import { afterAll, beforeAll } from "vitest";

let directory: string;
let script: string;

/**
 * Bundles the command before the tests of a file, so that every Node can run it as a process of its own. It lies where
 * its dependencies are found.
 */
export function buildCommand(): void {
  beforeAll(async () => {
    directory = mkdtempSync(join(import.meta.dirname, "../node_modules/.command-"));
    await build({
      configFile: false,
      logLevel: "error",
      root: join(import.meta.dirname, ".."),
      ssr: { noExternal: [/^@ocilayout\//], external: ["yargs", "ora"], resolve: { conditions: ["@ocilayout/source"] } },
      build: {
        ssr: join(import.meta.dirname, "entry.ts"),
        outDir: directory,
        target: "node20",
        rolldownOptions: { output: { entryFileNames: "ocilayout.mjs" } },
      },
    });
    script = join(directory, "ocilayout.mjs");
  }, 60_000);
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });
}

/** The command as a process. */
export function start(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "pipe"] });
}

/** Waits for the end of a process: its exit code, or the signal that killed it, and what it said. */
export async function ended(child: ChildProcess): Promise<{ code: number | string; stdout: string; stderr: string }> {
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.on("data", (chunk: Buffer) => {
      said[name] += chunk.toString();
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      resolve({ code: code ?? signal ?? "", ...said });
    });
  });
}

/** The command as a process of a Node with further options and variables. */
export function startWith(node: { readonly nodeOptions: readonly string[]; readonly env: NodeJS.ProcessEnv }, ...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [...node.nodeOptions, script, ...args], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...node.env } });
}
