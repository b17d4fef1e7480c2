import { describe, expect, it } from "vitest";

import { onAbort, requireCount, requireFlag, requirePrecondition, requireString } from "../src/index.ts";

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

  it("a flag is true or false, and nothing that is taken for it", () => {
    expect([requireFlag(true, "it"), requireFlag(false, "it")]).toEqual([true, false]);
    for (const value of [1, "", null, undefined]) expect(() => requireFlag(value, "it")).toThrow(new TypeError("it must be true or false"));
  });

  it("a precondition needs a tag, one form and a digest", () => {
    const digest = `sha256:${"0".repeat(64)}` as const;
    for (const good of [{}, { ifMatch: "*" }, { ifMatch: digest }, { ifNoneMatch: "*" }] as const) {
      expect(() => {
        requirePrecondition(good, ["t"]);
      }).not.toThrow();
    }
    const bad = [{ ifMatch: "*", ifNoneMatch: "*" }, { ifNoneMatch: digest as "*" }] as const;
    for (const precondition of bad) {
      expect(() => {
        requirePrecondition(precondition, ["t"]);
      }).toThrow(TypeError);
    }
    expect(() => {
      requirePrecondition({ ifMatch: "*" }, []);
    }).toThrow(TypeError);
    expect(() => {
      requirePrecondition({ ifMatch: "sha256:0" }, ["t"]);
    }).toThrow(expect.objectContaining({ code: "DIGEST_INVALID" }));
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
