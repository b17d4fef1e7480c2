import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it, onTestFinished, vi } from "vitest";

import { nodeDisk } from "../src/disk/disk.ts";
import { ownedName } from "../src/disk/owned-name.ts";
import { TransactionQueue } from "../src/index-json/transaction-queue.ts";
import { isAwaited } from "../src/lock/is-awaited.ts";

interface Scene {
  readonly queue: TransactionQueue<object>;
  /** The steps of the queue, in order. */
  readonly log: string[];
  /** Advances the clock, in milliseconds. */
  readonly pass: (ms: number) => void;
}

function prepare(awaited: boolean | Error): Scene {
  const log: string[] = [];
  let passedMs = 0;
  const now = performance.now();
  vi.spyOn(performance, "now").mockImplementation(() => now + passedMs);
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  onTestFinished(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
  const queue: TransactionQueue<object> = new TransactionQueue(20_000, {
    acquire: async () => {
      log.push("lock");
      return { isOurs: () => true, release: async () => void log.push("release") };
    },
    commit: async (_lock, decide) => {
      await decide({});
      log.push("commit");
      return true;
    },
    isAwaited: async () => {
      log.push("asked");
      if (awaited instanceof Error) throw awaited;
      return awaited;
    },
  });
  return { queue, log, pass: (ms) => (passedMs += ms) };
}

/** Adds a change that adds another one, and so on, each after some time. */
async function addChain({ queue, pass }: Scene, times: number, ms: number): Promise<void> {
  const added: Promise<unknown>[] = [];
  const add = (left: number): void => {
    added.push(
      queue.add(() => {
        pass(ms);
        if (left > 1) add(left - 1);
      }),
    );
  };
  add(times);
  // A loop over an array also visits the values that are added meanwhile.
  for (const change of added) await change;
  await queue.idle();
}

// clause 26
describe("the lock", () => {
  it("is kept for changes that are queued while it is held", async () => {
    const scene = prepare(false);
    await addChain(scene, 3, 1);
    expect(scene.log).toEqual(["lock", "commit", "commit", "commit", "release"]);
  });

  it("is released after a turn of 50 ms", async () => {
    const scene = prepare(false);
    await addChain(scene, 4, 30);
    expect(scene.log).toEqual([
      "lock",
      "commit",
      "commit",
      "release",
      "asked",
      "lock",
      "commit",
      "commit",
      "release",
    ]);
  });

  it.each([
    ["another process waits for it", true],
    ["the process cannot see whether others wait", new Error("EMFILE: too many open files")],
  ])("is left alone after a turn if %s", async (_, awaited) => {
    const scene = prepare(awaited);
    const chain = addChain(scene, 2, 60);
    await vi.waitFor(() => {
      expect(scene.log).toEqual(["lock", "commit", "release", "asked"]);
    });
    await vi.advanceTimersByTimeAsync(20);
    await chain;
    expect(scene.log.slice(4)).toEqual(["lock", "commit", "release"]);
  });

  it("is awaited while a live process has a record beside it", async () => {
    const directory = temporaryDirectory();
    const lock = join(directory, "lock");
    expect(await isAwaited(nodeDisk, lock)).toBe(false);
    writeFileSync(lock, "");
    writeFileSync(join(directory, "other.tmp"), "");
    writeFileSync(`${lock}.${ownedName().replace(`.${process.pid}.`, ".4194303.")}.tmp`, "");
    expect(await isAwaited(nodeDisk, lock)).toBe(false);
    writeFileSync(`${lock}.${ownedName()}.tmp`, "");
    expect(await isAwaited(nodeDisk, lock)).toBe(true);
  });
});
