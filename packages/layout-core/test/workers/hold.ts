// A process that takes a lock and prints the outcome. It holds the lock until its input ends, and then prints whether
// it still holds it.
//
// - `hold.ts PATH TIMEOUT_MS`
// - `hold.ts PATH TIMEOUT_MS rival` also lets a child process try, and prints its outcome.
// - `hold.ts PATH TIMEOUT_MS killed` first lets a child process take the lock, and kills it.
import { spawn } from "node:child_process";
import { once } from "node:events";

import { nodeDisk } from "../../src/disk/disk.ts";
import { acquireLock } from "../../src/lock/lock.ts";

const [, script = "", path = "", timeoutMs = "", role] = process.argv;

async function take(): Promise<string> {
  try {
    const lock = await acquireLock(nodeDisk, path, { timeoutMs: Number(timeoutMs) });
    process.stdout.write("held\n");
    if (role === "rival") process.stdout.write(`rival: ${await runOther("close")}\n`);
    else if (role === undefined) await once(process.stdin.resume(), "close");
    const isOurs = lock.isOurs();
    await lock.release();
    return isOurs ? "kept" : "lost";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/** Runs a child process that takes the lock, and returns its first line of output. */
async function runOther(end: "close" | "kill"): Promise<string> {
  const other = spawn(process.execPath, [script, path, "200"], { stdio: ["pipe", "pipe", "inherit"] });
  const closed = once(other, "close");
  const [said] = (await once(other.stdout, "data")) as [Buffer];
  if (end === "kill") other.kill("SIGKILL");
  else other.stdin.end();
  await closed;
  return said.toString().trim();
}

if (role === "killed") process.stdout.write(`first: ${await runOther("kill")}\n`);
process.stdout.write(`${await take()}\n`);
