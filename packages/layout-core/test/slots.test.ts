import { pause } from "@ocilayout/oci-backend";
import { expect, it } from "vitest";

import { Slots } from "../src/layout/slots.ts";

it("a pool runs no more tasks than it has slots, and the next one first", async () => {
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
  // A task that pauses before it starts may be overtaken by the tasks of the other slots.
  for (const [place, i] of order.entries()) expect(Math.abs(place - i)).toBeLessThan(3);
  expect(results.filter(({ status }) => status === "rejected")).toHaveLength(4);
  expect(await slots.run(async () => Promise.resolve("free again"))).toBe("free again");
});
