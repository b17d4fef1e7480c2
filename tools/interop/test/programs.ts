import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** Whether `program` runs here; where not, what needs it is skipped. CI insists on it. */
export function has(program: string): boolean {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    if (process.env["OCILAYOUT_CI"] !== undefined && process.platform === "linux") throw new Error(`${program} is needed in CI`);
    console.info(`skipped: sharing a layout with ${program}, because ${program} is not installed`);
    return false;
  }
}

/** Runs a program in the directory `cwd` and gives what it prints; what it complains of is in the error. */
export async function run(cwd: string, program: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await execute(program, args, { cwd, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** {@link run}, for what prints JSON. */
export async function runJson(cwd: string, program: string, ...args: readonly string[]): Promise<unknown> {
  return JSON.parse(await run(cwd, program, ...args));
}

/** What makes skopeo do without the trust policy of this machine. */
export const anyPolicy = "--insecure-policy";

/** buildah or podman with a storage of its own below `directory`. */
export function storageProgram(program: "buildah" | "podman", directory: string): (...args: readonly string[]) => Promise<string> {
  const storage = join(directory, "storage");
  mkdirSync(storage);
  const options = ["--storage-driver", "vfs", "--root", join(storage, "root"), "--runroot", join(storage, "run")];
  if (program === "podman") options.push("--tmpdir", join(storage, "tmp"), "--events-backend", "none");
  const policy = join(storage, "policy.json");
  writeFileSync(policy, JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] }));
  return async (command, ...args) => {
    const trust = ["pull", "push", "build"].includes(command ?? "") ? ["--signature-policy", policy] : [];
    return run(directory, program, ...options, command ?? "", ...trust, ...args);
  };
}
