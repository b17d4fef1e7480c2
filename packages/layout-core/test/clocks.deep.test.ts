import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { collect } from "@ocilayout/oci-types";
import {
  blobPath,
  bytes,
  descriptorOf,
  freshLayout,
  pushArtifact,
  temporaryDirectory,
} from "@ocilayout/testing";
import { afterEach, describe, expect, it, vi } from "vitest";

import { nodeDisk, type Disk } from "../src/disk/disk.ts";
import { FileClock } from "../src/disk/file-clock.ts";
import { layoutPaths, torn } from "../src/disk/layout-files.ts";
import { readProcessTable } from "../src/disk/process-identity.ts";
import { isReserve } from "../src/lock/reserve.ts";
import { openLayout, type LayoutRegistry } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";
import { haveTornWait } from "./helpers.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const blob = descriptorOf(bytes("content"));

afterEach(() => {
  vi.useRealTimers();
});

/** Sets the clock of this process. The clock of the kernel, which dates files, stays. */
function setClock(ms: number): void {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(Date.now() + ms);
}

async function open(): Promise<LayoutRegistry> {
  const registry = await openLayout(freshLayout());
  await pushArtifact(registry, "a", "image", ["v1"]);
  return registry;
}

/** Sets the time of a file relative to now, in milliseconds, by the real clock. */
function date(path: string, ms: number): void {
  const then = new Date(Date.now() + ms);
  utimesSync(path, then, then);
}

// clause 32
describe("a process whose clock is", () => {
  it.each([
    ["25 hours ahead", 25 * HOUR_MS],
    ["a year behind", -365 * DAY_MS],
  ])("%s keeps a blob pushed a moment ago in gc, and removes an old one", async (_name, ms) => {
    const registry = await open();
    const old = descriptorOf(bytes("old"));
    for (const [it, text] of [
      [blob, "content"],
      [old, "old"],
    ] as const)
      await registry.pushBlob("a", it, bytes(text));
    date(blobPath(registry.directory, old.digest), -25 * HOUR_MS);
    setClock(ms);
    expect(await registry.gc()).toMatchObject({ removed: [old.digest] });
  });

  it.each([
    ["25 hours ahead", 25 * HOUR_MS],
    ["a year behind", -365 * DAY_MS],
  ])("%s continues an upload written to a moment ago, and rejects an expired one", async (_name, ms) => {
    const registry = await open();
    const [young, old] = [await registry.pushBlobChunked("a"), await registry.pushBlobChunked("a")];
    for (const writer of [young, old]) await writer.close();
    date(join(registry.directory, "_uploads", old.id, "data"), -25 * HOUR_MS);
    setClock(ms);
    const other = await openLayout(registry.directory);
    await (await other.pushBlobChunked("b")).cancel();
    await expect
      .poll(() => readdirSync(join(registry.directory, "_uploads")).filter((name) => !isReserve(name)))
      .toEqual([young.id]);
    await (await other.pushBlobChunkedResume("a", young.id)).close();
    expect(await other.resolveUpload("a", young.id)).toMatchObject({ id: young.id });
    await expect(other.resolveUpload("a", old.id)).rejects.toMatchObject({ code: "BLOB_UPLOAD_UNKNOWN" });
    expect(await other.gc()).toMatchObject({ uploads: 0 });
  });

  it.each([
    ["25 hours ahead", 25 * HOUR_MS],
    ["25 hours behind", -25 * HOUR_MS],
  ])("%s dates a blob that is pushed or mounted again by the kernel's clock", async (_name, ms) => {
    const registry = await open();
    await registry.pushBlob("a", blob, bytes("content"));
    const path = blobPath(registry.directory, blob.digest);
    for (const again of [
      () => registry.pushBlob("a", blob, bytes("content")),
      () => registry.mountBlob("a", "b", blob.digest),
    ]) {
      date(path, -HOUR_MS);
      const before = Date.now();
      setClock(ms);
      await again();
      vi.useRealTimers();
      expect(Math.abs(statSync(path).mtimeMs - before)).toBeLessThan(60_000);
    }
  });
});

describe("a file that another program is writing in place", () => {
  it.each([
    ["index.json", HOUR_MS],
    ["index.json", -HOUR_MS],
    ["oci-layout", HOUR_MS],
    ["oci-layout", -HOUR_MS],
  ])("is waited for, whatever the time of this process's clock: %s, %d ms", async (name, ms) => {
    haveTornWait(20_000);
    const registry = await open();
    const path = join(registry.directory, name);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.slice(0, -1));
    setClock(ms);
    const reading = (await openLayout(registry.directory)).resolveTag("a", "v1");
    setTimeout(() => {
      writeFileSync(path, text);
    }, 200);
    expect(await reading).toMatchObject({ digest: expect.stringContaining("sha256:") as unknown });
  });

  it("counts as damaged if it stays unchanged long enough, and is not waited for again", async () => {
    const registry = await open();
    writeFileSync(join(registry.directory, "index.json"), "{");
    await expect(openLayout(registry.directory).then((it) => it.resolveTag("a", "v1"))).rejects.toMatchObject(
      { code: "LAYOUT_INVALID" },
    );
    const timers = vi.spyOn(globalThis, "setTimeout");
    await expect(registry.resolveTag("a", "v1")).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    expect(timers.mock.calls.filter(([, ms]) => ms === torn.retryMs)).toEqual([]);
    timers.mockRestore();
  });
});

// clause 32
describe("a file dated in the future", () => {
  it("counts as just written, so gc keeps it unless graceMs is 0", async () => {
    const registry = await open();
    await registry.pushBlob("a", blob, bytes("content"));
    date(blobPath(registry.directory, blob.digest), 365 * DAY_MS);
    expect(await registry.gc()).toMatchObject({ removed: [] });
    expect(await registry.gc({ graceMs: 0 })).toMatchObject({ removed: [blob.digest] });
  });

  it("does not get an older date when it is renewed", async () => {
    const registry = await open();
    await registry.pushBlob("a", blob, bytes("content"));
    const path = blobPath(registry.directory, blob.digest);
    date(path, DAY_MS);
    const { mtimeMs } = statSync(path);
    await registry.pushBlob("a", blob, bytes("content"));
    expect(statSync(path).mtimeMs).toBeCloseTo(mtimeMs, 0);
  });
});

describe("an expired upload whose lock holder cannot be judged", () => {
  const { self } = readProcessTable();
  const elsewhere = JSON.stringify({ ...self, host: "elsewhere", instance: "other", nonce: "abc" });

  it.each([
    [25 * HOUR_MS, 1],
    [HOUR_MS, 0],
  ])("whose lock was written %d ms ago: one gc removes %d uploads", async (ageMs, uploads) => {
    const registry = await open();
    const writer = await registry.pushBlobChunked("a");
    await writer.close();
    const session = join(registry.directory, "_uploads", writer.id);
    writeFileSync(join(session, "lock"), elsewhere);
    date(join(session, "lock"), -ageMs);
    date(join(session, "data"), -25 * HOUR_MS);
    expect(await registry.gc()).toMatchObject({ uploads });
    expect(existsSync(session)).toBe(uploads === 0);
  });
});

describe("the clock of a layout's files", () => {
  /** Returns a disk that counts created files. `open` may be replaced. */
  function counting(replaced: Partial<Disk> = {}): { disk: Disk; made: () => number } {
    let made = 0;
    const disk: Disk = {
      ...nodeDisk,
      open: (path, flags) => {
        if (typeof flags === "string" && flags.startsWith("w")) made += 1;
        return (replaced.open ?? nodeDisk.open)(path, flags);
      },
    };
    return { disk, made: () => made };
  }
  const failing = (code: string): Partial<Disk> => ({
    open: () => Promise.reject(Object.assign(new Error(code), { code, syscall: "open" })),
  });

  it("is read at most once a second, however many callers ask, and leaves no file", async () => {
    const { disk, made } = counting();
    const directory = temporaryDirectory();
    const clock = new FileClock(disk, layoutPaths(directory), { readOnly: false });
    const times = await Promise.all(Array.from({ length: 10 }, () => clock.now()));
    times.push(await clock.now());
    for (const ms of times) expect(Math.abs(ms - Date.now())).toBeLessThan(60_000);
    expect(made()).toBe(1);
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each(["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM"])(
    "falls back to the directory's last change if no file can be created (%s)",
    async (code) => {
      const directory = temporaryDirectory();
      date(directory, -DAY_MS);
      const clock = new FileClock(counting(failing(code)).disk, layoutPaths(directory), { readOnly: false });
      expect(await clock.now()).toBeCloseTo(statSync(directory).mtimeMs, 1);
    },
  );

  it("passes on any other error, and tries again at the next call", async () => {
    const directory = temporaryDirectory();
    const { disk } = counting(failing("EMFILE"));
    const clock = new FileClock(disk, layoutPaths(directory), { readOnly: false });
    await expect(clock.now()).rejects.toMatchObject({ code: "EMFILE" });
    disk.open = nodeDisk.open;
    expect(Math.abs((await clock.now()) - Date.now())).toBeLessThan(60_000);
  });

  it("falls back to the process's clock if the directory is missing", async () => {
    const directory = temporaryDirectory();
    rmSync(directory, { recursive: true });
    const clock = new FileClock(nodeDisk, layoutPaths(directory), { readOnly: false });
    expect(Math.abs((await clock.now()) - Date.now())).toBeLessThan(60_000);
  });

  it("is read without creating a file by a dry run, by verify and by a read-only registry", async () => {
    const { directory } = await open();
    const { disk, made } = counting();
    const registry = openLayoutOn(disk, directory);
    const writer = await (await openLayout(directory)).pushBlobChunked("a");
    await registry.gc({ dryRun: true });
    await collect(registry.verify());
    await openLayoutOn(disk, directory, { readOnly: true }).resolveUpload("a", writer.id);
    expect(made()).toBe(0);
    await writer.cancel();
  });
});
