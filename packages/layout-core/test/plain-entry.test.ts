import { bytes, digestOf } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { readPlainEntry } from "../src/index-json/plain-entry.ts";

const digest = digestOf(bytes("x"));
const REF_NAME = "org.opencontainers.image.ref.name";

/** Returns an entry as text, in the usual order of its members. */
function textOf(mediaType: unknown, size: unknown, refName: unknown, named: unknown = digest): string {
  return JSON.stringify({ mediaType, digest: named, size, annotations: { [REF_NAME]: refName } });
}

// clause 22
describe("an entry of the usual form", () => {
  it("is recognized", () => {
    expect(readPlainEntry(textOf("application/x-a", 12, "a:t"))).toEqual({
      mediaType: "application/x-a",
      digest,
      size: 12,
      refName: "a:t",
    });
  });

  it.each([
    ["more members", textOf("a/b", 1, "t").replace(/\}$/, ',"x":1}')],
    ["a second name", textOf("a/b", 1, "t").replace(/\}\}$/, ',"io.containerd.image.name":"a:x"}}')],
    ["a member twice", textOf("a/b", 1, "t").replace('{"', '{"size":2,"')],
    ["an escape", textOf("a/b", 1, "t").replace(":1,", ":1,").replace('"t"', '"\\u0074"')],
    ["white space", textOf("a/b", 1, "t").replaceAll(",", ", ")],
    ["a number in another form", textOf("a/b", 1, "t").replace(":1,", ":1.0,")],
    ["a second line", `${textOf("a/b", 1, "t")}\n${textOf("a/b", 1, "t")}`],
  ])("is not assumed of one with %s", (_, text) => {
    expect(readPlainEntry(text)).toBeUndefined();
  });
});
