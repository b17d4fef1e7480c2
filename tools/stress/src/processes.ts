import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const worker = fileURLToPath(new URL("./worker.js", import.meta.url));

/** Starts a worker. */
export function startWorker(...args: readonly (string | number)[]): {
  child: ChildProcess;
  ended: Promise<number | string>;
} {
  const child = spawn(process.execPath, [worker, ...args.map(String)], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const ended: Promise<number | string> = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      resolve(code ?? signal ?? "");
    });
  });
  return { child, ended };
}

/** Parses `index.json` repeatedly until `isOver`. Returns how often it was whole and how often it was incomplete. */
export async function parseUntil(
  directory: string,
  isOver: () => boolean,
): Promise<{ reads: number; torn: number }> {
  let [reads, torn] = [0, 0];
  while (!isOver()) {
    try {
      JSON.parse(readFileSync(join(directory, "index.json"), "utf8"));
      reads += 1;
    } catch (error) {
      if (error instanceof SyntaxError) torn += 1;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return { reads, torn };
}
