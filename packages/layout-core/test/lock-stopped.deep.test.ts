import { spawn } from "node:child_process";
import { join } from "node:path";

import { collect } from "@ocilayout/oci-types";
import { freshLayout, pushArtifact } from "@ocilayout/testing";
import { expect, it } from "vitest";

import { openLayout } from "../src/index.ts";
import { bundledWorker, ended, firstLine } from "./run-worker.ts";

const script = bundledWorker("hold");

// clause 26
it.skipIf(process.platform === "win32")(
  "a process that is stopped while it holds the lock keeps it, and others wait until their timeout",
  async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory, { durability: "none", lockTimeoutMs: 300 });
    await pushArtifact(registry, "a", "one", ["v1"]);
    const holder = spawn(process.execPath, [script(), join(directory, ".index.json.lock"), "20000"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const end = ended(holder);
    expect(await firstLine(holder)).toBe("held");
    holder.kill("SIGSTOP");
    const pushes = ["v2", "v3"].map((tag) => pushArtifact(registry, "a", "two", [tag]));
    for (const outcome of await Promise.allSettled(pushes))
      expect(outcome).toMatchObject({
        status: "rejected",
        reason: { code: "LOCK_TIMEOUT", detail: { pid: holder.pid } },
      });
    holder.kill("SIGCONT");
    holder.stdin.end();
    expect(await end).toBe(0);
    await pushArtifact(registry, "a", "two", ["v2"]);
    expect(await collect(registry.tags("a"))).toEqual(["v1", "v2"]);
  },
);
