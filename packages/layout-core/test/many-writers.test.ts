import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { collect } from "@ocilayout/oci-types";
import { beforeAll, describe, expect, it } from "vitest";

import { openLayout } from "../src/index.ts";
import { freshLayout, listTree, pushArtifact, readIndex, refNames, temporaryDirectory } from "./helpers.ts";
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
      while (pushed() < before + 3 + round) await new Promise((resolve) => setTimeout(resolve, 5));
      const end = ended(child);
      child.kill("SIGKILL");
      expect(await end).toBe("SIGKILL");
      await using registry = await openLayout(directory, { lockTimeoutMs: 5_000 });
      await pushArtifact(registry, "a", `after-${round}`, [`after-${round}`]);
      for await (const tag of registry.tags("a")) await (await registry.getTag("a", tag)).bytes();
    }
  });

  it.skipIf(!canTrace())("clause durability: a push writes, syncs and renames in the documented order", async () => {
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
