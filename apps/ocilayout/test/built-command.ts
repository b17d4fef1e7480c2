import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { build } from "vite";
import { afterAll, afterEach, beforeAll } from "vitest";

import { bundleOptions } from "../bundle.mjs";

let directory: string;
let script: string;
const started: ChildProcess[] = [];

/**
 * Bundles the command before the tests of a file, so that every version of Node can run it as a process. The bundle needs no other
 * package. Beside it is a copy of package.json, which has the version.
 */
export function buildCommand(): void {
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "ocilayout-built-"));
    await build(bundleOptions(join(import.meta.dirname, "../src/main.ts"), directory));
    copyFileSync(join(import.meta.dirname, "../package.json"), join(directory, "package.json"));
    script = join(directory, "ocilayout.mjs");
  }, 60_000);
  // A test that fails must not leave a server behind.
  afterEach(() => {
    for (const child of started.splice(0)) child.kill("SIGKILL");
  });
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });
}

/** Starts the command as a process. */
export function start(...args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  started.push(child);
  return child;
}

/** Waits for the first line on the stdout of a process. Rejects if the process ends without one. */
export async function firstLine(child: ChildProcess): Promise<string> {
  const said = { stdout: "", stderr: "" };
  child.stderr?.on("data", (chunk: Buffer) => {
    said.stderr += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.stdout?.on("data", (chunk: Buffer) => {
      said.stdout += chunk.toString();
      const end = said.stdout.indexOf("\n");
      if (end >= 0) resolve(said.stdout.slice(0, end));
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      reject(
        new Error(
          `the process ended with ${code ?? signal ?? "nothing"} before its first line: ${said.stderr}`,
        ),
      );
    });
  });
}

/** Waits for the end of a process. Returns its exit code or the signal that killed it, and its output. */
export async function ended(
  child: ChildProcess,
): Promise<{ code: number | string; stdout: string; stderr: string }> {
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

/** Starts the command as a process, with options of Node, environment variables, and with or without a pipe as its input. */
export function startWith(
  node: {
    readonly nodeOptions: readonly string[];
    readonly env: NodeJS.ProcessEnv;
    readonly stdin?: "pipe" | "ignore";
  },
  ...args: readonly string[]
): ChildProcess {
  const child = spawn(process.execPath, [...node.nodeOptions, script, ...args], {
    stdio: [node.stdin ?? "ignore", "pipe", "pipe"],
    env: { ...process.env, ...node.env },
  });
  started.push(child);
  return child;
}

/** Kills a process after the test if it is still running. */
export function track(child: ChildProcess): ChildProcess {
  started.push(child);
  return child;
}

/** Returns the path of the bundled command. */
export function builtScript(): string {
  return script;
}
