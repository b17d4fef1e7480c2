import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { FairPool } from "../src/limits/fair-pool.ts";

/** Takes units for `client` until the pool rejects. Returns their number. */
function takeAll(pool: FairPool, client: string | undefined): number {
  let count = 0;
  while (pool.take(client, 1)) count += 1;
  return count;
}

describe("a fair pool", () => {
  it("limits one client to its percentage, and always leaves something for the next", () => {
    const pool = new FairPool(1000, 75);
    expect(takeAll(pool, "a")).toBe(750);
    expect(takeAll(pool, "b")).toBeGreaterThan(180);
    expect(takeAll(pool, "c")).toBeGreaterThan(40);
    expect(pool.take("d", 1)).toBe(true);
  });

  it("gives everything to one client if the percentage allows it, and to unidentified clients", () => {
    expect(takeAll(new FairPool(10, 100), "a")).toBe(10);
    expect(takeAll(new FairPool(10, 50), undefined)).toBe(10);
  });

  it("lets a client that holds nothing take what is left, however little the pool has", () => {
    const pool = new FairPool(1, 10);
    expect([pool.take("a", 1), pool.take("b", 1)]).toEqual([true, false]);
  });

  it("is full again after everything was returned, in any order", () => {
    const step = fc.record({
      client: fc.constantFrom("a", "b", undefined),
      amount: fc.integer({ min: 1, max: 40 }),
      gives: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const pool = new FairPool(100, 60);
        const taken: { client: string | undefined; amount: number }[] = [];
        for (const { client, amount, gives } of steps) {
          const back = gives ? taken.pop() : undefined;
          if (back !== undefined) pool.give(back.client, back.amount);
          else if (pool.take(client, amount)) taken.push({ client, amount });
          expect(pool.used).toBe(taken.reduce((sum, it) => sum + it.amount, 0));
          expect(pool.used).toBeLessThanOrEqual(100);
        }
        for (const { client, amount } of taken) pool.give(client, amount);
        expect([pool.used, pool.takenBy("a"), pool.takenBy("b")]).toEqual([0, 0, 0]);
        expect(pool.take("a", 60)).toBe(true);
      }),
    );
  });
});
