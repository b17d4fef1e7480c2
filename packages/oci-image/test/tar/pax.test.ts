import { bytes, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { archive, header, join, list, member, pax, paxRecord, read, readOne } from "./archives.ts";

const invalid = { code: "ARCHIVE_INVALID" };

/** Reads an entry after a PAX header with these records. */
async function withRecords(...records: Parameters<typeof pax>[0]): ReturnType<typeof readOne> {
  return readOne(archive(pax(records), header({ typeflag: "2", linkName: "to" })));
}

describe("the records of a PAX header", () => {
  it("replace the fields of the header", async () => {
    const entry = await withRecords(
      ["path", "a/é"],
      ["linkpath", "to/é"],
      ["uid", "4294967294"],
      ["gid", "9007199254740991"],
      ["uname", "änn"],
      ["gname", "üsers"],
      ["mtime", "1700000000.123456789"],
    );
    expect(entry).toMatchObject({
      path: "a/é",
      linkName: "to/é",
      uid: 4_294_967_294,
      gid: Number.MAX_SAFE_INTEGER,
      userName: "änn",
      groupName: "üsers",
      mtime: Number("1700000000.123456789"),
      pax: new Map(),
    });
  });

  it.each([
    ["0", 0],
    ["-1", -1],
    ["-1.5", -1.5],
    ["1.", 1],
    ["0.000000001", 1e-9],
    ["99999999999", 99_999_999_999],
  ])("can have the time %j", async (text, mtime) => {
    expect((await withRecords(["mtime", text])).mtime).toBe(mtime);
  });

  it("are in the member pax if no other member has their values", async () => {
    const entry = await withRecords(
      ["comment", "a=b\nc"],
      ["atime", "1.5"],
      ["VENDOR.key", ""],
      ["mtime", "1"],
    );
    expect(entry.pax).toEqual(
      new Map([
        ["comment", "a=b\nc"],
        ["atime", "1.5"],
      ]),
    );
  });

  it("have extended attributes with any bytes", async () => {
    const value = Uint8Array.of(0, 10, 61, 255);
    const entry = await withRecords(["SCHILY.xattr.user.a b", value], ["SCHILY.xattr.user.empty", ""]);
    expect(entry.xattrs).toEqual(
      new Map([
        ["user.a b", value],
        ["user.empty", new Uint8Array()],
      ]),
    );
  });

  it("have extended attributes of bsdtar, which yield to the usual ones", async () => {
    const entry = await withRecords(
      ["LIBARCHIVE.xattr.user.%C3%A9", "AQI"],
      ["LIBARCHIVE.xattr.user.b", "AQID"],
      ["SCHILY.xattr.user.b", "b"],
    );
    expect(entry.xattrs).toEqual(
      new Map([
        ["user.é", Uint8Array.of(1, 2)],
        ["user.b", bytes("b")],
      ]),
    );
    for (const [name, value] of [
      ["%", "AQI"],
      ["a", "!"],
      ["a", "AQIDA"],
    ])
      expect(await rejection(withRecords([`LIBARCHIVE.xattr.${name}`, value ?? ""]))).toMatchObject(invalid);
  });

  it("count only once if a key is repeated: the last one wins", async () => {
    expect((await withRecords(["path", "a"], ["path", "b"])).path).toBe("b");
    expect((await withRecords(["uid", "5"], ["uid", ""])).uid).toBe(0);
  });

  it("do not apply to the next entry", async () => {
    const whole = archive(
      pax([
        ["path", "a"],
        ["comment", "x"],
      ]),
      header(),
      header({ name: "b" }),
    );
    expect((await read(whole)).map(({ path, pax: rest }) => [path, rest.size])).toEqual([
      ["a", 1],
      ["b", 0],
    ]);
  });

  it("keep the field of the header if their value is empty", async () => {
    expect(await withRecords(["path", ""], ["linkpath", ""], ["mtime", ""])).toMatchObject({
      path: "f",
      linkName: "to",
      mtime: 0,
    });
  });

  it("can be in a header of Solaris with the typeflag X", async () => {
    expect((await readOne(archive(pax([["path", "a"]], { typeflag: "X" }), header()))).path).toBe("a");
  });

  it("can be a member like __proto__", async () => {
    const entry = await withRecords(["__proto__", "a"], ["SCHILY.xattr.__proto__", "b"]);
    expect(entry.pax.get("__proto__")).toBe("a");
    expect(entry.xattrs.get("__proto__")).toEqual(bytes("b"));
  });

  it.each([
    ["a length that is not a number", "x path=a\n"],
    ["a negative length", "-5 a=b\n"],
    ["a length with a sign", "+6 a=b\n"],
    ["no length", " a=b\n"],
    ["no space", "7path=a\n"],
    ["the length 0", "0 a=b\n"],
    ["a length that is too short", "2 a=b\n"],
    ["a length that ends in the length", "1 a=b\n"],
    ["a length that overlaps the next record", "8 a=b\n6 c=d\n"],
    ["a length that is too long", "7 a=b\n"],
    ["a huge length", `${"9".repeat(400)} a=b\n`],
    ["a length beyond 2^64", "18446744073709551622 a=b\n"],
    ["no newline", "6 a=bb"],
    ["no equals sign", "6 abc\n"],
    ["no key", "5 =b\n"],
    ["a zero byte in the key", "7 a\0=b\n"],
    ["only a length", "6"],
    ["zero bytes after the last record", "6 a=b\n\0\0"],
    ["a newline after the last record", "6 a=b\n\n"],
    ["leading white space", "  6 a=b\n"],
  ])("fail with ARCHIVE_INVALID if one has %s", async (_name, record) => {
    expect(await rejection(withRecords(record))).toMatchObject(invalid);
  });

  it("can have leading zeros in their length and in numbers", async () => {
    expect((await withRecords(["uid", `${"0".repeat(50)}7`])).uid).toBe(7);
    expect((await withRecords("008 a=b\n")).pax).toEqual(new Map([["a", "b"]]));
  });

  it.each([
    ["path", "a\0b"],
    ["linkpath", "a\0"],
    ["uname", "\0"],
    ["gname", "a\0"],
    ["uid", "-1"],
    ["uid", "1.5"],
    ["uid", "0x1"],
    ["uid", " 1"],
    ["gid", "9007199254740992"],
    ["gid", "1e3"],
    ["size", "-1"],
    ["size", "18446744073709551616"],
    ["size", "9".repeat(1000)],
    ["mtime", "soon"],
    ["mtime", "1e3"],
    ["mtime", "1.2.3"],
    ["mtime", ".5"],
    ["mtime", "Infinity"],
    ["mtime", "9".repeat(20)],
    ["mtime", "1,5"],
  ])("fail with ARCHIVE_INVALID if %s is %j", async (key, value) => {
    expect(await rejection(withRecords([key, value]))).toMatchObject(invalid);
  });

  it("name the offset of the record in the error", async () => {
    const bad = archive(member({}, "x"), pax([["a", "b"], "oops"]), header());
    expect(await rejection(readOne(bad))).toMatchObject({
      message:
        "cannot read the archive at byte 1542: a PAX record does not begin with its length and a space",
      detail: { offset: 1542 },
    });
  });

  it("do not repeat hostile text in a message", async () => {
    const hostile = `\u001b[2J\n${"x".repeat(10_000)}`;
    for (const record of [
      ["uid", hostile],
      ["path", `${hostile}\0`],
      [`LIBARCHIVE.xattr.${hostile}`, "!"],
    ] as const) {
      const { message } = (await rejection(withRecords(record))) as Error;
      expect(message).toMatch(/^[^\p{Cc}]{1,300}$/u);
    }
  });
});

describe("the records of a global header", () => {
  const global = (...records: Parameters<typeof pax>[0]): Uint8Array => pax(records, { typeflag: "g" });

  it("apply to all later entries, after the fields of their headers and before their own records", async () => {
    const whole = archive(
      header({ name: "before", userName: "root" }),
      global(["uname", "ann"], ["comment", "all"], ["gname", "users"]),
      header({ name: "a", userName: "root" }),
      pax([
        ["uname", "bob"],
        ["comment", ""],
      ]),
      header({ name: "b" }),
      header({ name: "c" }),
    );
    const facts = (await read(whole)).map(({ path, userName, groupName, pax: rest }) => [
      path,
      userName,
      groupName,
      rest.get("comment"),
    ]);
    expect(facts).toEqual([
      ["before", "root", "", undefined],
      ["a", "ann", "users", "all"],
      ["b", "bob", "users", undefined],
      ["c", "ann", "users", "all"],
    ]);
  });

  it("are replaced and removed by later global headers", async () => {
    const whole = archive(
      global(["uname", "ann"], ["gname", "users"]),
      header(),
      global(["uname", "bob"], ["gname", ""]),
      header({ groupName: "wheel" }),
    );
    expect((await read(whole)).map(({ userName, groupName }) => [userName, groupName])).toEqual([
      ["ann", "users"],
      ["bob", "wheel"],
    ]);
  });

  it("use the header if an entry removes them", async () => {
    const whole = archive(global(["uname", "ann"]), pax([["uname", ""]]), header({ userName: "root" }));
    expect((await readOne(whole)).userName).toBe("root");
  });

  it("can be changed by the caller without an effect on the next entry", async () => {
    const whole = archive(global(["comment", "all"]), header(), header());
    const entries = [];
    for (const entry of await read(whole)) {
      entries.push(entry.pax.get("comment"));
      (entry.pax as Map<string, string>).set("comment", "changed");
    }
    expect(entries).toEqual(["all", "all"]);
  });

  it.each(["path", "linkpath", "size", "GNU.sparse.name", "SCHILY.xattr.user.a", "LIBARCHIVE.xattr.user.a"])(
    "fail with ARCHIVE_INVALID if they have the key %s",
    async (key) => {
      expect(await rejection(list(archive(global([key, "1"]), header())))).toMatchObject(invalid);
    },
  );

  it("may come without an entry", async () => {
    expect(await list(archive(global(["comment", "all"])))).toEqual([]);
    expect(await list(join(global(["comment", "all"])))).toEqual([]);
  });
});

it("a record whose length has one digit more than its rest is read", async () => {
  for (let size = 85; size < 100; size += 1) {
    const record = paxRecord("k", "v".repeat(size));
    expect(
      (await readOne(archive(pax([new TextDecoder().decode(record)]), header()))).pax.get("k"),
    ).toHaveLength(size);
  }
});
