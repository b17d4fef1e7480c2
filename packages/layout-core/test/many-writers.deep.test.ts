import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { collect } from "@ocilayout/oci-types";
import { artifact, freshLayout, pushArtifact } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { nodeDisk, type Disk } from "../src/disk/disk.ts";
import { acquireLock } from "../src/lock/lock.ts";
import { openLayout } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";
import { haveTornWait, listTree, readIndex } from "./helpers.ts";

// clause 26
describe("several instances of one layout", () => {
  // clause 26
  it("see each other's writes at their next call, and lose none", async () => {
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

  // clause 26
  it("write into what another instance created, even if they opened the layout when it was empty", async () => {
    const directory = freshLayout();
    await using a = await openLayout(directory);
    await expect(a.resolveTag("x", "v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    await using b = await openLayout(directory);
    await pushArtifact(b, "x", "one", ["v1"]);
    await pushArtifact(a, "x", "two", ["v2"]);
    expect(await collect(b.tags("x"))).toEqual(["v1", "v2"]);
  });

  // clause 26
  it("keep every one of their concurrent pushes", async () => {
    const directory = freshLayout();
    const instances = await Promise.all(
      Array.from({ length: 8 }, () => openLayout(directory, { durability: "none" })),
    );
    await Promise.all(
      instances.flatMap((registry, i) =>
        Array.from({ length: 10 }, (_, j) => pushArtifact(registry, "x", `${i}-${j}`, [`${i}-${j}`])),
      ),
    );
    await using reader = await openLayout(directory);
    expect(await collect(reader.tags("x"))).toHaveLength(80);
    for (const registry of instances) await registry.close();
    expect(listTree(directory).filter((path) => !/^(blobs\/|_uploads\/.)/.test(path))).toEqual([
      "_uploads/",
      "index.json",
      "oci-layout",
    ]);
    expect(listTree(join(directory, "_uploads")).filter((name) => !name.startsWith("reserve-"))).toEqual([]);
  });
});

describe("a writer that takes no lock", () => {
  it("has its index.json seen, written in place or renamed", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    const manifest = await pushArtifact(registry, "x", "one", ["v1"]);
    const index = readIndex(directory);
    for (const [tag, write] of [
      [
        "v2",
        (text: string) => {
          writeFileSync(join(directory, "index.json"), text);
        },
      ],
      [
        "v3",
        (text: string) => {
          writeFileSync(join(directory, "other"), text);
          renameSync(join(directory, "other"), join(directory, "index.json"));
        },
      ],
    ] as const) {
      index.manifests.push({ ...manifest, annotations: { "org.opencontainers.image.ref.name": `x:${tag}` } });
      write(JSON.stringify(index));
      expect(await registry.resolveTag("x", tag)).toEqual(manifest);
    }
    await pushArtifact(registry, "x", "two", ["v4"]);
    expect(await collect(registry.tags("x"))).toEqual(["v1", "v2", "v3", "v4"]);
  });

  it.each(["index.json", "oci-layout"])("is waited for while it writes %s in place", async (name) => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    await pushArtifact(registry, "x", "one", ["v1"]);
    haveTornWait(20_000);
    const path = join(directory, name);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.slice(0, 10));
    await using other = await openLayout(directory);
    const listing = collect(other.tags("x"));
    setTimeout(() => {
      writeFileSync(path, text);
    }, 100);
    expect(await listing).toEqual(["v1"]);
  });
});

describe("changes that wait for the lock together", () => {
  /** Returns a disk that counts how often the index is replaced. */
  function counting(): { disk: Disk; writes: () => number } {
    let writes = 0;
    const rename: Disk["rename"] = async (from, to) => {
      if (to.endsWith("index.json")) writes += 1;
      return nodeDisk.rename(from, to);
    };
    return { disk: { ...nodeDisk, rename }, writes: () => writes };
  }

  // clause 26
  it("are written together, and seen by all", async () => {
    const directory = freshLayout();
    const { disk, writes } = counting();
    await using registry = openLayoutOn(disk, directory, { durability: "none" });
    await pushArtifact(registry, "x", "first", ["first"]);
    const before = writes();
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => pushArtifact(registry, "x", String(i), [`t${i}`])),
    );
    expect(writes() - before).toBeLessThan(20);
    await using other = await openLayout(directory);
    expect(await collect(other.tags("x"))).toHaveLength(101);
  });

  it("have their own outcomes: one whose precondition fails is left out, and later ones see earlier ones", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    const one = await pushArtifact(registry, "x", "one", ["v"]);
    const push = (name: string, condition: object): Promise<unknown> =>
      registry.pushManifest("x", artifact(name), "application/vnd.oci.image.manifest.v1+json", {
        tags: ["v"],
        ...condition,
      });
    const results = await Promise.allSettled([
      push("two", { ifMatch: one.digest }),
      push("three", { ifMatch: one.digest }),
      registry.deleteTag("x", "nosuch"),
      registry.deleteTag("x", "v"),
      push("four", { ifNoneMatch: "*" }),
    ]);
    expect(results[2]).toMatchObject({ status: "rejected", reason: { code: "MANIFEST_UNKNOWN" } });
    // Any order is valid: one of two equal pushes may find the result of the other.
    expect(results.slice(0, 2).filter(({ status }) => status === "fulfilled").length).toBeLessThan(2);
    expect(results[3]).toMatchObject({ status: "fulfilled" });
    expect(await collect(registry.tags("x"))).toEqual(results[4].status === "fulfilled" ? ["v"] : []);
  });

  it("leave nothing if they are aborted, and the others continue", async () => {
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

  it("time out together if the lock is not released, and report its holder", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory, { lockTimeoutMs: 50 });
    await pushArtifact(registry, "x", "first", ["first"]);
    const lock = await acquireLock(nodeDisk, join(directory, ".index.json.lock"), { timeoutMs: 1_000 });
    const results = await Promise.allSettled([registry.deleteTag("x", "first"), registry.gc()]);
    for (const result of results)
      expect(result).toMatchObject({ reason: { code: "LOCK_TIMEOUT", detail: { pid: process.pid } } });
    expect(await collect(registry.tags("x"))).toEqual(["first"]);
    await lock.release();
    await registry.deleteTag("x", "first");
  });
});
