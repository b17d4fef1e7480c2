import { rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { archive, header, join, list, longName, member, pax } from "./archives.ts";

const invalid = { code: "ARCHIVE_INVALID" };
const path = pax([["path", "a"]]);
const global = pax([["comment", "x"]], { typeflag: "g" });

describe("the order of extended headers", () => {
  it("can be any for one PAX header, one long name and one long link target", async () => {
    const size = pax([["size", "1"]]);
    const link = longName("target", "K");
    const name = longName("name");
    for (const parts of [
      [size, name, link],
      [name, size, link],
      [link, name, size],
      [name, link, size],
    ])
      expect(
        await list(archive(...parts, member({ name: "cut", size: 0 }, "x"), header({ name: "b" }))),
      ).toEqual(["name: x", "b: "]);
  });

  it.each([
    ["two PAX headers", [path, path]],
    ["a PAX header and one of Solaris", [path, pax([["uid", "1"]], { typeflag: "X" })]],
    ["two long names", [longName("a"), longName("b")]],
    ["two long link targets", [longName("a", "K"), longName("a", "K")]],
    ["two long names with a PAX header between them", [longName("a"), pax([["uid", "1"]]), longName("a")]],
  ])("fails with ARCHIVE_INVALID if an entry has %s", async (_name, parts) => {
    expect(await rejection(list(archive(...parts, header())))).toMatchObject({ ...invalid });
  });

  it.each([
    ["a PAX header", path],
    ["a long name", longName("a")],
  ])("fails with ARCHIVE_INVALID if a global header is after %s", async (_name, before) => {
    expect(await rejection(list(archive(before, global, header())))).toMatchObject(invalid);
  });

  it.each([
    ["a PAX header", path],
    ["a long name", longName("a")],
    ["a long link target", longName("a", "K")],
  ])("fails with ARCHIVE_INVALID if the archive ends after %s", async (_name, last) => {
    for (const whole of [archive(last), join(last), archive(header(), last), join(header(), last)])
      expect(await rejection(list(whole))).toMatchObject(invalid);
  });

  it("fails with ARCHIVE_INVALID if the body of an extended header is cut", async () => {
    for (const whole of [path, longName("a".repeat(700)), global])
      for (const size of [512, 516, 600, whole.length - 1])
        expect(await rejection(list(whole.subarray(0, size)))).toMatchObject({
          ...invalid,
          message: `cannot read the archive at byte ${size}: it ends in the middle of an entry`,
        });
  });

  it("ignores the path, the type and the padding of an extended header", async () => {
    const body = new TextEncoder().encode("10 path=a\n");
    const x = header({ name: "../../x", typeflag: "x", size: body.length, mode: 0, uid: 5 });
    const padding = new Uint8Array(512).fill(7);
    padding.set(body);
    expect(await list(archive(x, padding, header()))).toEqual(["a: "]);
  });
});
