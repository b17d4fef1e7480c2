import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const executeFile = promisify(execFile);

/** The arguments that test whether a program is installed, if not `--version`. */
const versionCommands: Readonly<Record<string, string>> = {
  busybox: "true",
  cosign: "version",
  openssl: "version",
  oras: "version",
};

/** Whether `program` is installed. If not, its tests are skipped, except in CI. */
export function has(program: string): boolean {
  if (process.platform !== "linux") {
    console.info(`skipped: working with ${program}, because this is not Linux`);
    return false;
  }
  try {
    execFileSync(program, [versionCommands[program] ?? "--version"], { stdio: "ignore" });
    return true;
  } catch {
    if (process.env["OCILAYOUT_CI"] !== undefined)
      throw new Error(`${program} is not installed, but CI needs it`);
    console.info(`skipped: working with ${program}, because ${program} is not installed`);
    return false;
  }
}

/** Runs a command of a program and returns its output. The error contains its complaints. */
export type Run = (command: string, ...args: readonly string[]) => Promise<string>;

/** Runs skopeo in the directory `cwd`, without the trust policy of this machine. */
export function skopeoIn(cwd: string): Run {
  return async (...args) => run(cwd, "skopeo", ["--insecure-policy", ...args]);
}

/** Runs umoci in the directory `cwd`. */
export function umociIn(cwd: string): Run {
  return async (...args) => run(cwd, "umoci", args);
}

/** Runs oras in the directory `cwd`. */
export function orasIn(cwd: string): Run {
  return async (...args) => run(cwd, "oras", args);
}

/**
 * Runs buildah or podman in the directory `cwd`, with its own storage, and without the trust policy of this machine.
 */
export function storageIn(cwd: string, program: "buildah" | "podman"): Run {
  const storage = join(cwd, "storage");
  mkdirSync(storage);
  const policy = join(storage, "policy.json");
  writeFileSync(policy, JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] }));
  const options = [
    "--storage-driver",
    "vfs",
    "--root",
    join(storage, "root"),
    // podman allows 50 characters here, so the path is relative.
    "--runroot",
    "storage/run",
  ];
  if (program === "podman") options.push("--tmpdir", join(storage, "tmp"), "--events-backend", "none");
  return async (command, ...args) => {
    const trust = ["pull", "push", "build", "load", "save"].includes(command)
      ? ["--signature-policy", policy]
      : [];
    return run(cwd, program, [...options, command, ...trust, ...args]);
  };
}

/** Runs cosign in the directory `cwd`, with its own home. The keys that it makes have a password. */
export function cosignIn(cwd: string): Run {
  const home = join(cwd, "home");
  mkdirSync(home);
  return async (...args) =>
    run(cwd, "cosign", args, { PATH: process.env["PATH"], HOME: home, COSIGN_PASSWORD: "interop" });
}

/** Runs docker in the directory `cwd` with the daemon at `socket`, without the configuration of this machine. */
export function dockerIn(cwd: string, socket: string): Run {
  return async (...args) =>
    run(cwd, "docker", ["--config", join(cwd, "docker-config"), "--host", `unix://${socket}`, ...args]);
}

/** Runs ctr in the directory `cwd` with the containerd at `socket`. */
export function ctrIn(cwd: string, socket: string): Run {
  return async (...args) => run(cwd, "ctr", ["--address", socket, ...args]);
}

/** Runs tar in the directory `cwd`. */
export function tarIn(cwd: string): Run {
  return async (...args) => run(cwd, "tar", args);
}

/** Runs a program and returns its output, of at most 256 MiB. */
export async function execute(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  return (await executeFile(program, args, { ...options, maxBuffer: 2 ** 28 })).stdout;
}

async function run(
  cwd: string,
  program: string,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<string> {
  return (await executeFile(program, args, { cwd, env })).stdout;
}
