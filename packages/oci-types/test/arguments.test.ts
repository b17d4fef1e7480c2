import { describe, expect, it } from "vitest";

import {
  onAbort,
  requireCount,
  requireDuration,
  requireFlag,
  requireObject,
  requireSignal,
  requireString,
} from "../src/index.ts";

describe("arguments", () => {
  it("a string is a string", () => {
    expect(() => {
      requireString("", "it");
    }).not.toThrow();
    expect(() => {
      requireString(7, "it");
    }).toThrow(new TypeError("it must be a string, not number"));
  });

  it.each([0, 1, Number.MAX_SAFE_INTEGER])("%d is a count", (count) => {
    expect(requireCount(count, "it")).toBe(count);
  });

  it.each([-1, 0.5, NaN, Infinity, Number.MAX_SAFE_INTEGER + 1])("%d is none", (count) => {
    expect(() => requireCount(count, "it")).toThrow(new RangeError("it must be a non-negative integer"));
  });

  it("nor is what is no number", () => {
    expect(() => requireCount("1", "it")).toThrow(new TypeError("it must be a number, not string"));
  });

  it("a duration is what a timer can wait for", () => {
    for (const duration of [0, 1, 2_147_483_647]) expect(requireDuration(duration, "it")).toBe(duration);
    for (const duration of [2_147_483_648, Number.MAX_SAFE_INTEGER, Infinity, -1, 0.5])
      expect(() => requireDuration(duration, "it")).toThrow(RangeError);
    expect(() => requireDuration(2 ** 31, "it")).toThrow(
      "it must be 2147483647 ms (24.8 days) at most, not 2147483648",
    );
    expect(() => requireDuration("1", "it")).toThrow(TypeError);
  });

  it("an object is an object", () => {
    for (const value of [{}, [], Object.create(null)] as unknown[])
      expect(() => {
        requireObject(value, "it");
      }).not.toThrow();
    for (const [value, name] of [
      [null, "null"],
      [undefined, "undefined"],
      ["", "string"],
      [() => undefined, "function"],
    ] as const) {
      expect(() => {
        requireObject(value, "it");
      }).toThrow(new TypeError(`it must be an object, not ${name}`));
    }
  });

  it("a signal that is null counts as absent", () => {
    const { signal } = new AbortController();
    expect(requireSignal({ signal })).toBe(signal);
    for (const absent of [undefined, null])
      expect(requireSignal({ signal: absent as undefined })).toBeUndefined();
    expect(requireSignal({})).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ["an object", {}],
    ["text", "abort"],
    ["false", false],
    ["a controller", new AbortController()],
    ["an event target", new EventTarget()],
    ["half a signal", { aborted: false, throwIfAborted: () => undefined }],
    ["what says that it is one", { [Symbol.toStringTag]: "AbortSignal" }],
  ])("%s is no signal", (_what, signal) => {
    expect(() => requireSignal({ signal: signal as AbortSignal })).toThrow(
      /^signal must be an AbortSignal, not /,
    );
  });

  it("signals of another realm are signals", () => {
    const foreign = Object.create(EventTarget.prototype, {
      [Symbol.toStringTag]: { value: "AbortSignal" },
      aborted: { value: false },
      throwIfAborted: { value: () => undefined },
    }) as AbortSignal;
    expect(requireSignal({ signal: foreign })).toBe(foreign);
  });

  it.each([null, "text", 7])("options that are %j are a TypeError that says so", (options) => {
    expect(() => requireSignal(options as unknown as object)).toThrow(/^options must be an object, not /);
  });

  it("a flag is true or false, and nothing that is taken for it", () => {
    expect([requireFlag(true, "it"), requireFlag(false, "it")]).toEqual([true, false]);
    for (const value of [1, "", null, undefined])
      expect(() => requireFlag(value, "it")).toThrow(new TypeError("it must be true or false"));
  });
});

it("onAbort calls whoever still waits", () => {
  const controller = new AbortController();
  const called: string[] = [];
  onAbort(controller.signal, () => called.push("a"));
  const ignore = onAbort(controller.signal, () => called.push("b"));
  ignore();
  controller.abort();
  expect(called).toEqual(["a"]);
});
