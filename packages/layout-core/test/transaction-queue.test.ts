import { getEventListeners } from "node:events";

import { expect, it } from "vitest";

import { TransactionQueue } from "../src/index-json/transaction-queue.ts";

it("a change added the moment the last one is over is made", async () => {
  const queue: TransactionQueue<object> = new TransactionQueue(20_000, {
    acquire: async () => Promise.resolve({ isOurs: () => true, release: async () => Promise.resolve() }),
    isAwaited: async () => false,
    commit: async (_lock, decide) => {
      await decide({});
      return true;
    },
  });
  // The second change begins in the microtask in which the first ends.
  const second = new Promise((resolve, reject) => {
    queue
      .add(() => 1)
      .then(() => {
        queue.add(() => 2).then(resolve, reject);
      }, reject);
  });
  expect(await second).toBe(2);
});

it("waiting changes share one listener on their signal, and leave none", async () => {
  const { signal } = new AbortController();
  let goOn = (): void => undefined;
  const mayGoOn: Promise<void> = new Promise((resolve) => {
    goOn = resolve;
  });
  const queue: TransactionQueue<object> = new TransactionQueue(20_000, {
    acquire: async () => {
      await mayGoOn;
      return { isOurs: () => true, release: async () => Promise.resolve() };
    },
    isAwaited: async () => false,
    commit: async (_lock, decide) => {
      await decide({});
      return true;
    },
  });
  const changes = Array.from({ length: 20 }, async (_, i) => queue.add(() => i, { signal }));
  // Node reports a leak at the eleventh listener.
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  goOn();
  expect(await Promise.all(changes)).toHaveLength(20);
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

it("a change added while the lock is given up for an aborted one is made, and does not see that abort", async () => {
  const aborting = new AbortController();
  const reason = new Error("the first caller has gone");
  let second: Promise<number> | undefined;
  let acquired = 0;
  const queue: TransactionQueue<object> = new TransactionQueue(20_000, {
    acquire: async ({ signal }) => {
      acquired += 1;
      if (acquired === 1) {
        aborting.abort(reason);
        // The queue is empty now, and the lock is still held.
        second = queue.add(() => 2);
        signal.throwIfAborted();
      }
      return Promise.resolve({ isOurs: () => true, release: async () => Promise.resolve() });
    },
    isAwaited: async () => false,
    commit: async (_lock, decide) => {
      await decide({});
      return true;
    },
  });
  await expect(queue.add(() => 1, { signal: aborting.signal })).rejects.toBe(reason);
  expect(await second).toBe(2);
});

/** Returns a queue whose commits return or throw these values. False means that another writer interfered. */
function queueOf(commits: readonly (boolean | Error)[]): TransactionQueue<object> {
  const left = [...commits];
  return new TransactionQueue(20_000, {
    acquire: async () => Promise.resolve({ isOurs: () => true, release: async () => Promise.resolve() }),
    isAwaited: async () => false,
    commit: async (_lock, decide) => {
      await decide({});
      const next = left.shift() ?? true;
      if (next instanceof Error) throw next;
      return next;
    },
  });
}

it("an effect happens once, however often its transaction is retried", async () => {
  const queue = queueOf([false, false, true]);
  const seen: string[] = [];
  await Promise.all([queue.addEffect(() => seen.push("effect")), queue.add(() => seen.push("change"))]);
  expect(seen).toEqual(["change", "change", "change", "effect"]);
});

it("an effect happens and resolves even if the changes beside it cannot be written", async () => {
  const queue = queueOf([new Error("no space left")]);
  const [change, effect] = await Promise.allSettled([
    queue.add(() => "change"),
    queue.addEffect(() => "effect"),
  ]);
  expect(change).toMatchObject({ status: "rejected", reason: { message: "no space left" } });
  expect(effect).toEqual({ status: "fulfilled", value: "effect" });
});

it("an effect that fails rejects only its own call", async () => {
  const queue = queueOf([true]);
  const [change, effect] = await Promise.allSettled([
    queue.add(() => "change"),
    queue.addEffect(() => Promise.reject(new Error("no"))),
  ]);
  expect(change).toEqual({ status: "fulfilled", value: "change" });
  expect(effect).toMatchObject({ status: "rejected", reason: { message: "no" } });
});

it("a change added while the wait of the last one ends is made", async () => {
  let attempts = 0;
  const queue: TransactionQueue<object> = new TransactionQueue(20_000, {
    acquire: async ({ signal }) => {
      attempts += 1;
      if (attempts === 1)
        await new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            reject(signal.reason as Error);
          });
        });
      return { isOurs: () => true, release: async () => Promise.resolve() };
    },
    isAwaited: async () => false,
    commit: async (_lock, decide) => {
      await decide({});
      return true;
    },
  });
  const controller = new AbortController();
  const first = queue.add(() => 1, { signal: controller.signal });
  controller.abort(new Error("given up"));
  const second = queue.add(() => 2);
  await expect(first).rejects.toThrow("given up");
  expect(await second).toBe(2);
});

// clause 26
it("a job that was queued while the lock was lost waits for the lock again", async () => {
  let acquired = 0;
  let isOurs = true;
  const held: boolean[] = [];
  const queue: TransactionQueue<object> = new TransactionQueue(20_000, {
    acquire: async () => {
      acquired += 1;
      isOurs = true;
      return Promise.resolve({ isOurs: () => isOurs, release: async () => Promise.resolve() });
    },
    isAwaited: async () => false,
    commit: async (_lock, decide) => {
      await decide({});
      return true;
    },
  });
  let second: Promise<unknown> | undefined;
  await queue.add(() => {
    second = queue.addEffect((lock) => held.push(lock.isOurs()));
    isOurs = false;
  });
  await second;
  expect([acquired, held]).toEqual([2, [true]]);
});

/** Returns an effect that records its beginning and its end, some turns of the event loop later. */
function lasting(log: string[], name: string): () => Promise<string> {
  return async () => {
    log.push(`${name} begins`);
    for (let i = 0; i < 3; i += 1) await new Promise((resolve) => setImmediate(resolve));
    log.push(`${name} ends`);
    return name;
  };
}

it("shared effects run at the same time, and before the changes and the other effects", async () => {
  const queue = queueOf([true]);
  const log: string[] = [];
  const results = await Promise.all([
    queue.addEffect(lasting(log, "alone 1")),
    queue.addShared(lasting(log, "shared 1")),
    queue.add(lasting(log, "change")),
    queue.addEffect(lasting(log, "alone 2")),
    queue.addShared(lasting(log, "shared 2")),
  ]);
  expect(results).toEqual(["alone 1", "shared 1", "change", "alone 2", "shared 2"]);
  expect(log).toEqual([
    ...["shared 1 begins", "shared 2 begins", "shared 1 ends", "shared 2 ends"],
    ...["change begins", "change ends"],
    ...["alone 1 begins", "alone 1 ends", "alone 2 begins", "alone 2 ends"],
  ]);
});

it("a shared effect that fails rejects only its own call, and one that succeeds resolves beside a failed write", async () => {
  const queue = queueOf([new Error("no space left")]);
  const outcomes = await Promise.allSettled([
    queue.addShared(() => Promise.reject(new Error("no"))),
    queue.addShared(() => "shared"),
    queue.add(() => "change"),
  ]);
  expect(outcomes).toMatchObject([
    { status: "rejected", reason: { message: "no" } },
    { status: "fulfilled", value: "shared" },
    { status: "rejected", reason: { message: "no space left" } },
  ]);
});

it("the preparation of a change runs once, however often the change runs", async () => {
  const queue = queueOf([false, false, true]);
  const log: string[] = [];
  const result = await queue.add(() => log.push("change"), { prepare: lasting(log, "preparation") });
  expect(result).toBe(5);
  expect(log).toEqual(["preparation begins", "preparation ends", "change", "change", "change"]);
});

it("a change whose preparation fails is left out, and the others are made", async () => {
  const queue = queueOf([true]);
  const log: string[] = [];
  const outcomes = await Promise.allSettled([
    queue.add(() => log.push("unprepared"), { prepare: () => Promise.reject(new Error("no")) }),
    queue.add(() => log.push("change")),
  ]);
  expect(outcomes).toMatchObject([
    { status: "rejected", reason: { message: "no" } },
    { status: "fulfilled", value: 1 },
  ]);
  expect(log).toEqual(["change"]);
});
