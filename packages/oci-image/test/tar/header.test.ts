import { rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { archive, base256, GNU, header, member, pax, readOne, V7 } from "./archives.ts";

const invalid = { code: "ARCHIVE_INVALID" };

describe("the fields of a header", () => {
  it("has every field of ustar", async () => {
    const content = "hello";
    const raw = {
      name: "dir/file",
      mode: 0o4751,
      uid: 1000,
      gid: 100,
      mtime: 1_700_000_000,
      userName: "ann",
      groupName: "users",
    };
    const entry = await readOne(archive(member(raw, content)));
    expect(entry).toEqual({
      path: "dir/file",
      type: "file",
      typeflag: "0",
      size: 5,
      mode: 0o4751,
      uid: 1000,
      gid: 100,
      userName: "ann",
      groupName: "users",
      mtime: 1_700_000_000,
      linkName: "",
      deviceMajor: 0,
      deviceMinor: 0,
      xattrs: new Map(),
      pax: new Map(),
      offset: 0,
      dataOffset: 512,
      dataSize: 5,
      sparse: undefined,
      bytes: new TextEncoder().encode(content),
    });
  });

  it.each([
    ["\0", "file"],
    ["0", "file"],
    ["1", "link"],
    ["2", "symlink"],
    ["3", "character-device"],
    ["4", "block-device"],
    ["5", "directory"],
    ["6", "fifo"],
    ["7", "file"],
    ["A", "other"],
    ["D", "other"],
    ["V", "other"],
    ["8", "other"],
    ["\u007f", "other"],
  ])("has the type for the typeflag %j: %s", async (typeflag, type) => {
    const isLink = typeflag === "1" || typeflag === "2";
    const entry = await readOne(archive(header({ typeflag, linkName: isLink ? "target" : "" })));
    expect(entry).toMatchObject({ type, typeflag, linkName: isLink ? "target" : "" });
  });

  it.each(["\0", "0", "7"])(
    "is a directory if the typeflag is %j and the path ends with a slash",
    async (typeflag) => {
      for (const magic of ["ustar\x0000", GNU, V7])
        expect(await readOne(archive(header({ name: "old/", typeflag, magic })))).toMatchObject({
          path: "old/",
          type: "directory",
        });
    },
  );

  it("keeps the content of an entry with an unknown type", async () => {
    const entry = await readOne(archive(member({ typeflag: "V" }, "label")));
    expect(new TextDecoder().decode(entry.bytes)).toBe("label");
  });

  it("has no link target if the type is not a link", async () => {
    expect((await readOne(archive(header({ linkName: "target" })))).linkName).toBe("");
  });

  it("fails with ARCHIVE_INVALID for a link without a target", async () => {
    for (const typeflag of ["1", "2"])
      expect(await rejection(readOne(archive(header({ typeflag }))))).toMatchObject(invalid);
  });

  it("fails with ARCHIVE_INVALID for an entry without a path", async () => {
    expect(await rejection(readOne(archive(header({ name: "" }))))).toMatchObject(invalid);
  });

  it("has the numbers of a device, and ignores them for other types", async () => {
    const numbers = { deviceMajor: 8, deviceMinor: 17 };
    expect(await readOne(archive(header({ typeflag: "4", ...numbers })))).toMatchObject(numbers);
    const garbage = { deviceMajor: "garbage!", deviceMinor: "garbage!" };
    expect(await readOne(archive(header(garbage)))).toMatchObject({ deviceMajor: 0, deviceMinor: 0 });
    expect(await rejection(readOne(archive(header({ typeflag: "3", ...garbage }))))).toMatchObject(invalid);
  });

  it("ignores the type of the file in the mode", async () => {
    expect((await readOne(archive(header({ mode: 0o100755 })))).mode).toBe(0o755);
  });
});

describe("the formats of a header", () => {
  const names = { userName: "ann", groupName: "users", prefix: "prefix" };

  it("joins the prefix of ustar and the name with a slash", async () => {
    const long = { prefix: "p".repeat(155), name: "n".repeat(100) };
    expect((await readOne(archive(header(long)))).path).toBe(`${long.prefix}/${long.name}`);
    expect((await readOne(archive(header({ prefix: "a/", name: "/b" })))).path).toBe("a///b");
  });

  it("reads the prefix whatever version follows the magic of ustar", async () => {
    const entry = await readOne(archive(header({ ...names, magic: "ustar\0\0\0" })));
    expect(entry).toMatchObject({ path: "prefix/f", userName: "ann", groupName: "users" });
  });

  it("ends the prefix of star before its times", async () => {
    const times = { 476: "15000000000 15000000000 ", 508: "tar\0" };
    const raw = { prefix: "p".repeat(130), name: "f", at: times };
    expect((await readOne(archive(header(raw)))).path).toBe(`${"p".repeat(130)}/f`);
    const full = archive(header({ ...raw, prefix: "p".repeat(131) }));
    expect(await rejection(readOne(full))).toMatchObject(invalid);
  });

  it("has no prefix in the format of GNU tar, which has times there", async () => {
    for (const prefix of ["14000000000\x0014000000000\0", "", "\0\0\0prefix"])
      expect(await readOne(archive(header({ ...names, magic: GNU, prefix })))).toMatchObject({
        path: "f",
        userName: "ann",
        groupName: "users",
      });
  });

  it("fails with ARCHIVE_INVALID if the format is that of GNU tar and a path is in place of the times", async () => {
    for (const prefix of ["prefix", "14000000000\0prefix"])
      expect(await rejection(readOne(archive(header({ magic: GNU, prefix }))))).toMatchObject(invalid);
  });

  it.each([V7, "ustar 00", "USTAR\x0000", "ustarx00"])(
    "has neither a prefix nor names of owners if the magic is %j",
    async (magic) => {
      expect(await readOne(archive(header({ ...names, magic })))).toMatchObject({
        path: "f",
        userName: "",
        groupName: "",
      });
    },
  );
});

describe("the numbers of a header", () => {
  it.each([
    ["0000017\0", 15],
    ["0000017 ", 15],
    ["000017 \0", 15],
    ["    17 \0", 15],
    ["     17\0", 15],
    ["17\0\0\0\0\0\0", 15],
    ["17\0junk!", 15],
    ["\x0000017\0\0", 15],
    ["77777777", 0o77777777],
    ["\0\0\0\0\0\0\0\0", 0],
    ["        ", 0],
  ])("reads the octal number %j", async (uid, value) => {
    expect((await readOne(archive(header({ uid })))).uid).toBe(value);
  });

  it.each(["0000018\0", "17 8    ", "17 17   ", "-1\0", "+1\0", "0x1\0", "1.5\0", "１\0", "a\0", "1a"])(
    "fails with ARCHIVE_INVALID for the octal number %j",
    async (field) => {
      for (const name of ["mode", "uid", "gid", "mtime"] as const)
        expect(await rejection(readOne(archive(header({ [name]: field }))))).toMatchObject(invalid);
    },
  );

  it.each([0n, 1n, 255n, 256n, 2_097_152n, 4_294_967_294n, 2n ** 53n - 1n])(
    "reads %d in base-256",
    async (value) => {
      const entry = await readOne(archive(header({ uid: base256(value, 8), mtime: base256(value) })));
      expect(entry).toMatchObject({ uid: Number(value), mtime: Number(value) });
    },
  );

  it.each([-1n, -256n, -86_400n, -(2n ** 53n) + 1n])("reads the time %d in base-256", async (value) => {
    expect((await readOne(archive(header({ mtime: base256(value) })))).mtime).toBe(Number(value));
  });

  it.each([2n ** 53n, 2n ** 64n, -(2n ** 53n), -(2n ** 80n)])(
    "fails with ARCHIVE_INVALID for %d in base-256, which is not a safe integer",
    async (value) => {
      expect(await rejection(readOne(archive(header({ mtime: base256(value) }))))).toMatchObject(invalid);
    },
  );

  it.each(["mode", "uid", "gid", "size", "deviceMajor", "deviceMinor"] as const)(
    "fails with ARCHIVE_INVALID if the number %s is negative",
    async (name) => {
      const size = name === "size" ? 12 : 8;
      const raw = { typeflag: "3", [name]: base256(-1n, size) };
      expect(await rejection(readOne(archive(header(raw))))).toMatchObject(invalid);
    },
  );

  it("names the field and the offset of the header in the message", async () => {
    const bad = archive(member({}, "x"), header({ uid: base256(-5n, 8) }));
    expect(await rejection(readOne(bad))).toMatchObject({
      message: "cannot read the archive at byte 1024: the uid in the header is -5",
      detail: { offset: 1024 },
    });
  });
});

describe("the checksum of a header", () => {
  it("can be the sum of signed bytes", async () => {
    const block = header({ name: "\xff\xfe" });
    const signed = block.reduce(
      (sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : (byte << 24) >> 24),
      0,
    );
    const checksum = `${signed.toString(8).padStart(6, "0")}\0 `;
    expect(await readOne(archive(header({ name: "\xff\xfe", checksum })))).toMatchObject({ type: "file" });
  });

  it.each(["  1234\0 ", "0000000\0", "        ", "garbage!"])(
    "fails with ARCHIVE_INVALID if it is %j",
    async (checksum) => {
      expect(await rejection(readOne(archive(header({ checksum }))))).toMatchObject(invalid);
    },
  );

  it("is checked in extended headers too", async () => {
    const bad = pax([["path", "a"]], { checksum: "000001\0 " });
    expect(await rejection(readOne(archive(bad, header())))).toMatchObject(invalid);
  });

  it("fails with a hint if the archive is compressed", async () => {
    for (const [name, ...start] of [
      ["gzip", 0x1f, 0x8b],
      ["zstd", 0x28, 0xb5, 0x2f, 0xfd],
    ] as const) {
      const compressed = new Uint8Array(1024).fill(7);
      compressed.set(start);
      expect(await rejection(readOne(compressed))).toMatchObject({
        ...invalid,
        message: `cannot read the archive at byte 0: it is compressed with ${name}: decompress it first`,
      });
    }
  });
});
