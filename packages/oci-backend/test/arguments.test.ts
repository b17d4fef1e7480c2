import { describe, expect, it } from "vitest";

import { requirePage } from "../src/checks/page.ts";
import { requirePrecondition } from "../src/index.ts";

describe("argument checks", () => {
  it("requirePage rejects invalid options and treats an empty startAfter as absent", () => {
    expect(requirePage({})).toEqual({ startAfter: undefined, limit: undefined });
    expect(requirePage({ startAfter: "", limit: 0 })).toEqual({ startAfter: undefined, limit: 0 });
    expect(requirePage({ startAfter: "a" })).toEqual({ startAfter: "a", limit: undefined });
    for (const limit of [-1, NaN, 0.5]) expect(() => requirePage({ limit })).toThrow(RangeError);
    for (const options of [null, "text", 7])
      expect(() => requirePage(options as unknown as object)).toThrow(/^options must be an object, not /);
    for (const wrong of [{ limit: "1" }, { limit: null }, { startAfter: 7 }, { startAfter: null }])
      expect(() => requirePage(wrong as object)).toThrow(TypeError);
  });

  it("requirePrecondition rejects missing tags, two forms at once, and invalid digests", () => {
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
