import { bytes, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { indexTar } from "../../src/tar.ts";
import { archive, base256, GNU, header, join, list, longName, member, pax, readOne } from "./archives.ts";

const invalid = { code: "ARCHIVE_INVALID" };
/** An archive that is the content of a file. A reader that loses its place in the outer archive would list it. */
const hidden = join(member({ name: "hidden" }, "x"), header({ name: "hidden/", typeflag: "5" }));
const size = String(hidden.length);
const next = member({ name: "next" }, "y");

describe("the size that counts", () => {
  it("is the one of the PAX header, if the size in the header is 0", async () => {
    const outer = header({ name: "outer", size: 0 });
    const entries = await list(archive(pax([["size", size]]), outer, hidden, next));
    expect(entries.map((entry) => entry.split(":")[0])).toEqual(["outer", "next"]);
  });

  it("is the one of the PAX header, if the size in the header is larger or smaller", async () => {
    for (const other of [1, 512, hidden.length - 1, hidden.length + 512, 0o77777777777]) {
      const outer = header({ name: "outer", size: other });
      const entries = await list(archive(pax([["size", size]]), outer, hidden, next));
      expect(entries.map((entry) => entry.split(":")[0])).toEqual(["outer", "next"]);
    }
  });

  it("can be 0 in the PAX header, although the header has another one", async () => {
    const outer = header({ name: "outer", size: 1024 });
    expect(await list(archive(pax([["size", "0"]]), outer, next))).toEqual(["outer: ", "next: y"]);
  });

  it("is the one of the header, if the value in the PAX header is empty", async () => {
    expect(await list(archive(pax([["size", ""]]), member({ name: "outer" }, "x"), next))).toEqual([
      "outer: x",
      "next: y",
    ]);
  });

  it("does not apply to a long name between the PAX header and its entry", async () => {
    const outer = header({ name: "cut", size: 0 });
    const whole = archive(pax([["size", size]]), longName("outer"), outer, hidden, next);
    expect((await list(whole)).map((entry) => entry.split(":")[0])).toEqual(["outer", "next"]);
  });

  it("does not apply to the next entry", async () => {
    const whole = archive(
      pax([["size", "1"]]),
      member({ name: "a", size: 0 }, "x"),
      header({ name: "b" }),
      next,
    );
    expect(await list(whole)).toEqual(["a: x", "b: ", "next: y"]);
  });

  it("must not be in a global header", async () => {
    const whole = archive(pax([["size", "1"]], { typeflag: "g" }), member({}, "x"));
    expect(await rejection(list(whole))).toMatchObject(invalid);
  });

  it("must be valid in the header, even if a PAX header replaces it", async () => {
    for (const bad of ["garbage", base256(-1n), base256(2n ** 70n)])
      expect(await rejection(list(archive(pax([["size", "0"]]), header({ size: bad }))))).toMatchObject(
        invalid,
      );
  });

  it("can be in base-256", async () => {
    expect(await list(archive(member({ size: base256(1n) }, "x"), next))).toEqual(["f: x", "next: y"]);
  });

  it("can be larger than 8 GiB", async () => {
    const large = 2n ** 33n + 5n;
    for (const head of [
      header({ size: base256(large), magic: GNU }),
      join(pax([["size", String(large)]]), header()),
    ]) {
      const read = async (offset: number, length: number): Promise<Uint8Array> => {
        const part = new Uint8Array(length);
        part.set(head.subarray(offset, offset + length));
        return part;
      };
      const { value } = await indexTar({ size: 2 ** 40, read }).next();
      expect(value).toMatchObject({ size: Number(large), dataSize: Number(large) });
    }
  });

  it.each([
    ["1", "link"],
    ["5", "directory"],
  ])("in the header is ignored for the typeflag %s, a %s, as all programs do", async (typeflag) => {
    const raw = { name: "a", typeflag, linkName: "to", size: 512 };
    for (const before of [new Uint8Array(), pax([["size", "0"]]), pax([["uid", "1"]])]) {
      const entry = join(before, header(raw));
      expect(await list(archive(entry, next))).toEqual(["a", "next: y"]);
      expect(await readOne(archive(entry))).toMatchObject({ size: 0, dataSize: 0 });
    }
  });

  it.each(["2", "3", "4", "6"])(
    "fails with ARCHIVE_INVALID if it is in the header of the typeflag %s, because GNU tar skips content there",
    async (typeflag) => {
      const whole = archive(header({ name: "a", typeflag, linkName: "to", size: 512 }), next);
      expect(await rejection(list(whole))).toMatchObject(invalid);
    },
  );

  it.each(["1", "2", "3", "4", "5", "6"])(
    "fails with ARCHIVE_INVALID if it is in a PAX header for the typeflag %s, because some programs skip content there",
    async (typeflag) => {
      for (const own of [0, 512]) {
        const raw = { name: "a", typeflag, linkName: "to", size: own };
        expect(await rejection(list(archive(pax([["size", "512"]]), header(raw), next)))).toMatchObject(
          invalid,
        );
      }
    },
  );

  it("must be 0 for a regular file whose path ends with a slash", async () => {
    for (const typeflag of ["0", "\0", "7"])
      expect(await rejection(list(archive(member({ name: "a/", typeflag }, "x"))))).toMatchObject(invalid);
    expect(await rejection(list(archive(pax([["path", "a/"]]), member({}, "x"))))).toMatchObject(invalid);
  });

  it("fails with ARCHIVE_INVALID if the archive has fewer bytes", async () => {
    for (const whole of [
      header({ size: 1 }),
      join(header({ size: 600 }), new Uint8Array(512)),
      member({}, "x").subarray(0, 1023),
      join(header({ size: 512 }), new Uint8Array(511)),
    ])
      expect(await rejection(list(whole))).toMatchObject({ ...invalid, detail: { offset: whole.length } });
  });

  it("fails with SIZE_INVALID if it is beyond every archive", async () => {
    for (const huge of [2n ** 53n - 1n, 2n ** 52n])
      expect(await rejection(list(archive(header({ size: base256(huge) }))))).toMatchObject({
        code: "SIZE_INVALID",
      });
    expect(await rejection(list(archive(pax([["size", "9007199254740991"]]), header())))).toMatchObject({
      code: "SIZE_INVALID",
    });
  });
});

describe("content", () => {
  it("is followed by padding, whose bytes do not matter", async () => {
    const padded = new Uint8Array(512).fill(7);
    padded.set(bytes("hi"));
    expect(await list(archive(header({ size: 2 }), padded, next))).toEqual(["f: hi", "next: y"]);
  });

  it("is complete at the sizes around a block", async () => {
    for (const length of [0, 1, 511, 512, 513, 1023, 1024, 1025]) {
      const content = "c".repeat(length);
      expect(await list(archive(member({}, content), next))).toEqual([`f: ${content}`, "next: y"]);
    }
  });
});
