import { bytes, rejection } from "@ocilayout/testing";
import { collect } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { indexTar } from "../../src/tar.ts";
import {
  archive,
  base256,
  concat,
  GNU,
  header,
  join,
  list,
  longName,
  member,
  pad,
  pax,
  read,
  readOne,
} from "./archives.ts";

// The advisories about reading an archive. docs/security.md of the repository has the table of all advisories.

const invalid = { code: "ARCHIVE_INVALID" };
const tooLarge = { code: "SIZE_INVALID" };
const hidden = join(member({ name: "hidden" }, "x"), header({ name: "hidden/", typeflag: "5" }));
const hiddenSize = String(hidden.length);
const next = header({ name: "next" });

describe("advisories of node-tar", () => {
  it.each(["L", "K"])(
    "GHSA-vmf3-w455-68vh (CVE-2026-53655): the size of a PAX header does not apply to a header of type %s",
    async (typeflag) => {
      const name = longName("n".repeat(600), typeflag);
      const parts = [
        pax([["size", hiddenSize]]),
        name,
        header({ name: "outer", typeflag: "0" }),
        hidden,
        next,
      ];
      const paths = (await read(archive(...parts))).map(({ path }) => path);
      expect(paths).toEqual([typeflag === "L" ? "n".repeat(600) : "outer", "next"]);
    },
  );

  it.each(["path", "linkpath"])(
    "GHSA-gvwx-54wh-qm9j (CVE-2026-59875): a zero byte in the PAX record %s is ARCHIVE_INVALID",
    async (key) => {
      const parts = [pax([[key, "a\0b"]]), header({ typeflag: "2", linkName: "to" })];
      expect(await rejection(list(archive(...parts)))).toMatchObject(invalid);
    },
  );

  it("GHSA-w8wr-v893-vjvp: a path that is a number in a PAX header is text", async () => {
    for (const path of ["5", "0", "-1", "1e3", "NaN", "true", "null"])
      expect((await readOne(archive(pax([["path", path]]), header()))).path).toBe(path);
  });

  it("GHSA-8x88-c5mf-7j5w (CVE-2026-59874): a negative size is ARCHIVE_INVALID", async () => {
    for (const size of [-1n, -512n, -1024n, -(2n ** 40n)])
      for (const typeflag of ["0", "5", "x", "L", "g", "V"]) {
        const whole = archive(header({ typeflag, size: base256(size) }), next);
        expect(await rejection(list(whole))).toMatchObject(invalid);
        const file = {
          size: whole.length,
          read: async (at: number, length: number) => whole.slice(at, at + length),
        };
        expect(await rejection(collect(indexTar(file)))).toMatchObject(invalid);
      }
    expect(await rejection(list(archive(pax([["size", "-512"]]), header())))).toMatchObject(invalid);
  });

  it("GHSA-23hp-3jrh-7fpw (CVE-2026-59873): entries and bytes without end are SIZE_INVALID", async () => {
    const entries = concat(Array.from({ length: 200 }, () => header()));
    const endless = function* (part: Uint8Array): Generator<Uint8Array> {
      yield header({ size: base256(2n ** 39n) });
      for (;;) yield part;
    };
    expect(await rejection(list(endless(entries), { limits: { bytes: 5_000_000 } }))).toMatchObject(tooLarge);
    const many = function* (): Generator<Uint8Array> {
      for (;;) yield entries;
    };
    expect(await rejection(list(many(), { limits: { entries: 10_000 } }))).toMatchObject(tooLarge);
  });

  it("GHSA-r292-9mhp-454m (CVE-2026-73566): a path with many components is not walked", async () => {
    const path = "a/".repeat(2000);
    expect(await readOne(archive(pax([["path", path]]), header()))).toMatchObject({
      path,
      type: "directory",
    });
    expect(await rejection(list(archive(longName("a/".repeat(100_000)), header())))).toMatchObject(tooLarge);
  });

  it("GHSA-f5x3-32g6-xq36 (CVE-2024-28863): a path that is too long is SIZE_INVALID", async () => {
    expect(await rejection(list(archive(longName("a/".repeat(2049)), header())))).toMatchObject(tooLarge);
  });

  it("GHSA-29xp-372q-hqph (CVE-2025-64118): a file that becomes shorter while it is read is ARCHIVE_INVALID", async () => {
    const whole = archive(member({ name: "a" }, new Uint8Array(9000)), longName("n".repeat(3000)), next);
    for (const size of [9728, 10_240, 11_000, 13_000]) {
      const file = {
        size: whole.length,
        read: async (at: number, length: number) => whole.slice(at, Math.min(at + length, size)),
      };
      expect(await rejection(collect(indexTar(file)))).toMatchObject(invalid);
    }
  });
});

describe("advisories of Go's archive/tar, which containerd, moby and umoci use", () => {
  it.each(["x", "g", "L", "K"])(
    "CVE-2022-2879: a header of type %s with a large body is SIZE_INVALID before the body is read",
    async (typeflag) => {
      const source = function* (): Generator<Uint8Array> {
        yield header({ typeflag, size: 1024 * 1024 + 1 });
        throw new Error("the body was read");
      };
      expect(await rejection(list(source()))).toMatchObject(tooLarge);
    },
  );

  it("CVE-2025-58183: a map in the content of a sparse file with many segments is SIZE_INVALID", async () => {
    const records: [string, string][] = [
      ["GNU.sparse.major", "1"],
      ["GNU.sparse.minor", "0"],
      ["GNU.sparse.realsize", "1000"],
    ];
    const source = function* (): Generator<Uint8Array> {
      yield pax(records);
      yield header({ size: base256(2n ** 39n) });
      yield pad(bytes("999999999\n"));
      throw new Error("the map was read");
    };
    expect(await rejection(list(source()))).toMatchObject(tooLarge);
  });

  it("CVE-2026-32288: a map of GNU tar with many segments is SIZE_INVALID", async () => {
    const block = new Uint8Array(512);
    for (let at = 0; at < 21; at += 1) block.set(bytes("00000000000\x0000000000000\0"), 24 * at);
    block[504] = 1;
    let count = 0;
    const source = function* (): Generator<Uint8Array> {
      yield header({
        typeflag: "S",
        magic: GNU,
        at: { 386: block.subarray(0, 96), 482: Uint8Array.of(1), 483: base256(1n) },
      });
      for (; ; count += 1) yield block;
    };
    expect(await rejection(list(source()))).toMatchObject(tooLarge);
    expect(count).toBeLessThan(5000);
  });
});

describe("advisories of containerd", () => {
  it("GHSA-259w-8hf6-59c2 (CVE-2023-25153): a member of an archive of images can have a limit of its own", async () => {
    const source = function* (): Generator<Uint8Array> {
      yield header({ name: "index.json", size: base256(2n ** 38n) });
      throw new Error("the content was read");
    };
    expect(await rejection(list(source(), { limits: { fileBytes: 8 * 1024 * 1024 } }))).toMatchObject(
      tooLarge,
    );
  });
});

describe("advisories of other programs that read archives", () => {
  it("CVE-2025-62518 of tokio-tar: a size of 0 in the header yields to the PAX header", async () => {
    const parts = [pax([["size", hiddenSize]]), header({ name: "outer", size: 0 }), hidden, next];
    expect((await read(archive(...parts))).map(({ path }) => path)).toEqual(["outer", "next"]);
  });

  it("CVE-2026-33055 of tar-rs: a size that is not 0 in the header yields to the PAX header", async () => {
    const parts = [pax([["size", hiddenSize]]), header({ name: "outer", size: 512 }), hidden, next];
    expect((await read(archive(...parts))).map(({ path }) => path)).toEqual(["outer", "next"]);
  });

  it("GHSA-3pv8-6f4r-ffg2 of tar-rs: a PAX header before a long name applies to the entry", async () => {
    const parts = [
      pax([
        ["size", "1024"],
        ["uid", "7"],
      ]),
      longName("outer"),
      header({ name: "cut" }),
      new Uint8Array(1024).fill(65),
    ];
    expect(await readOne(archive(...parts))).toMatchObject({ path: "outer", uid: 7, size: 1024 });
  });

  it("CVE-2026-32766 of astral-tokio-tar: a malformed extended header is not skipped", async () => {
    for (const bad of [
      pax(["30 path=a\n"]),
      pax([["path", "a"], "garbage"]),
      longName(""),
      pax(["5 a=\n", "0 \n"], { typeflag: "g" }),
    ])
      expect(await rejection(list(archive(bad, header({ name: "b" }))))).toMatchObject(invalid);
  });

  it("CVE-2025-13462 of Python: a long name decides whether an old header is a directory", async () => {
    const cut = `${"d".repeat(99)}/`;
    const parts = [
      longName(`${cut}f`),
      header({ name: cut, typeflag: "\0", size: 512 }),
      new Uint8Array(512).fill(65),
    ];
    expect(await readOne(archive(...parts))).toMatchObject({ type: "file", size: 512 });
  });

  it("CVE-2025-8194 of Python: a negative offset or size in a map of a sparse file ends", async () => {
    for (const map of ["-1,5", "0,-512", "5,-5"]) {
      const records: [string, string][] = [
        ["GNU.sparse.size", "10"],
        ["GNU.sparse.numblocks", "1"],
        ["GNU.sparse.map", map],
      ];
      expect(await rejection(list(archive(pax(records), header())))).toMatchObject(invalid);
    }
    const raw = {
      typeflag: "S",
      magic: GNU,
      at: { 386: base256(-512n), 398: base256(-512n), 483: base256(-1n) },
    };
    expect(await rejection(list(archive(header(raw))))).toMatchObject(invalid);
  });

  it("CVE-2024-6232 of Python: a malformed record of 1 MB is found quickly", async () => {
    const started = performance.now();
    for (const body of [
      "9".repeat(1_000_000),
      "1 ".repeat(500_000),
      `${"0".repeat(999_990)}5 a=\n`,
      "5 a=\n".repeat(200_000),
    ])
      await list(archive(pax([body]), header())).catch(() => undefined);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it("CVE-2022-48303 of GNU tar: a number of base-256 that begins with spaces is ARCHIVE_INVALID", async () => {
    for (const mtime of [
      join(bytes(" ".repeat(11)), Uint8Array.of(0x80)),
      join(bytes(" ".repeat(11)), Uint8Array.of(0xff)),
    ])
      expect(await rejection(list(archive(header({ magic: "\0\0\0\0\0\0\0\0", mtime }))))).toMatchObject(
        invalid,
      );
  });

  it("CVE-2023-39804 of GNU tar: an attribute with a huge name is text like any other", async () => {
    const name = `user.${"a".repeat(900_000)}`;
    const { xattrs } = await readOne(archive(pax([[`SCHILY.xattr.${name}`, "v"]]), header()));
    expect(xattrs).toEqual(new Map([[name, bytes("v")]]));
  });

  it("CVE-2024-57970 of libarchive: a long link target that is cut is ARCHIVE_INVALID", async () => {
    const whole = longName("l".repeat(2000), "K");
    for (const size of [512, 513, 1024, 2000, 2559])
      expect(await rejection(list(whole.subarray(0, size)))).toMatchObject(invalid);
  });
});
