import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { timeLimits } from "../../src/transport/options.ts";
import { Progress } from "../../src/transport/time-limit.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const limits = timeLimits({ idleMs: 1000, minBytesPerSecond: 10 });

/** Waits until `bytes` come after `ms`. Returns whether the peer was given up before. */
function transfer(progress: Progress, ms: number, bytes: number): boolean {
  const expire = vi.fn();
  const ended = progress.wait(expire);
  vi.advanceTimersByTime(ms);
  ended(bytes);
  return expire.mock.calls.length > 0;
}

it("a peer that sends nothing is given up after `idleMs`", () => {
  expect(transfer(new Progress(limits), 999, 0)).toBe(false);
  expect(transfer(new Progress(limits), 1000, 0)).toBe(true);
});

it("a peer that keeps to the least rate is never given up", () => {
  const progress = new Progress(limits);
  for (let second = 0; second < 100; second += 1) expect(transfer(progress, 900, 9)).toBe(false);
});

it("a peer that sends a byte now and then is given up", () => {
  const progress = new Progress(limits);
  const results = Array.from({ length: 10 }, () => transfer(progress, 500, 1));
  expect(results.indexOf(true)).toBe(2);
});

it("a large amount earns no more than `idleMs`", () => {
  const progress = new Progress(limits);
  expect(transfer(progress, 1, 1_000_000)).toBe(false);
  expect(transfer(progress, 1000, 0)).toBe(true);
});

it.each([{ idleMs: -1 }, { connectMs: 2 ** 31 }, { minBytesPerSecond: 0.5 }])(
  "the limits %j are a RangeError",
  (given) => {
    expect(() => timeLimits(given)).toThrow(RangeError);
  },
);
