import { randomUUID } from "node:crypto";
import { readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { beforeEach, describe, expect, it } from "vitest";

import { nodeDisk, type Disk } from "../src/disk/disk.ts";
import { createRecord, isSame, readHolder, renewRecord } from "../src/lock/lock-record.ts";
import { acquireLock, type HeldLock, type LockOptions } from "../src/lock/lock.ts";
import { readProcessTable } from "../src/disk/process-identity.ts";
import { StaleWatch } from "../src/disk/stale-watch.ts";
import { listTree } from "./helpers.ts";

const machine = readProcessTable();
const busy = { code: "LOCK_TIMEOUT" };

/** The waiter's clock, which only the test advances. */
let clock: number;
let watch: StaleWatch;
let path: string;
beforeEach(() => {
  clock = 1_000_000;
  watch = new StaleWatch(() => clock);
  path = join(temporaryDirectory(), "lock");
});

function attempt(options: Partial<LockOptions> = {}, disk: Disk = nodeDisk): Promise<HeldLock> {
  return acquireLock(disk, path, { timeoutMs: 0, watch, processes: machine, ...options });
}

function recordOf(holder: object): string {
  return JSON.stringify({
    ...machine.self,
    pid: 4711,
    started: "99",
    instance: randomUUID(),
    nonce: randomUUID(),
    ...holder,
  });
}

/** Sets the time of a file relative to now, in milliseconds. */
function date(ms: number): void {
  const then = new Date(Date.now() + ms);
  utimesSync(path, then, then);
}

const YEAR_MS = 365 * 86_400_000;
const unknown: readonly (readonly [string, () => string])[] = [
  ["a holder on another host", () => recordOf({ host: "elsewhere" })],
  ["a holder with an unknown boot", () => recordOf({ boot: undefined })],
  ["a holder with unknown namespaces", () => recordOf({ namespaces: undefined })],
  ["a holder whose nonce is a path", () => recordOf({ nonce: "../../escape" })],
  ["a holder with an impossible process number", () => recordOf({ pid: 2 ** 40 })],
  ["a lock file with garbage", () => "\0garbage"],
  ["an empty lock file", () => ""],
];

// clause 32
describe("a lock holder that cannot be judged", () => {
  it.each(unknown)("is replaced after 30 s without a sign of life: %s", async (_name, text) => {
    writeFileSync(path, text());
    await expect(attempt()).rejects.toMatchObject(busy);
    clock += 29_999;
    await expect(attempt()).rejects.toMatchObject(busy);
    clock += 1;
    await (await attempt()).release();
    expect(listTree(join(path, ".."))).toEqual([]);
  });

  it.each([
    ["a year ahead", YEAR_MS],
    ["an hour ago", -3_600_000],
    ["in 1970", -Date.now()],
  ])("is watched for 30 s even if its file is dated %s", async (_name, ms) => {
    writeFileSync(path, recordOf({ host: "elsewhere" }));
    date(ms);
    await expect(attempt()).rejects.toMatchObject(busy);
    clock += 29_999;
    await expect(attempt()).rejects.toMatchObject(busy);
    clock += 1;
    await (await attempt()).release();
  });

  it("is never replaced while it gives signs of life, even if its file's dates do not change", async () => {
    const record = await createRecord(nodeDisk, path, {
      ...machine,
      self: { ...machine.self, host: "elsewhere" },
    });
    await nodeDisk.link(record.path, path);
    for (let i = 0; i < 20; i += 1) {
      await expect(attempt()).rejects.toMatchObject(busy);
      const { atime, mtime } = statSync(path);
      await renewRecord(nodeDisk, record);
      utimesSync(path, atime, mtime);
      clock += 29_000;
    }
    await nodeDisk.close(record.file);
  });

  it("is watched from the start again when another holder follows it", async () => {
    writeFileSync(path, recordOf({ host: "elsewhere" }));
    await expect(attempt()).rejects.toMatchObject(busy);
    clock += 20_000;
    writeFileSync(path, recordOf({ host: "elsewhere" }));
    await expect(attempt()).rejects.toMatchObject(busy);
    clock += 20_000;
    await expect(attempt()).rejects.toMatchObject(busy);
  });

  it("is never replaced when staleness is disabled", async () => {
    writeFileSync(path, recordOf({ host: "elsewhere" }));
    for (let i = 0; i < 3; i += 1) {
      await expect(attempt({ stealStale: false })).rejects.toMatchObject(busy);
      clock += 60_000;
    }
  });

  it("is not replaced if it gives a sign of life between the check and the claim", async () => {
    writeFileSync(path, recordOf({ host: "elsewhere" }));
    await expect(attempt()).rejects.toMatchObject(busy);
    clock += 30_000;
    const link: Disk["link"] = async (from, to) => {
      if (to.endsWith(".claim")) date(0);
      await nodeDisk.link(from, to);
    };
    await expect(attempt({}, { ...nodeDisk, link })).rejects.toMatchObject(busy);
    expect(listTree(join(path, ".."))).toEqual(["lock"]);
  });
});

describe("a lock holder whose record this user may not read", () => {
  const denied = (code: string): Disk => ({
    ...nodeDisk,
    open: (name, flags) =>
      name === path
        ? Promise.reject(Object.assign(new Error(`${code}: open`), { code, syscall: "open" }))
        : nodeDisk.open(name, flags),
  });

  it.each(["EACCES", "EPERM"])("is waited for, and its signs of life are noticed (%s)", async (code) => {
    const disk = denied(code);
    writeFileSync(path, recordOf({}));
    await expect(attempt({ timeoutMs: 20 }, disk)).rejects.toMatchObject(busy);
    clock += 20_000;
    date(1_000);
    await expect(attempt({}, disk)).rejects.toMatchObject(busy);
    clock += 20_000;
    await expect(attempt({}, disk)).rejects.toMatchObject(busy);
    clock += 10_000;
    await (await attempt({}, disk)).release();
  });

  it("does not hide that nothing can be created in the directory: the call fails with the system's error", async () => {
    const open: Disk["open"] = () =>
      Promise.reject(Object.assign(new Error("EACCES: open"), { code: "EACCES", syscall: "open" }));
    await expect(attempt({}, { ...nodeDisk, open })).rejects.toMatchObject({ code: "EACCES" });
  });
});

it("a lock's sign of life changes its content, keeps the record readable and its length the same", async () => {
  const record = await createRecord(nodeDisk, path, machine);
  const before = await readHolder(nodeDisk, record.path);
  const length = readFileSync(record.path).length;
  const { atime, mtime } = statSync(record.path);
  await renewRecord(nodeDisk, record);
  utimesSync(record.path, atime, mtime);
  const after = await readHolder(nodeDisk, record.path);
  expect(after?.holder).toEqual(before?.holder);
  expect(before !== undefined && isSame(after, before)).toBe(false);
  expect(readFileSync(record.path).length).toBe(length);
  await nodeDisk.close(record.file);
});

describe("the watch over lock holders", () => {
  it("counts from the first look, and from zero after a change", () => {
    expect(watch.unchangedMs("a", "1")).toBe(0);
    clock += 10;
    expect(watch.unchangedMs("a", "1")).toBe(10);
    expect(watch.unchangedMs("b", "1")).toBe(0);
    clock += 10;
    expect(watch.unchangedMs("a", "2")).toBe(0);
    expect(watch.unchangedMs("b", "1")).toBe(10);
    clock += 10;
    expect(watch.unchangedMs("a", "1")).toBe(0);
  });

  it("forgets the holder that was looked at longest ago instead of growing", () => {
    watch.unchangedMs("first", "1");
    watch.unchangedMs("second", "1");
    clock += 10;
    for (let i = 0; i < 999; i += 1) {
      watch.unchangedMs("first", "1");
      watch.unchangedMs(`other ${i}`, "1");
    }
    expect(watch.unchangedMs("first", "1")).toBe(10);
    expect(watch.unchangedMs("second", "1")).toBe(0);
  });
});
