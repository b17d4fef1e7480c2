import { execFileSync } from "node:child_process";

/** Whether `program` is installed. If not, its tests are skipped, except in CI. */
export function has(program: string): boolean {
  if (process.platform !== "linux") {
    console.info(`skipped: archives of ${program}, because this is not Linux`);
    return false;
  }
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    if (process.env["OCILAYOUT_CI"] !== undefined)
      throw new Error(`${program} is not installed, but CI needs it`);
    console.info(`skipped: archives of ${program}, because ${program} is not installed`);
    return false;
  }
}

/** Runs a program in the directory `cwd`, with UTF-8 and UTC. Returns its output. */
export function run(cwd: string, program: string, ...args: readonly string[]): string {
  const env = { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC" };
  return execFileSync(program, args, {
    cwd,
    env,
    encoding: "utf8",
    maxBuffer: 2 ** 30,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Whether this process may create devices and set owners. */
export const isRoot: boolean = process.getuid?.() === 0;
