import { describe, expect, it } from "vitest";

import { scopeSet } from "../../src/auth/bearer/scope-set.ts";
import { pull } from "./helpers.ts";

describe("the scopes of a token", () => {
  it("are those of the request and of the challenge, joined by resource and sorted", () => {
    const asked =
      "repository:b:pull,push registry:catalog:* repository(plugin):c:pull repository:host:5000/d:delete";
    expect(scopeSet(pull("b"), asked)).toEqual([
      "registry:catalog:*",
      "repository(plugin):c:pull",
      "repository:b:pull,push",
      "repository:host:5000/d:delete",
    ]);
  });

  it.each([
    undefined,
    "",
    "*",
    "  ",
    "repository:a",
    "::",
    "a b c",
    "repository:a:pull\nx: y",
    `repository:${"a".repeat(5000)}:pull`,
  ])("trap 21: are those of the request if the challenge has the scope %j", (asked) => {
    expect(scopeSet(pull("a"), asked)).toEqual(["repository:a:pull"]);
  });

  it("can be an empty list", () => {
    expect(scopeSet([], undefined)).toEqual([]);
  });
});
