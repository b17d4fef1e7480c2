import { describe, expect, it } from "vitest";

import {
  onAbort,
  requireCount,
  requireDuration,
  requireFlag,
  requireObject,
  requireSignal,
  requireString,
} from "../src/authors.ts";

describe("argument checks", () => {
  it("requireString accepts strings only", () => {
    expect(() => {
      requireString("", "it");
    }).not.toThrow();
    expect(() => {
      requireString(7, "it");
    }).toThrow(new TypeError("it must be a string, not number"));
  });

  it.each([0, 1, Number.MAX_SAFE_INTEGER])("requireCount accepts %d", (count) => {
    expect(requireCount(count, "it")).toBe(count);
  });

  it.each([-1, 0.5, NaN, Infinity, Number.MAX_SAFE_INTEGER + 1])(
    "requireCount rejects %d with a RangeError",
    (count) => {
      expect(() => requireCount(count, "it")).toThrow(
        new RangeError(`it must be a non-negative integer, not ${count}`),
      );
    },
  );

  it("requireCount rejects a string with a TypeError", () => {
    expect(() => requireCount("1", "it")).toThrow(new TypeError("it must be a number, not string"));
  });

  it("requireDuration accepts what a timer can wait for", () => {
    for (const duration of [0, 1, 2_147_483_647]) expect(requireDuration(duration, "it")).toBe(duration);
    for (const duration of [2_147_483_648, Number.MAX_SAFE_INTEGER, Infinity, -1, 0.5])
      expect(() => requireDuration(duration, "it")).toThrow(RangeError);
    expect(() => requireDuration(2 ** 31, "it")).toThrow(
      "it must be at most 2147483647 ms (24.8 days), not 2147483648",
    );
    expect(() => requireDuration("1", "it")).toThrow(TypeError);
  });

  it("requireObject accepts objects only", () => {
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

  it("requireSignal treats null as absent", () => {
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
    ["an object tagged AbortSignal", { [Symbol.toStringTag]: "AbortSignal" }],
  ])("requireSignal rejects %s", (_what, signal) => {
    expect(() => requireSignal({ signal: signal as AbortSignal })).toThrow(
      /^signal must be an AbortSignal, not /,
    );
  });

  it("requireSignal accepts signals of another realm", () => {
    const foreign = Object.create(EventTarget.prototype, {
      [Symbol.toStringTag]: { value: "AbortSignal" },
      aborted: { value: false },
      throwIfAborted: { value: () => undefined },
    }) as AbortSignal;
    expect(requireSignal({ signal: foreign })).toBe(foreign);
  });

  it.each([null, "text", 7])("requireSignal rejects options that are %j with a TypeError", (options) => {
    expect(() => requireSignal(options as unknown as object)).toThrow(/^options must be an object, not /);
  });

  it("requireFlag accepts true and false only", () => {
    expect([requireFlag(true, "it"), requireFlag(false, "it")]).toEqual([true, false]);
    for (const value of [1, "", null, undefined])
      expect(() => requireFlag(value, "it")).toThrow(
        new TypeError(`it must be true or false, not ${typeof value}`),
      );
  });
});

it("onAbort calls its callback on abort unless it was cancelled", () => {
  const controller = new AbortController();
  const called: string[] = [];
  onAbort(controller.signal, () => called.push("a"));
  const ignore = onAbort(controller.signal, () => called.push("b"));
  ignore();
  controller.abort();
  expect(called).toEqual(["a"]);
});
