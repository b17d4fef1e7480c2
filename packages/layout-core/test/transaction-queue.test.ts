import { getEventListeners } from "node:events";

import { expect, it } from "vitest";

import { TransactionQueue } from "../src/transaction-queue.ts";

it("a change that is added the moment the last one is over is made, too", async () => {
  const queue: TransactionQueue<object> = new TransactionQueue(1_000, {
    acquire: async () => Promise.resolve({ isOurs: () => true, release: async () => Promise.resolve() }),
    commit: async (_lock, decide) => {
      await decide({});
      return true;
    },
  });
  // Not one microtask lies between the end of the first and the beginning of the second.
  const second = new Promise((resolve, reject) => {
    queue.add(() => 1).then(() => {
      queue.add(() => 2).then(resolve, reject);
    }, reject);
  });
  const late = new Promise((resolve) => setTimeout(resolve, 2_000, "never"));
  expect(await Promise.race([second, late])).toBe(2);
});

it("however many changes wait, their signal has one listener, and none in the end", async () => {
  const { signal } = new AbortController();
  let goOn = (): void => undefined;
  const mayGoOn: Promise<void> = new Promise((resolve) => {
    goOn = resolve;
  });
  const queue: TransactionQueue<object> = new TransactionQueue(1_000, {
    acquire: async () => {
      await mayGoOn;
      return { isOurs: () => true, release: async () => Promise.resolve() };
    },
    commit: async (_lock, decide) => {
      await decide({});
      return true;
    },
  });
  const changes = Array.from({ length: 20 }, async (_, i) => queue.add(() => i, signal));
  // Node takes the eleventh for a leak, and warns.
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  goOn();
  expect(await Promise.all(changes)).toHaveLength(20);
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});
