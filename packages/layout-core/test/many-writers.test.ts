import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { collect } from "@ocilayout/oci-types";
import { beforeAll, describe, expect, it } from "vitest";

import { nodeDisk, type Disk } from "../src/fs/disk.ts";
import { acquireLock } from "../src/fs/lock.ts";
import { openLayout } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";
import { artifact, freshLayout, listTree, pushArtifact, readIndex, refNames, temporaryDirectory } from "./helpers.ts";
import { bundleWorker, ended, start } from "./run-worker.ts";

describe("clause 26: two instances", () => {
  it("D01, D02: each sees at its next call what the other wrote, and neither loses anything", async () => {
    const directory = freshLayout();
    await using a = await openLayout(directory);
    await using b = await openLayout(directory);
    expect(await collect(a.repositories())).toEqual([]);
    await pushArtifact(b, "x", "one", ["b"]);
    await pushArtifact(a, "x", "two", ["a"]);
    for (const registry of [a, b]) expect(await collect(registry.tags("x"))).toEqual(["a", "b"]);
    await pushArtifact(b, "x", "three", ["a"]);
    expect(await a.resolveTag("x", "a")).toEqual(await b.resolveTag("x", "a"));
  });

  it("D23: one that read an empty layout writes into what another made of it", async () => {
    const directory = freshLayout();
    await using a = await openLayout(directory);
    await expect(a.resolveTag("x", "v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    await using b = await openLayout(directory);
    await pushArtifact(b, "x", "one", ["v1"]);
    await pushArtifact(a, "x", "two", ["v2"]);
    expect(await collect(b.tags("x"))).toEqual(["v1", "v2"]);
  });

  it("D05: eight instances pushing at once keep every push", async () => {
    const directory = freshLayout();
    const instances = await Promise.all(Array.from({ length: 8 }, () => openLayout(directory, { durability: "none" })));
    await Promise.all(
      instances.flatMap((registry, i) => Array.from({ length: 10 }, (_, j) => pushArtifact(registry, "x", `${i}-${j}`, [`${i}-${j}`]))),
    );
    await using reader = await openLayout(directory);
    expect(await collect(reader.tags("x"))).toHaveLength(80);
    for (const registry of instances) await registry.close();
    expect(listTree(directory).filter((path) => !path.startsWith("blobs/"))).toEqual(["_uploads/", "index.json", "oci-layout"]);
  });
});

describe("writers that take no lock", () => {
  it("what they put in the place of the index is seen, in place or by a rename", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    const manifest = await pushArtifact(registry, "x", "one", ["v1"]);
    const index = readIndex(directory);
    for (const [tag, write] of [
      ["v2", (text: string) => { writeFileSync(join(directory, "index.json"), text); }],
      ["v3", (text: string) => { writeFileSync(join(directory, "other"), text); renameSync(join(directory, "other"), join(directory, "index.json")); }],
    ] as const) {
      index.manifests.push({ ...manifest, annotations: { "org.opencontainers.image.ref.name": `x:${tag}` } });
      write(JSON.stringify(index));
      expect(await registry.resolveTag("x", tag)).toEqual(manifest);
    }
    await pushArtifact(registry, "x", "two", ["v4"]);
    expect(await collect(registry.tags("x"))).toEqual(["v1", "v2", "v3", "v4"]);
  });

  it.each(["index.json", "oci-layout"])("one that is just writing %s in place is waited for", async (name) => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    await pushArtifact(registry, "x", "one", ["v1"]);
    const path = join(directory, name);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.slice(0, 10));
    await using other = await openLayout(directory);
    const listing = collect(other.tags("x"));
    setTimeout(() => { writeFileSync(path, text); }, 100);
    expect(await listing).toEqual(["v1"]);
  });
});

describe("changes that wait at the same moment", () => {
  /** A disk that counts how often the index is replaced. */
  function counting(): { disk: Disk; writes: () => number } {
    let writes = 0;
    const rename: Disk["rename"] = async (from, to) => {
      if (to.endsWith("index.json")) writes += 1;
      return nodeDisk.rename(from, to);
    };
    return { disk: { ...nodeDisk, rename }, writes: () => writes };
  }

  it("D72: are written together, and seen by all", async () => {
    const directory = freshLayout();
    const { disk, writes } = counting();
    await using registry = openLayoutOn(disk, directory, { durability: "none" });
    await pushArtifact(registry, "x", "first", ["first"]);
    const before = writes();
    await Promise.all(Array.from({ length: 100 }, (_, i) => pushArtifact(registry, "x", String(i), [`t${i}`])));
    expect(writes() - before).toBeLessThan(20);
    await using other = await openLayout(directory);
    expect(await collect(other.tags("x"))).toHaveLength(101);
  });

  it("have each its own outcome: one whose precondition fails is left out, and the next sees what the one before did", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    const one = await pushArtifact(registry, "x", "one", ["v"]);
    const push = (name: string, condition: object): Promise<unknown> =>
      registry.pushManifest("x", artifact(name), "application/vnd.oci.image.manifest.v1+json", { tags: ["v"], ...condition });
    const results = await Promise.allSettled([
      push("two", { ifMatch: one.digest }),
      push("three", { ifMatch: one.digest }),
      registry.deleteTag("x", "nosuch"),
      registry.deleteTag("x", "v"),
      push("four", { ifNoneMatch: "*" }),
    ]);
    expect(results[2]).toMatchObject({ status: "rejected", reason: { code: "MANIFEST_UNKNOWN" } });
    // In whatever order they were made: of two that want the same to be there one can have found it.
    expect(results.slice(0, 2).filter(({ status }) => status === "fulfilled").length).toBeLessThan(2);
    expect(results[3]).toMatchObject({ status: "fulfilled" });
    expect(await collect(registry.tags("x"))).toEqual(results[4].status === "fulfilled" ? ["v"] : []);
  });

  it("that are aborted while they wait for the lock leave nothing, and the others go on", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory, { lockTimeoutMs: 20_000 });
    await pushArtifact(registry, "x", "first", ["first"]);
    const lock = await acquireLock(nodeDisk, join(directory, ".index.json.lock"), { timeoutMs: 1_000 });
    const controller = new AbortController();
    const aborted = registry.deleteTag("x", "first", { signal: controller.signal });
    const waiting = pushArtifact(registry, "x", "second", ["second"]);
    controller.abort("enough");
    await expect(aborted).rejects.toBe("enough");
    await lock.release();
    await waiting;
    expect(await collect(registry.tags("x"))).toEqual(["first", "second"]);
  });

  it("time out together where the lock is not to be had, and say who has it", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory, { lockTimeoutMs: 50 });
    await pushArtifact(registry, "x", "first", ["first"]);
    const lock = await acquireLock(nodeDisk, join(directory, ".index.json.lock"), { timeoutMs: 1_000 });
    const results = await Promise.allSettled([registry.deleteTag("x", "first"), registry.gc()]);
    for (const result of results) expect(result).toMatchObject({ reason: { code: "LOCK_TIMEOUT", detail: { pid: process.pid } } });
    expect(await collect(registry.tags("x"))).toEqual(["first"]);
    await lock.release();
    await registry.deleteTag("x", "first");
  });
});

describe("processes", () => {
  let script: string;
  const built = mkdtempSync(join(tmpdir(), "layout-core-"));
  beforeAll(async () => {
    script = await bundleWorker("push", built);
    return () => { rmSync(built, { recursive: true }); };
  });

  it("D05: four that push at once keep every push, and a reader never sees a torn index", async () => {
    const directory = freshLayout();
    const running = ["a", "b", "c", "d"].map((name) => ended(start(script, directory, name, "25")));
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

  it("one that was killed holds up nobody, and what it pushed is whole", async () => {
    const directory = freshLayout();
    for (let round = 0; round < 5; round += 1) {
      const child = start(script, directory, `killed-${round}`, "100000");
      const pushed = (): number => { try { return refNames(directory).length; } catch { return 0; } };
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

  it.skipIf(!canTrace())("D07: a push writes, syncs and renames in the order that docs/durability.md tells", async () => {
    const directory = freshLayout();
    const trace = join(temporaryDirectory(), "trace");
    const registry = await openLayout(directory);
    await pushArtifact(registry, "a", "first", ["first"]);
    await registry.close();
    execFileSync("strace", ["-f", "-y", "-e", "trace=fsync,rename,link,unlink", "-o", trace, process.execPath, script, directory, "traced", "1"]);
    const calls = readFileSync(trace, "utf8").split("\n").filter((line) => line.includes(directory) && !line.includes("unlink"));
    const steps = calls.map((line) => {
      const call = /(fsync|rename|link)\(/.exec(line)?.[1] ?? line;
      const paths = Array.from(line.matchAll(new RegExp(`${directory}([^>",]*)`, "g")), ([, path]) => path ?? "");
      return `${call} ${paths.map(simplify).join(" ")}`;
    });
    expect(steps.slice(-10)).toEqual([
      // The blob, which every push of the worker begins with, is stored already: it is verified, and kept.
      "fsync UPLOAD",
      "link RECORD LOCK",
      "fsync BLOB",
      // The manifest's bytes, in place before the index names them.
      "fsync UPLOAD",
      "rename UPLOAD BLOB",
      "fsync /blobs/sha256",
      "link RECORD LOCK",
      // The index.
      "fsync INDEX-TEMPORARY",
      "rename INDEX-TEMPORARY /index.json",
      "fsync ",
    ]);
  });
});

function simplify(path: string): string {
  return path
    .replace(/^\/_uploads\/.*/, "UPLOAD")
    .replace(/^\/blobs\/sha256\/.+/, "BLOB")
    .replace(/^\/\.index\.json\.lock\..*/, "RECORD")
    .replace(/^\/\.index\.json\.lock$/, "LOCK")
    .replace(/^\/\.index\.json\..*tmp$/, "INDEX-TEMPORARY");
}

/** Whether system calls can be watched here; where not, one test is skipped. CI insists. */
function canTrace(): boolean {
  try {
    execFileSync("strace", ["-V"], { stdio: "ignore" });
    return true;
  } catch {
    if (process.env["OCILAYOUT_CI"] !== undefined && process.platform === "linux") throw new Error("strace is needed in CI");
    console.info("skipped: the order of system calls, because strace is not installed");
    return false;
  }
}
