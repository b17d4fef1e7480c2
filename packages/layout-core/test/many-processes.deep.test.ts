import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { freshLayout, pushArtifact, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { openLayout } from "../src/index.ts";
import { refNames } from "./helpers.ts";
import { bundledWorker, ended, start } from "./run-worker.ts";

describe("a shared layout", () => {
  const script = bundledWorker("push");

  // clause 26
  it("keeps every push of four concurrent processes, and never shows a reader a torn index", async () => {
    const directory = freshLayout();
    const running = ["a", "b", "c", "d"].map((name) => ended(start(script(), directory, name, "25")));
    const done = new AbortController();
    let torn = 0;
    const reading = (async () => {
      while (!done.signal.aborted) {
        try {
          JSON.parse(readFileSync(join(directory, "index.json"), "utf8"));
        } catch (error) {
          if (error instanceof SyntaxError) torn += 1;
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    expect(await Promise.all(running)).toEqual([0, 0, 0, 0]);
    done.abort();
    await reading;
    expect(torn).toBe(0);
    expect(refNames(directory)).toHaveLength(100);
  });

  it("is not blocked by a killed process, and what that process pushed is whole", async () => {
    const directory = freshLayout();
    for (let round = 0; round < 5; round += 1) {
      const child = start(script(), directory, `killed-${round}`, "100000");
      const pushed = (): number => {
        try {
          return refNames(directory).length;
        } catch {
          return 0;
        }
      };
      const before = pushed();
      const end = ended(child);
      while (pushed() < before + 3 + round) {
        expect(child.exitCode, "the process ends only when it is killed").toBeNull();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      child.kill("SIGKILL");
      expect(await end).toBe("SIGKILL");
      await using registry = await openLayout(directory, { lockTimeoutMs: 5_000 });
      await pushArtifact(registry, "a", `after-${round}`, [`after-${round}`]);
      for await (const tag of registry.tags("a")) await (await registry.getTag("a", tag)).bytes();
    }
  });

  // clause 25
  it.skipIf(!canTrace())(
    "is written, synced and renamed in the order that docs/durability.md states",
    async () => {
      const directory = freshLayout();
      const trace = join(temporaryDirectory(), "trace");
      const registry = await openLayout(directory);
      await pushArtifact(registry, "a", "first", ["first"]);
      await registry.close();
      execFileSync("strace", [
        "-f",
        "-y",
        "-e",
        "trace=fsync,rename,link,unlink",
        "-o",
        trace,
        process.execPath,
        script(),
        directory,
        "traced",
        "1",
      ]);
      const calls = readFileSync(trace, "utf8")
        .split("\n")
        .filter((line) => line.includes(directory) && !line.includes("unlink"));
      const steps = calls.map((line) => {
        const call = /(fsync|rename|link)\(/.exec(line)?.[1] ?? line;
        const paths = Array.from(
          line.matchAll(new RegExp(`${directory}([^>",]*)`, "g")),
          ([, path]) => path ?? "",
        );
        return `${call} ${paths.map(simplify).join(" ")}`;
      });
      expect(steps.slice(-9)).toEqual([
        // Every push of the worker begins with this blob. It is stored already, so it is verified and kept.
        "link RECORD LOCK",
        "fsync BLOB",
        // The bytes of the manifest are in place before the index names them.
        "fsync UPLOAD",
        "rename UPLOAD BLOB",
        "fsync /blobs/sha256",
        "link RECORD LOCK",
        // The index.
        "fsync INDEX-TEMPORARY",
        "rename INDEX-TEMPORARY /index.json",
        "fsync ",
      ]);
    },
  );
});

function simplify(path: string): string {
  return path
    .replace(/^\/_uploads\/.*/, "UPLOAD")
    .replace(/^\/blobs\/sha256\/.+/, "BLOB")
    .replace(/^\/\.index\.json\.lock\..*/, "RECORD")
    .replace(/^\/\.index\.json\.lock$/, "LOCK")
    .replace(/^\/\.index\.json\..*tmp$/, "INDEX-TEMPORARY");
}

/** Whether system calls can be traced here. If not, one test is skipped; CI requires it. */
function canTrace(): boolean {
  try {
    execFileSync("strace", ["-V"], { stdio: "ignore" });
    return true;
  } catch {
    if (process.env["OCILAYOUT_CI"] !== undefined && process.platform === "linux")
      throw new Error("strace is needed in CI");
    console.info("skipped: the order of system calls, because strace is not installed");
    return false;
  }
}
