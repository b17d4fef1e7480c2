import { chownSync, existsSync, readdirSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";

import { blobPath, bytes, descriptorOf, freshLayout } from "@ocilayout/testing";
import { describe, expect, it, onTestFinished, vi } from "vitest";

import { nodeDisk, type Disk } from "../src/disk/disk.ts";
import { mountBetween, openLayout, type LayoutRegistry } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";

const HOUR_MS = 3_600_000;
const content = bytes("content");
const blob = descriptorOf(content);

function age(path: string): void {
  const then = new Date(Date.now() - 30 * HOUR_MS);
  utimesSync(path, then, then);
}

function openOn(changes: Partial<Disk> = {}, directory = freshLayout()): LayoutRegistry {
  return openLayoutOn({ ...nodeDisk, ...changes }, directory, { durability: "none" });
}

/** Returns a disk on which files with several names, or with one of these paths, belong to another user. */
function foreign(isForeign: (file: number) => Promise<boolean>): Partial<Disk> {
  return {
    touch: async (file, ms) => {
      if (await isForeign(file))
        throw Object.assign(new Error("EPERM"), { code: "EPERM", syscall: "futime" });
      return nodeDisk.touch(file, ms);
    },
  };
}

async function expectKept(registry: LayoutRegistry): Promise<void> {
  expect((await registry.gc()).removed).toEqual([]);
  expect(await (await registry.getBlob("a", blob.digest)).text()).toBe("content");
  expect(readdirSync(join(registry.directory, "_uploads")).filter((name) => name.endsWith(".blob"))).toEqual(
    [],
  );
}

// clause 10
describe("a blob put in place counts as written now", () => {
  it("if it is mounted from another layout, and it outlives its source", async () => {
    const [source, target] = [openOn(), openOn()];
    await source.pushBlob("a", blob, content);
    age(blobPath(source.directory, blob.digest));
    await mountBetween(source, target, blob.digest);
    await expectKept(target);
    await source.gc({ graceMs: 0 });
    await expectKept(target);
  });

  it("if it is mounted from another layout, and old in both", async () => {
    const [source, target] = [openOn(), openOn()];
    for (const registry of [source, target]) {
      await registry.pushBlob("a", blob, content);
      age(blobPath(registry.directory, blob.digest));
    }
    await mountBetween(source, target, blob.digest);
    await expectKept(target);
  });

  it("if it is mounted from another user's layout, by a copy, because the time of a link cannot be set", async () => {
    const source = openOn();
    const isLinked = async (file: number): Promise<boolean> => (await nodeDisk.fstat(file)).nlink > 1n;
    const target = openOn(foreign(isLinked));
    await source.pushBlob("a", blob, content);
    const path = blobPath(source.directory, blob.digest);
    age(path);
    await mountBetween(source, target, blob.digest);
    await expectKept(target);
    expect(statSync(path).nlink).toBe(1);
    expect(Date.now() - statSync(path).mtimeMs).toBeGreaterThan(HOUR_MS);
  });

  it("if it belongs to another user and is mounted again, by a copy", async () => {
    const directory = freshLayout();
    await openOn({}, directory).pushBlob("a", blob, content);
    const path = blobPath(directory, blob.digest);
    age(path);
    const { ino } = statSync(path, { bigint: true });
    const registry = openOn(
      foreign(async (file) => (await nodeDisk.fstat(file)).ino === ino),
      directory,
    );
    await registry.mountBlob("a", "b", blob.digest);
    expect(statSync(path, { bigint: true }).ino).not.toBe(ino);
    await expectKept(registry);
  });

  it("if it is an upload whose last byte is older than the grace period", async () => {
    const registry = openOn();
    const writer = await registry.pushBlobChunked("a");
    await writer.write(content);
    age(join(registry.directory, "_uploads", writer.id, "data"));
    await writer.commit(blob.digest);
    await expectKept(registry);
  });

  it("if it is an upload of another user, by a copy", async () => {
    const directory = freshLayout();
    const other = openOn({}, directory);
    const begun = await other.pushBlobChunked("a");
    await begun.write(content);
    await begun.close();
    const data = join(directory, "_uploads", begun.id, "data");
    const { ino } = statSync(data, { bigint: true });
    const registry = openOn(
      foreign(async (file) => (await nodeDisk.fstat(file)).ino === ino),
      directory,
    );
    const writer = await registry.pushBlobChunkedResume("a", begun.id);
    age(data);
    await writer.commit(blob.digest);
    await expectKept(registry);
    expect(existsSync(data)).toBe(false);
  });

  it("if it waited long between its last byte and its name", async () => {
    const directory = freshLayout();
    // Meanwhile the operation waits for the lock of a new layout.
    const link: Disk["link"] = async (from, to) => {
      for (const name of readdirSync(join(directory, "_uploads"))) age(join(directory, "_uploads", name));
      waitedMs = 30 * HOUR_MS;
      return nodeDisk.link(from, to);
    };
    let waitedMs = 0;
    const now = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => now() + waitedMs);
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    const registry = openOn({ link }, directory);
    await registry.pushBlob("a", blob, content);
    await expectKept(registry);
  });

  it.skipIf(process.getuid?.() !== 0)(
    "if it belongs to another user and the process runs as root",
    async () => {
      const registry = await openLayout(freshLayout(), { durability: "none" });
      await registry.pushBlob("a", blob, content);
      const path = blobPath(registry.directory, blob.digest);
      chownSync(path, 65_534, 65_534);
      age(path);
      await registry.mountBlob("a", "b", blob.digest);
      await expectKept(registry);
    },
  );
});
