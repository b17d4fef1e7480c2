import { rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { archive, END, header, join, list, member } from "./archives.ts";

const invalid = { code: "ARCHIVE_INVALID" };
const entry = member({}, "x");
const zeros = new Uint8Array(512);
const strict = { requireEnd: true };

describe("the end of an archive", () => {
  it.each([
    ["two blocks of zeros", join(entry, END)],
    ["many blocks of zeros", join(entry, new Uint8Array(10_240))],
    ["one block of zeros", join(entry, zeros)],
    ["its last entry", entry],
  ])("can be %s", async (_what, whole) => {
    expect(await list(whole)).toEqual(["f: x"]);
  });

  it("can be at its beginning", async () => {
    for (const whole of [new Uint8Array(), zeros, END]) expect(await list(whole)).toEqual([]);
  });

  it("hides entries after it, as in GNU tar", async () => {
    expect(await list(join(entry, END, member({ name: "late" }, "x")))).toEqual(["f: x"]);
    expect(await list(join(entry, END, new Uint8Array(100).fill(7)))).toEqual(["f: x"]);
  });

  it("is not one block of zeros before an entry, about which programs disagree", async () => {
    expect(await rejection(list(join(entry, zeros, entry)))).toMatchObject({
      ...invalid,
      detail: { offset: 1024 },
    });
  });

  it("is not in the middle of a block", async () => {
    for (const rest of [
      Uint8Array.of(0),
      new Uint8Array(511),
      new Uint8Array(513),
      header().subarray(0, 511),
    ])
      expect(await rejection(list(join(entry, rest)))).toMatchObject(invalid);
  });
});

describe("requireEnd", () => {
  it("accepts two blocks of zeros, and more zeros after them", async () => {
    for (const size of [1024, 1025, 10_240, 200_000])
      expect(await list(join(entry, new Uint8Array(size)), strict)).toEqual(["f: x"]);
    expect(await list(END, strict)).toEqual([]);
  });

  it.each([
    ["its end is missing", entry],
    ["it is empty", new Uint8Array()],
    ["it has one block of zeros", join(entry, zeros)],
    ["an entry follows its end", archive(entry, END, entry)],
    ["a byte follows its end", join(entry, END, Uint8Array.of(1))],
    ["a byte follows many zeros", join(entry, END, new Uint8Array(150_000), Uint8Array.of(1))],
  ])("fails with ARCHIVE_INVALID if %s", async (_what, whole) => {
    expect(await rejection(list(whole, strict))).toMatchObject(invalid);
  });
});
