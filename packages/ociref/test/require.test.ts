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

it.each([
  ["", "it is empty"],
  ["a".repeat(256), "it is longer than 255 bytes"],
  ["Team/app", "it has upper-case letters"],
  ["app:v1", 'it has the character ":"'],
  ["localhost:5000/app", 'it has the character ":"'],
  ["app@sha256", 'it has the character "@"'],
  ["a b", 'it has the character " "'],
  ["a\u200bb", String.raw`it has the character "\u200b"`],
  ["/app", "it has an empty component"],
  ["a//b", "it has an empty component"],
  ["-app", "its separators must stand between letters or digits"],
  ["a..b", "its separators must stand between letters or digits"],
])("the message about the repository %j names the reason", (name, reason) => {
  expect(() => requireRepository(name)).toThrow(
    expect.objectContaining({
      message: expect.stringContaining(`is not a valid repository name: ${reason}`) as string,
      detail: { part: "repository", reason },
    }),
  );
});

it.each([
  ["", "it is empty"],
  ["a".repeat(129), "it is longer than 128 bytes"],
  [`sha256:${"0".repeat(64)}`, "it is a digest"],
  ["team/app", 'it has the character "/"'],
  [".v1", 'it begins with "."'],
  ["-v1", 'it begins with "-"'],
])("the message about the tag %j names the reason", (tag, reason) => {
  expect(() => requireTag(tag)).toThrow(
    expect.objectContaining({
      message: expect.stringContaining(`is not a valid tag: ${reason}`) as string,
      detail: { part: "tag", reason },
    }),
  );
});
