import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { rejection, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { nodeDisk, type Disk } from "../src/disk/disk.ts";
import { acquireLock } from "../src/lock/lock.ts";
import { readProcessTable, type Holder, type ProcessTable } from "../src/disk/process-identity.ts";
import { listTree } from "./helpers.ts";

const machine = readProcessTable();

/** This machine as another of its processes sees it, with the other processes that `living` lists. */
function otherProcess(living: Readonly<Record<number, string | undefined>> = {}): ProcessTable {
  return {
    self: { ...machine.self, instance: randomUUID(), pid: 1_000_001, started: "1" },
    exists: (pid) => pid in living,
    started: (pid) => living[pid],
  };
}

/** Creates a lock that `holder` left behind. */
function leave(holder: Partial<Holder>, path = join(temporaryDirectory(), "lock")): string {
  const record = {
    ...machine.self,
    pid: 4711,
    started: "99",
    instance: randomUUID(),
    nonce: randomUUID(),
    ...holder,
  };
  writeFileSync(path, JSON.stringify(record));
  return path;
}

async function takeAndLetGo(path: string, processes: ProcessTable, timeoutMs = 200): Promise<void> {
  const lock = await acquireLock(nodeDisk, path, { timeoutMs, processes });
  expect(lock.isOurs()).toBe(true);
  await lock.release();
  expect(lock.isOurs()).toBe(false);
}

describe("the lock", () => {
  it("is complete from the moment it exists, and leaves no other file", async () => {
    const directory = temporaryDirectory();
    const path = join(directory, "lock");
    const lock = await acquireLock(nodeDisk, path, { timeoutMs: 100 });
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({
      pid: process.pid,
      host: machine.self.host,
    });
    expect(listTree(directory)).toEqual(["lock"]);
    await lock.release();
    expect(listTree(directory)).toEqual([]);
  });

  it("has one holder at a time", async () => {
    const path = join(temporaryDirectory(), "lock");
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 30 }, async () => {
        const lock = await acquireLock(nodeDisk, path, { timeoutMs: 20_000 });
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((resolve) => setImmediate(resolve));
        expect(lock.isOurs()).toBe(true);
        inside -= 1;
        await lock.release();
      }),
    );
    expect(most).toBe(1);
    expect(listTree(join(path, ".."))).toEqual([]);
  });

  it("fails with LOCK_TIMEOUT after its timeout, and names the holder in detail, not in the message", async () => {
    const path = leave({});
    const error = (await rejection(
      acquireLock(nodeDisk, path, { timeoutMs: 30, processes: otherProcess({ 4711: "99" }) }),
    )) as Error;
    expect(error).toMatchObject({ code: "LOCK_TIMEOUT", detail: { host: machine.self.host, pid: 4711 } });
    expect(error.message).not.toContain("4711");
    expect(listTree(join(path, ".."))).toEqual(["lock"]);
  });

  it("stops waiting when the signal aborts", async () => {
    const path = leave({});
    const controller = new AbortController();
    const waiting = acquireLock(nodeDisk, path, {
      timeoutMs: 60_000,
      signal: controller.signal,
      processes: otherProcess({ 4711: "99" }),
    });
    setTimeout(() => {
      controller.abort();
    }, 20);
    expect(await rejection(waiting)).toBe(controller.signal.reason);
    expect(listTree(join(path, ".."))).toEqual(["lock"]);
  });
});

describe("a dead lock holder", () => {
  it.each<[string, Partial<Holder>, Record<number, string | undefined>]>([
    ["the process does not exist", {}, {}],
    ["its number belongs to a process that started at another time", {}, { 4711: "100" }],
  ])("is replaced at once: %s", async (_name, holder, living) => {
    const path = leave(holder);
    await takeAndLetGo(path, otherProcess(living), 0);
    expect(listTree(join(path, ".."))).toEqual([]);
  });

  it("is replaced if it was this same module", async () => {
    await takeAndLetGo(leave({ instance: machine.self.instance, pid: process.pid }), machine, 0);
  });

  it("is replaced by one process when many wait", async () => {
    const path = leave({});
    let inside = 0;
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const lock = await acquireLock(nodeDisk, path, {
          timeoutMs: 20_000,
          processes: otherProcess({ 1_000_001: "1" }),
        });
        inside += 1;
        expect(inside).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
        await lock.release();
      }),
    );
    expect(listTree(join(path, ".."))).toEqual([]);
  });

  it("does not send a waiter in circles when claims refer to each other", async () => {
    const path = leave({ nonce: "a" });
    leave({ nonce: "a" }, `${path}.a.claim`);
    await expect(
      acquireLock(nodeDisk, path, { timeoutMs: 30, processes: otherProcess() }),
    ).rejects.toMatchObject({ code: "LOCK_TIMEOUT" });
    expect(listTree(join(path, ".."))).toEqual(["lock", "lock.a.claim"]);
  });

  it("is replaced even if one process died while taking over from it, and another while taking over from that one", async () => {
    const path = leave({ nonce: "a" });
    leave({ nonce: "b" }, `${path}.a.claim`);
    leave({ nonce: "c" }, `${path}.b.claim`);
    await takeAndLetGo(path, otherProcess(), 0);
    expect(existsSync(path)).toBe(false);
  });
});

describe("a lock holder that may be alive", () => {
  it.each<[string, Partial<Holder>, Record<number, string | undefined>]>([
    ["it is alive", {}, { 4711: "99" }],
    ["its start time is unknown", { started: undefined }, { 4711: "99" }],
    ["its start time may not be read", {}, { 4711: undefined }],
    ["it is on another host", { host: "elsewhere" }, {}],
    ["it belongs to another boot", { boot: "another" }, {}],
    ["it is in another namespace", { namespaces: "pid:[1]" }, {}],
    ["its boot is unknown", { boot: undefined }, {}],
    ["its namespaces are unknown", { namespaces: undefined }, {}],
  ])("is not replaced: %s", async (_name, holder, living) => {
    const path = leave(holder);
    const before = readFileSync(path, "utf8");
    await expect(
      acquireLock(nodeDisk, path, { timeoutMs: 30, processes: otherProcess(living) }),
    ).rejects.toMatchObject({ code: "LOCK_TIMEOUT" });
    expect(readFileSync(path, "utf8")).toBe(before);
  });

  it("notices that it lost its lock, and does not remove another holder's", async () => {
    const path = join(temporaryDirectory(), "lock");
    const lock = await acquireLock(nodeDisk, path, { timeoutMs: 100 });
    const { unlinkSync } = await import("node:fs");
    unlinkSync(path);
    leave({}, path);
    expect(lock.isOurs()).toBe(false);
    await lock.release();
    expect(existsSync(path)).toBe(true);
  });
});

describe("the lock on a file system without hard links", () => {
  const noLinks = (code: string): Disk => ({
    ...nodeDisk,
    link: () => Promise.reject(Object.assign(new Error(`${code}: link`), { code, syscall: "link" })),
  });

  it.each(["EPERM", "ENOTSUP", "EMLINK"])(
    "has one holder at a time, and is taken over from dead ones (%s)",
    async (code) => {
      const disk = noLinks(code);
      const path = leave({});
      let inside = 0;
      await Promise.all(
        Array.from({ length: 10 }, async () => {
          const lock = await acquireLock(disk, path, {
            timeoutMs: 20_000,
            processes: otherProcess({ 1_000_001: "1" }),
          });
          inside += 1;
          expect(inside).toBe(1);
          expect(lock.isOurs()).toBe(true);
          await new Promise((resolve) => setImmediate(resolve));
          inside -= 1;
          await lock.release();
        }),
      );
      expect(listTree(join(path, ".."))).toEqual([]);
    },
  );
});
