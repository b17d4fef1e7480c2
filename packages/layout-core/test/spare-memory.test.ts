import { describe, expect, it } from "vitest";

import { SpareMemory } from "../src/index-json/spare-memory.ts";

describe("spare memory", () => {
  it("is used again, also for a text that is a little longer", () => {
    const memory = new SpareMemory();
    const first = memory.take(1_000);
    expect(first.length).toBe(1_000);
    memory.give(first);
    const second = memory.take(1_010);
    expect(second.length).toBe(1_010);
    expect(second.buffer).toBe(first.buffer);
  });

  it("has one owner at a time, and is never too short", () => {
    const memory = new SpareMemory();
    const first = memory.take(1_000);
    expect(memory.take(1_000).buffer).not.toBe(first.buffer);
    memory.give(first);
    const long = memory.take(10_000);
    expect([long.length, long.buffer === first.buffer]).toEqual([10_000, false]);
  });
});
