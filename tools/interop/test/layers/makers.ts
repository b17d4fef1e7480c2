import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { type Daemon } from "../daemons.ts";
import { dockerIn, execute, has, tarIn, umociIn } from "../programs.ts";
import { readTree, type Tree } from "./trees.ts";

/** An image of three layers that a program made in a directory: in the layout `made` with the tag `v1`. */
export interface MadeImage {
  /** The tree that the program mounts for a container. */
  readonly mounted?: Tree;
}

const STEPS = import.meta.dirname;

/** Whether the tests can run: they need root, mounts, and some programs. If not, prints the reason. */
export function canMakeImages(): boolean {
  const programs = ["umoci", "buildah", "podman", "python3", "setfattr", "busybox"];
  if (!programs.map(has).every(Boolean)) return false;
  try {
    if (process.getuid?.() !== 0) throw new Error("it needs root");
    execFileSync("unshare", ["--mount", "true"], { stdio: "pipe" });
    return true;
  } catch (error) {
    console.info(`skipped: images with three layers, because ${String(error)}`);
    return false;
  }
}

/** Returns the path of busybox, which is one static binary. */
export function busyboxPath(): string {
  return execFileSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).trim();
}

async function runStep(cwd: string, name: string, directory: string): Promise<void> {
  await execute("sh", [join(STEPS, `${name}.sh`)], {
    cwd: join(cwd, directory),
    env: { ...process.env, BUSYBOX: busyboxPath() },
  });
}

/** Makes the image with buildah or podman. With a storage that cannot work here, throws the complaint of the program. */
export async function makeInStorage(
  cwd: string,
  program: "buildah" | "podman",
  driver: "vfs" | "overlay",
  compression?: "zstd",
): Promise<MadeImage> {
  await execute("unshare", ["--mount", "bash", join(STEPS, "storage.sh"), program, driver, STEPS], {
    cwd,
    env: { ...process.env, BUSYBOX: busyboxPath(), ...(compression && { COMPRESSION: compression }) },
  });
  return { mounted: readTree(join(cwd, "mounted.json")) };
}

/** Makes the image with umoci. */
export async function makeWithUmoci(cwd: string): Promise<MadeImage> {
  const umoci = umociIn(cwd);
  await umoci("init", "--layout", "made");
  await umoci("new", "--image", "made:v1");
  await umoci("unpack", "--image", "made:v1", "making");
  for (const step of ["base", "second", "third"]) {
    await runStep(cwd, step, "making/rootfs");
    await umoci("repack", "--refresh-bundle", "--image", "made:v1", "making");
  }
  return {};
}

/** Makes the image with containers of Docker. */
export async function makeWithDocker(cwd: string, { socket }: Daemon): Promise<MadeImage> {
  const docker = dockerIn(cwd, socket);
  mkdirSync(join(cwd, "base"));
  await runStep(cwd, "base", "base");
  const attributes = ["--xattrs", "--xattrs-include=*"];
  await tarIn(cwd)("--create", "--file", "base.tar", ...attributes, "--directory", "base", ".");
  await docker("import", "base.tar", "made:base");
  let before = "base";
  for (const step of ["second", "third"]) {
    const script = readFileSync(join(STEPS, `${step}.sh`), "utf8");
    const command = ["/bin/busybox", "sh", "-c", `cd /; ${script}`];
    await docker("run", "--network", "none", "--name", step, `made:${before}`, ...command);
    await docker("commit", step, `made:${step}`);
    before = step;
  }
  await docker("tag", "made:third", "made:v1");
  await docker("save", "--output", "made.tar", "made:v1");
  mkdirSync(join(cwd, "made"));
  await tarIn(cwd)("--extract", "--file", "made.tar", "--directory", "made");
  return {};
}
