import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { bundledWorker, firstLine } from "./run-worker.ts";

/** Returns why a process cannot run in its own namespace here; `undefined` if it can. */
function obstacle(): string | undefined {
  if (process.platform !== "linux") return "only Linux has process namespaces";
  if (process.getuid?.() !== 0) return "only root may make process namespaces";
  try {
    execFileSync("unshare", ["-m", "-p", "-f", "true"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "unshare cannot make a process namespace here";
  }
}

const why = obstacle();
if (why !== undefined) console.info(`skipped: real processes in namespaces, because ${why}`);

describe.skipIf(why !== undefined)("a lock between real processes", () => {
  const script = bundledWorker("hold");

  const newLock = (): string => join(temporaryDirectory(), "lock");
  /** Runs the worker in its own process namespace, after the shell commands `prepare`. */
  function start(prepare: string, ...args: readonly string[]): ChildProcess {
    // Not the last command, so that the shell, not Node, is the first process of the namespace.
    const command = [
      "-m",
      "-p",
      "-f",
      "sh",
      "-c",
      `${prepare} "$@"; exit`,
      "sh",
      process.execPath,
      script(),
      ...args,
    ];
    return spawn("unshare", command, { stdio: ["pipe", "pipe", "inherit"] });
  }
  async function run(prepare: string, ...args: readonly string[]): Promise<string> {
    const child = start(prepare, ...args);
    let said = "";
    child.stdout?.on("data", (data: Buffer) => {
      said += data.toString();
    });
    await new Promise((resolve) => child.once("close", resolve));
    return said.trim().replaceAll("\n", ", ");
  }

  const proc = [
    ["its own /proc", "mount -t proc none /proc;", true],
    ["the outer /proc", "", true],
    ["no /proc", "mount -t tmpfs none /proc;", false],
  ] as const;

  it.each(proc)("is not taken from a living holder in a namespace with %s", async (_name, prepare) => {
    expect(await run(prepare, newLock(), "200", "rival")).toBe("held, rival: LOCK_TIMEOUT, kept");
  });

  it.each(proc)(
    "is taken from a dead holder at once in a namespace with %s, if the death is visible",
    async (_name, prepare, canSee) => {
      expect(await run(prepare, newLock(), "200", "killed")).toBe(
        canSee ? "first: held, held, kept" : "first: held, LOCK_TIMEOUT",
      );
    },
  );

  it.each(proc)(
    "is not taken from a living holder from another namespace with %s",
    async (_name, prepare) => {
      const path = newLock();
      // Uses up numbers, so that the other namespace does not have the holder's number.
      const holder = start(`${prepare} for i in 1 2 3 4 5 6 7 8 9 10; do sh -c :; done;`, path, "200");
      expect(await firstLine(holder)).toBe("held");
      expect(await run(prepare, path, "200")).toBe("LOCK_TIMEOUT");
      const closed: Promise<string> = new Promise((resolve) =>
        holder.stdout?.once("data", (data: Buffer) => {
          resolve(data.toString());
        }),
      );
      holder.stdin?.end();
      expect(await closed).toBe("kept\n");
    },
  );

  it("is waited for and taken over after its release if it belongs to another user and may not be read", async () => {
    const directory = temporaryDirectory();
    const place = dirname(script());
    mkdirSync(join(directory, "shared"));
    for (const path of [directory, place, script()]) chmodSync(path, 0o755);
    chmodSync(join(directory, "shared"), 0o777);
    // Other users may not have access to root's own Node.
    const node = join(place, "node");
    copyFileSync(process.execPath, node);
    chmodSync(node, 0o755);
    const path = join(directory, "shared", "lock");
    const holder = spawn("sh", ["-c", 'umask 077; exec "$@"', "sh", node, script(), path, "200"], {
      stdio: ["pipe", "pipe", "inherit"],
      uid: 65_534,
      gid: 65_534,
      cwd: "/",
    });
    expect(await firstLine(holder)).toBe("held");
    const rival = (): string =>
      execFileSync(node, [script(), path, "200"], {
        uid: 65_533,
        gid: 65_533,
        cwd: "/",
        input: "",
        stdio: ["pipe", "pipe", "inherit"],
      }).toString();
    expect(rival()).toBe("LOCK_TIMEOUT\n");
    const closed = new Promise((resolve) => holder.once("close", resolve));
    holder.stdin.end();
    await closed;
    expect(rival()).toBe("held\nkept\n");
  });
});
