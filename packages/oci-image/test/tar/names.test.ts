import { bytes, rejection } from "@ocilayout/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { encodeTarText } from "../../src/tar.ts";
import { decodeText, encodeText } from "../../src/tar/format/text.ts";
import { archive, header, list, longName, pax, readOne } from "./archives.ts";

const invalid = { code: "ARCHIVE_INVALID" };
const long = `${"directory/".repeat(30)}file`;

describe("long names of GNU tar", () => {
  it("replace the path and the link target", async () => {
    const entry = await readOne(
      archive(
        longName(long),
        longName(`${long}2`, "K"),
        header({ name: "cut", typeflag: "2", linkName: "cut" }),
      ),
    );
    expect(entry).toMatchObject({ path: long, linkName: `${long}2`, offset: 0, dataOffset: 512 * 5 });
  });

  it("apply to one entry only", async () => {
    const entry = archive(longName(long), header({ name: "cut" }), header({ name: "next" }));
    expect(await list(entry)).toEqual([`${long}: `, "next: "]);
  });

  it("end at the first zero byte", async () => {
    expect((await readOne(archive(longName("a\0b"), header()))).path).toBe("a");
  });

  it("decide whether a regular file is a directory, and not the path in the header", async () => {
    // CVE-2025-13462 of Python: the header has the beginning of the name, which can end with a slash.
    const cut = `${"d".repeat(99)}/`;
    const file = archive(longName(`${cut}file`), header({ name: cut, typeflag: "\0" }));
    expect(await readOne(file)).toMatchObject({ path: `${cut}file`, type: "file" });
    const directory = archive(
      longName(`${cut}directory/`),
      header({ name: cut.slice(0, 50), typeflag: "\0" }),
    );
    expect(await readOne(directory)).toMatchObject({ type: "directory" });
  });

  it("fail with ARCHIVE_INVALID if they are empty", async () => {
    expect(await rejection(readOne(archive(longName(""), header())))).toMatchObject(invalid);
  });

  it("have priority over a PAX path if both are equal, and fail with ARCHIVE_INVALID if not", async () => {
    for (const parts of [
      [longName("a"), pax([["path", "a"]])],
      [pax([["path", "a"]]), longName("a")],
    ])
      expect((await readOne(archive(...parts, header()))).path).toBe("a");
    for (const parts of [
      [longName("a"), pax([["path", "b"]])],
      [pax([["path", "b"]]), longName("a")],
      [longName("a", "K"), pax([["linkpath", "b"]])],
    ])
      expect(
        await rejection(readOne(archive(...parts, header({ typeflag: "2", linkName: "c" })))),
      ).toMatchObject(invalid);
  });
});

describe("the paths of an archive", () => {
  it.each([
    "/absolute",
    "../up",
    "./here",
    "a//b",
    "a/../b",
    "C:\\windows",
    "con",
    "a\nb",
    "\u202e",
    "-rf",
    " ",
  ])("are not changed: %j", async (path) => {
    expect((await readOne(archive(header({ name: path })))).path).toBe(path);
    expect((await readOne(archive(pax([["path", path]]), header()))).path).toBe(path);
  });

  it("keep the slash at the end of a directory", async () => {
    expect((await readOne(archive(header({ name: "a/", typeflag: "5" })))).path).toBe("a/");
    expect((await readOne(archive(header({ name: "a", typeflag: "5" })))).path).toBe("a");
  });

  it("are UTF-8, and keep a byte order mark", async () => {
    for (const path of ["é", "e\u0301", "\ufeffa", "日本", "😀"])
      expect((await readOne(archive(header({ name: path })))).path).toBe(path);
  });

  it("are different if their bytes are, also if the bytes are not UTF-8", async () => {
    const names = [
      [0xff],
      [0xfe],
      [0xc3],
      [0xc3, 0x28],
      [0xef, 0xbf, 0xbd],
      [0xc0, 0xaf],
      [0xed, 0xa0, 0x80],
    ];
    const paths = await Promise.all(
      names.map(async (name) => (await readOne(archive(header({ name: Uint8Array.from(name) })))).path),
    );
    expect(new Set(paths).size).toBe(names.length);
    expect(paths.map((path) => [...(encodeTarText(path) ?? [])])).toEqual(names);
    expect(paths[0]).toBe("\udcff");
  });

  it("keep their bytes in any encoding", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 99 }), async (name) => {
        const whole = name.map((byte) => (byte === 0 ? 1 : byte));
        const { path } = await readOne(archive(header({ name: whole })));
        expect([...(encodeTarText(path) ?? [])]).toEqual([...whole]);
      }),
    );
  });
});

/** Any character. The unit "binary" of fast-check does the same, and builds a table of all characters first. */
const character = fc
  .oneof(fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((code) => String.fromCodePoint(code));

describe("text with bytes that are not UTF-8", () => {
  it("is decoded as UTF-8 if it is well-formed", () => {
    fc.assert(
      fc.property(fc.string({ unit: character }), (text) => {
        expect(decodeText(bytes(text))).toBe(text);
        expect(encodeText(text)).toEqual(bytes(text));
      }),
    );
  });

  it("keeps all bytes, and characters between bad bytes", () => {
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 4 }),
      fc.string({ unit: character, maxLength: 3 }).map((text) => bytes(text)),
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const whole = Uint8Array.from(parts.flatMap((one) => [...one]));
        expect([...(encodeText(decodeText(whole)) ?? [])]).toEqual([...whole]);
      }),
    );
    expect(decodeText(Uint8Array.of(0x61, 0xe9, 0xc3, 0xa9, 0xff))).toBe("a\udce9é\udcff");
  });

  it.each(["\ud800", "\udc00", "\udc7f", "\udd00", "a\ud83d"])("cannot be encoded from %j", (text) => {
    expect(encodeText(text)).toBeUndefined();
  });

  it("is decoded in time that grows with its length", () => {
    const started = performance.now();
    expect(decodeText(new Uint8Array(1_000_000).fill(0xff))).toHaveLength(1_000_000);
    expect(decodeText(new Uint8Array(1_000_000).fill(0xe9))).toHaveLength(1_000_000);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
