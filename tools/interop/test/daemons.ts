import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { has } from "./programs.ts";

/** A daemon that runs on this machine until it is disposed of. */
export interface Daemon extends AsyncDisposable {
  readonly socket: string;
}

/** The longest time until a daemon listens. */
const PATIENCE_MS = 30_000;

/** Starts dockerd without a network. If it cannot run here, prints the reason and returns `undefined`. */
export async function startDockerd(driver: "vfs" | "overlay2" = "vfs"): Promise<Daemon | undefined> {
  return start("dockerd", "API listen on", ["docker", "containerd", "runc"], (directory, socket) => [
    ...[
      "--iptables=false",
      "--ip6tables=false",
      "--bridge=none",
      "--storage-driver",
      driver,
      "--host",
      `unix://${socket}`,
    ],
    ...[
      "--data-root",
      join(directory, "data"),
      "--exec-root",
      join(directory, "exec"),
      "--pidfile",
      join(directory, "pid"),
    ],
  ]);
}

/** Starts containerd. If it cannot run here, prints the reason and returns `undefined`. */
export async function startContainerd(): Promise<Daemon | undefined> {
  return start("containerd", "containerd successfully booted", ["ctr"], (directory, socket) => {
    const config = join(directory, "config.toml");
    const [root, state, address] = [join(directory, "data"), join(directory, "exec"), socket].map((path) =>
      JSON.stringify(path),
    );
    writeFileSync(config, `version = 2\nroot = ${root}\nstate = ${state}\n[grpc]\naddress = ${address}\n`);
    return ["--config", config];
  });
}

/**
 * Starts `program` over a directory of its own, and waits until its output shows that it listens. Its mounts end with
 * it. CI requires that all programs are installed, but not that this machine can run them.
 */
async function start(
  program: string,
  ready: string,
  others: readonly string[],
  args: (directory: string, socket: string) => readonly string[],
): Promise<Daemon | undefined> {
  // Looks for all programs, so that one message names all missing ones.
  if (![program, ...others].map(has).every(Boolean)) return undefined;
  if (process.getuid?.() !== 0) {
    tell(program, "it needs root");
    return undefined;
  }
  const directory = mkdtempSync(join(tmpdir(), "interop-"));
  mkdirSync(join(directory, "exec"));
  const socket = join(directory, "socket");
  const child = spawn("unshare", ["--mount", program, ...args(directory, socket)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = new Promise((resolve) => child.once("error", resolve).once("exit", resolve));
  const stop = async (): Promise<void> => {
    if (child.kill()) await exited;
    rmSync(directory, { recursive: true, force: true });
  };
  let said = "";
  const listening: Promise<boolean> = new Promise((resolve) => {
    // Reads all output, because a program blocks when its pipe is full.
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-10_000);
      if (said.includes(ready)) resolve(true);
    });
  });
  const late = once(AbortSignal.timeout(PATIENCE_MS), "abort");
  if (await Promise.race([listening, exited.then(() => false), late.then(() => false)]))
    return { socket, [Symbol.asyncDispose]: stop };
  await stop();
  tell(program, said.trim().split("\n").at(-1) ?? "it ends at once");
  return undefined;
}

function tell(program: string, reason: string): void {
  console.info(`skipped: working with ${program}, because it cannot run here: ${reason}`);
}
