import { bytes, chunked, probe, rejection } from "@ocilayout/testing";
import { collect } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { readTar, type TarEntryInit, writeTar, type WriteTarOptions } from "../../src/tar.ts";
import { archive, concat, GNU, header, list, longName, member, pax, read, readOne } from "./archives.ts";

async function write(
  entries: Parameters<typeof writeTar>[0],
  options?: WriteTarOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeTar(entries, options)) chunks.push(chunk.slice());
  return concat(chunks);
}

const writeOne = async (entry: TarEntryInit): ReturnType<typeof readOne> => readOne(await write([entry]));

/** Returns the typeflags of the headers in an archive without content. */
async function headersOf(entry: TarEntryInit): Promise<string[]> {
  const whole = await write([entry]);
  const found: string[] = [];
  for (let at = 0; at < whole.length; at += 512)
    if (new TextDecoder().decode(whole.subarray(at + 257, at + 265)) === "ustar\x0000")
      found.push(String.fromCharCode(whole[at + 156] ?? 0));
  return found;
}

describe("writeTar", () => {
  it("writes an entry that reads back with all of its facts", async () => {
    const entry = {
      path: "dir/file",
      type: "file",
      mode: 0o4750,
      uid: 1000,
      gid: 100,
      userName: "ann",
      groupName: "users",
      mtime: 1_700_000_000,
      xattrs: new Map([
        ["user.a", Uint8Array.of(0, 10, 255)],
        ["user.empty", new Uint8Array()],
      ]),
    } as const;
    const written = await writeOne({ ...entry, content: bytes("hello") });
    expect(written).toMatchObject({ ...entry, size: 5, bytes: bytes("hello"), pax: new Map() });
  });

  it("has the defaults of a file, a directory and a symlink", async () => {
    expect(await writeOne({ path: "a" })).toMatchObject({
      type: "file",
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtime: 0,
      size: 0,
    });
    expect(await writeOne({ path: "a", type: "directory" })).toMatchObject({ path: "a/", mode: 0o755 });
    expect(await writeOne({ path: "a", type: "symlink", linkName: "b" })).toMatchObject({
      mode: 0o777,
      linkName: "b",
    });
  });

  it.each(["link", "symlink", "character-device", "block-device", "fifo", "directory"] as const)(
    "writes the type %s",
    async (type) => {
      const isDevice = type.endsWith("device");
      const entry = { type, linkName: "to", deviceMajor: isDevice ? 8 : 0, deviceMinor: isDevice ? 1 : 0 };
      const expected = type.endsWith("link") ? entry : { ...entry, linkName: "" };
      expect(await writeOne({ path: "a", ...entry })).toMatchObject(expected);
    },
  );

  it("writes only a ustar header if all values fit", async () => {
    const fitting: TarEntryInit[] = [
      { path: "a" },
      { path: `${"p".repeat(155)}/${"n".repeat(100)}` },
      { path: `${"p".repeat(155)}/${"n".repeat(99)}`, type: "directory" },
      { path: "n".repeat(100), uid: 0o7777777, gid: 0o7777777, mtime: 0o77777777777 },
      { path: "a", type: "symlink", linkName: "l".repeat(100) },
      { path: "a", userName: "u".repeat(31), groupName: "g".repeat(31) },
    ];
    for (const entry of fitting) {
      expect(await headersOf(entry)).toHaveLength(1);
      expect(await writeOne(entry)).toMatchObject({
        ...entry,
        path: entry.type === "directory" ? `${entry.path}/` : entry.path,
      });
    }
  });

  it("writes a PAX header before it if a value does not fit", async () => {
    const entries: TarEntryInit[] = [
      { path: "n".repeat(101) },
      { path: `${"p".repeat(156)}/n` },
      { path: `p/${"n".repeat(101)}` },
      { path: `/${"n".repeat(100)}` },
      { path: `${"p".repeat(200)}/`, type: "directory" },
      { path: `${"p".repeat(120)}/`, type: "directory" },
      { path: "é" },
      { path: "a", uid: 0o10000000 },
      { path: "a", gid: Number.MAX_SAFE_INTEGER },
      { path: "a", mtime: 0o100000000000 },
      { path: "a", mtime: -1 },
      { path: "a", mtime: 1.5 },
      { path: "a", mtime: -1.25 },
      { path: "a", mtime: 1e-7 },
      { path: "a", type: "symlink", linkName: "l".repeat(101) },
      { path: "a", type: "link", linkName: "é" },
      { path: "a", userName: "u".repeat(32) },
      { path: "a", groupName: "é" },
      { path: "a\udcff" },
      { path: "a", xattrs: [["user.a", bytes("b")]] },
    ];
    for (const entry of entries) {
      expect(await headersOf(entry)).toEqual([
        "x",
        entry.type === "directory" ? "5" : expect.stringMatching(/[012]/),
      ]);
      const { xattrs, ...facts } = entry;
      expect(await writeOne(entry)).toMatchObject({ ...facts, xattrs: new Map(xattrs ?? []) });
    }
  });

  it("declares names that are not UTF-8 as binary", async () => {
    const charset = async (entry: TarEntryInit): Promise<unknown> =>
      (await writeOne(entry)).pax.get("hdrcharset");
    expect(await charset({ path: "a\udcff" })).toBe("BINARY");
    expect(await charset({ path: "a", type: "symlink", linkName: "\udcff" })).toBe("BINARY");
    expect(await charset({ path: "é" })).toBeUndefined();
  });

  it("never writes headers of GNU tar", async () => {
    const whole = await write([{ path: "n".repeat(5000), uid: 2 ** 40, mtime: -5 }]);
    expect(new TextDecoder("latin1").decode(whole)).not.toMatch(/ustar {2}|LongLink/);
  });

  it("writes the same bytes again, whatever the order of attributes", async () => {
    const entry = { path: "é", mtime: 1.5, uid: 2 ** 30, content: bytes("x") };
    const attributes: [string, Uint8Array][] = [
      ["user.b", bytes("1")],
      ["user.a", bytes("2")],
      ["security.c", bytes("3")],
    ];
    const first = await write([{ ...entry, xattrs: attributes }]);
    expect(await write([{ ...entry, xattrs: new Map(attributes.toReversed()) }])).toEqual(first);
    const records = new TextDecoder()
      .decode(first.subarray(512, 1024))
      .replace(/\0+$/, "")
      .trimEnd()
      .split("\n");
    expect(records).toEqual([
      "29 SCHILY.xattr.security.c=3",
      "25 SCHILY.xattr.user.a=2",
      "25 SCHILY.xattr.user.b=1",
      "13 mtime=1.5",
      "11 path=é",
      "18 uid=1073741824",
    ]);
  });

  it("ends with two blocks of zeros, and pads to recordBytes", async () => {
    const entry = { path: "a", content: bytes("x") };
    const whole = await write([entry]);
    expect(whole).toHaveLength(2048);
    expect(whole.subarray(1024)).toEqual(new Uint8Array(1024));
    expect(await write([])).toEqual(new Uint8Array(1024));
    for (const [recordBytes, length] of [
      [512, 2048],
      [1536, 3072],
      [10_240, 10_240],
    ] as const)
      expect(await write([entry], { recordBytes })).toHaveLength(length);
  });

  it.each([0, 1, 511, 513, -512, NaN, 512.5])(
    "rejects recordBytes of %d with a RangeError",
    async (recordBytes) => {
      expect(await rejection(write([], { recordBytes }))).toBeInstanceOf(RangeError);
    },
  );

  it("yields few chunks for small entries, and does not copy large content", async () => {
    const small = Array.from({ length: 500 }, (_, at) => ({ path: `f${at}`, content: bytes("x") }));
    expect((await collect(writeTar(small))).length).toBeLessThan(15);
    const large = new Uint8Array(3_000_000);
    const chunks = await collect(writeTar([{ path: "a", content: large }]));
    expect(chunks.some((chunk) => chunk.buffer === large.buffer)).toBe(true);
    expect(chunks.every((chunk) => chunk.length > 0)).toBe(true);
  });

  it("accepts content of every kind, with its size if it is not known", async () => {
    const content = bytes("hello");
    for (const entry of [
      { content },
      { content, size: 5 },
      { content: new Blob([content]) },
      { content: new Blob([content]).stream(), size: 5 },
      { content: [...chunked(content, 1)], size: 5 },
    ])
      expect((await writeOne({ path: "a", ...entry })).bytes).toEqual(content);
    for (const stream of [new Blob([content]).stream(), [content]])
      expect(await rejection(write([{ path: "a", content: stream }]))).toBeInstanceOf(TypeError);
  });

  it.each([
    ["longer", 4, { expected: 4 }],
    ["shorter", 6, { expected: 6, received: 5 }],
  ])("fails with SIZE_INVALID if the content is %s than its size", async (_what, size, detail) => {
    for (const content of [bytes("hello"), [...chunked(bytes("hello"), 2)]]) {
      const source = probe(content instanceof Uint8Array ? [content] : content);
      const entries = [{ path: "a", size, content: source }, { path: "b" }];
      expect(await rejection(write(entries))).toMatchObject({ code: "SIZE_INVALID", detail });
    }
  });

  it("never writes more content than the size, so that an archive of an error does not look different", async () => {
    const secret = member({ name: "hidden" }, "x");
    const chunks: Uint8Array[] = [];
    const writing = async (): Promise<void> => {
      for await (const chunk of writeTar([{ path: "a", size: 512, content: [new Uint8Array(512), secret] }]))
        chunks.push(chunk.slice());
    };
    expect(await rejection(writing())).toMatchObject({ code: "SIZE_INVALID" });
    const written = concat(chunks);
    expect(new TextDecoder().decode(written)).not.toContain("hidden");
    expect(written.length).toBeLessThanOrEqual(1024);
  });

  it.each<[string, TarEntryInit]>([
    ["an empty path", { path: "" }],
    ["a zero byte in the path", { path: "a\0b" }],
    ["a lone surrogate in the path", { path: "a\ud800" }],
    ["a file whose path ends with a slash", { path: "a/" }],
    ["a link without a target", { path: "a", type: "link" }],
    ["a symlink with an empty target", { path: "a", type: "symlink", linkName: "" }],
    ["a zero byte in the target", { path: "a", type: "symlink", linkName: "b\0" }],
    ["a zero byte in the name of the user", { path: "a", userName: "\0" }],
    ["a lone surrogate in the name of the group", { path: "a", groupName: "\udd00" }],
    ["an attribute without a name", { path: "a", xattrs: [["", bytes("")]] }],
    ["an attribute with an equals sign", { path: "a", xattrs: [["a=b", bytes("")]] }],
    ["an attribute with a zero byte", { path: "a", xattrs: [["a\0", bytes("")]] }],
  ])("fails with NAME_INVALID for %s", async (_what, entry) => {
    expect(await rejection(write([entry]))).toMatchObject({
      code: "NAME_INVALID",
      detail: { reason: expect.any(String) as string },
    });
  });

  it.each<[string, object]>([
    ["no entry", undefined as never],
    ["a path that is not text", { path: 5 }],
    ["an unknown type", { path: "a", type: "door" }],
    ["the type of an unknown entry", { path: "a", type: "other" }],
    ["a time that is not a number", { path: "a", mtime: new Date(0) }],
    ["a number that is text", { path: "a", uid: "0" }],
    ["an attribute that is text", { path: "a", xattrs: [["a", "b"]] }],
    ["content that is text", { path: "a", content: "text" }],
  ])("rejects %s with a TypeError", async (_what, entry) => {
    expect(await rejection(write([entry as never]))).toBeInstanceOf(TypeError);
  });

  it.each([
    { uid: -1 },
    { gid: 0.5 },
    { mode: 0o10000 },
    { size: -1 },
    { mtime: NaN },
    { mtime: Infinity },
    { mtime: 2 ** 60 },
    { deviceMajor: 0o10000000 },
    { deviceMinor: -1 },
    { type: "directory", size: 1 },
  ] as object[])("rejects %j with a RangeError", async (numbers) => {
    expect(await rejection(write([{ path: "a", ...numbers }]))).toBeInstanceOf(RangeError);
  });

  it("fails with SIZE_INVALID if another type than a file has content", async () => {
    const entry = { path: "a", type: "fifo", size: 0, content: bytes("x") } as const;
    expect(await rejection(write([entry]))).toMatchObject({ code: "SIZE_INVALID" });
  });

  it("ends the content of an invalid entry, and the entries", async () => {
    const content = probe([bytes("x")]);
    const log: string[] = [];
    const entries = (function* (): Generator<TarEntryInit> {
      try {
        yield { path: "", size: 1, content };
      } finally {
        log.push("ended");
      }
    })();
    await rejection(write(entries));
    expect([...content.log, ...log]).toEqual(["return", "ended"]);
  });

  it("ends the content and the entries if the caller leaves early", async () => {
    const content = probe([new Uint8Array(200_000), new Uint8Array(200_000)]);
    for await (const chunk of writeTar([{ path: "a", size: 400_000, content }]))
      if (chunk.length > 100_000) break;
    expect(content.log.at(-1)).toBe("return");
  });

  it("is left if the signal aborts", async () => {
    const controller = new AbortController();
    const content = probe([], true);
    const writing = rejection(write([{ path: "a", size: 1, content }], { signal: controller.signal }));
    await expect.poll(() => content.log.length).toBeGreaterThan(0);
    controller.abort("enough");
    expect(await writing).toBe("enough");
    expect(await rejection(write([{ path: "a" }], { signal: AbortSignal.abort("early") }))).toBe("early");
    expect(await rejection(write([], { signal: {} as never }))).toBeInstanceOf(TypeError);
  });

  it("writes the entries of another archive, in the form of PAX", async () => {
    const whole = archive(
      longName("n".repeat(300)),
      member({ magic: GNU, mode: 0o600 }, "first"),
      pax([["SCHILY.xattr.user.a", "b"]]),
      header({ name: "dir/", typeflag: "5" }),
      header({ name: "l", typeflag: "2", linkName: "to" }),
    );
    const entries = readTar(whole) as AsyncIterable<TarEntryInit>;
    const copy = await write(entries);
    expect(await list(copy)).toEqual(await list(whole));
    expect((await read(copy))[1]?.xattrs).toEqual(new Map([["user.a", bytes("b")]]));
  });

  it("writes a size beyond 8 GiB as a PAX record, and the greatest size that fits into the header", async () => {
    const size = 2 ** 33;
    const writing = writeTar([{ path: "a", size, content: [new Uint8Array(100_000)] }]);
    const { value } = await writing.next();
    await writing.return();
    const text = new TextDecoder().decode(value ?? undefined);
    expect(text).toContain("19 size=8589934592\n");
    expect(text.slice(1024 + 124, 1024 + 135)).toBe("77777777777");
  });
});
