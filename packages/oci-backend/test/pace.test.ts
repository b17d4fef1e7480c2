import { expect, it, vi } from "vitest";

import { isPauseDue, pause } from "../src/event-loop/pace.ts";

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

it("a pause is due if the clock went back", async () => {
  const now = performance.now();
  vi.spyOn(performance, "now").mockReturnValue(now + 60_000);
  await pause();
  vi.restoreAllMocks();
  expect(isPauseDue()).toBe(true);
});
