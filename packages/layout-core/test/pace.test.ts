import { expect, it } from "vitest";

import { pause } from "../src/event-loop/pace.ts";
import { Slots } from "../src/event-loop/slots.ts";

it("paced loops let other tasks run, and continue in their order", async () => {
  const order: string[] = [];
  const loop = async (name: string): Promise<void> => {
    for (let i = 0; i < 2; i += 1) {
      await pause();
      order.push(`${name}${i}`);
    }
  };
  const loops = [loop("a"), loop("b")];
  await new Promise((resolve) => setImmediate(resolve)).then(() => order.push("other"));
  await Promise.all(loops);
  expect(order.filter((it) => it !== "other")).toEqual(["a0", "b0", "a1", "b1"]);
  expect(order.indexOf("other")).toBeLessThan(order.length - 1);
});

it("a pool runs no more tasks than it has slots, in their order", async () => {
  const slots = new Slots(3);
  let running = 0;
  let most = 0;
  const order: number[] = [];
  const task = (i: number) => async (): Promise<number> => {
    running += 1;
    most = Math.max(most, running);
    order.push(i);
    await pause();
    running -= 1;
    if (i % 5 === 0) throw new Error("a task that fails");
    return i;
  };
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => slots.run(task(i))));
  expect(most).toBe(3);
  expect(order).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(results.filter(({ status }) => status === "rejected")).toHaveLength(4);
  expect(await slots.run(async () => Promise.resolve("free again"))).toBe("free again");
});
