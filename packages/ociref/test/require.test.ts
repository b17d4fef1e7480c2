import { expect, it } from "vitest";

import { requireRepository, requireTag } from "../src/index.ts";

it("requireRepository and requireTag return valid names", () => {
  expect([requireRepository("a/b"), requireTag("v1")]).toEqual(["a/b", "v1"]);
});

it.each([
  ["repository name", requireRepository, "A"],
  ["repository name", requireRepository, "a".repeat(256)],
  ["tag", requireTag, "-v1"],
  ["tag", requireTag, ""],
])("an invalid %s is rejected", (what, call, name) => {
  expect(() => call(name)).toThrow(
    expect.objectContaining({
      code: "NAME_INVALID",
      message: expect.stringContaining(` is not a valid ${what}`) as string,
    }),
  );
  expect(() => call(7 as unknown as string)).toThrow(TypeError);
});
