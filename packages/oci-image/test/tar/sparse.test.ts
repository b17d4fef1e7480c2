import { bytes, rejection } from "@ocilayout/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { readTar } from "../../src/tar.ts";
import {
  archive,
  base256,
  concat,
  END,
  GNU,
  header,
  join,
  list,
  member,
  pad,
  pax,
  readOne,
} from "./archives.ts";

const invalid = { code: "ARCHIVE_INVALID" };

type Segment = readonly [offset: number, length: number];

/** Makes a sparse file in the format of GNU tar, with blocks for more than four segments. */
function gnuSparse(segments: readonly Segment[], realSize: number, data: Uint8Array, raw = {}): Uint8Array {
  const pairs = segments.map((segment) =>
    concat(segment.map((value) => bytes(`${value.toString(8).padStart(11, "0")}\0`))),
  );
  const rest = pairs.slice(4);
  const blocks = Array.from({ length: Math.ceil(rest.length / 21) }, (_, at) => {
    const block = pad(join(...rest.slice(at * 21, at * 21 + 21)));
    block[504] = rest.length > at * 21 + 21 ? 1 : 0;
    return block;
  });
  const head = header({
    name: "s",
    typeflag: "S",
    magic: GNU,
    size: data.length,
    at: {
      386: join(...pairs.slice(0, 4)),
      482: Uint8Array.of(rest.length > 0 ? 1 : 0),
      483: base256(BigInt(realSize)),
    },
    ...raw,
  });
  return join(head, ...blocks, pad(data));
}

const counted = (segments: readonly Segment[], realSize: number): [string, string][] => [
  ["GNU.sparse.size", String(realSize)],
  ["GNU.sparse.numblocks", String(segments.length)],
];

/** Makes a sparse file in each of the formats. */
const formats: Readonly<
  Record<string, (segments: readonly Segment[], realSize: number, data: Uint8Array) => Uint8Array>
> = {
  "of GNU tar": gnuSparse,
  "0.0": (segments, realSize, data) =>
    join(
      pax([
        ...counted(segments, realSize),
        ...segments.flatMap(([offset, length]): [string, string][] => [
          ["GNU.sparse.offset", String(offset)],
          ["GNU.sparse.numbytes", String(length)],
        ]),
      ]),
      member({ name: "s" }, data),
    ),
  "0.1": (segments, realSize, data) =>
    join(
      pax([
        ...counted(segments, realSize),
        ["GNU.sparse.name", "s"],
        ["GNU.sparse.map", segments.flat().join(",")],
      ]),
      member({ name: "GNUSparseFile.1/s" }, data),
    ),
  "1.0": (segments, realSize, data) =>
    join(
      pax([
        ["GNU.sparse.major", "1"],
        ["GNU.sparse.minor", "0"],
        ["GNU.sparse.name", "s"],
        ["GNU.sparse.realsize", String(realSize)],
      ]),
      member(
        { name: "GNUSparseFile.1/s" },
        join(pad(bytes([segments.length, ...segments.flat(), ""].join("\n"))), data),
      ),
    ),
};

/** Returns the whole content of a sparse file. */
function expand(segments: readonly Segment[], realSize: number, data: Uint8Array): Uint8Array {
  const whole = new Uint8Array(realSize);
  let at = 0;
  for (const [offset, length] of segments) {
    whole.set(data.subarray(at, at + length), offset);
    at += length;
  }
  return whole;
}

describe.each(Object.entries(formats))("a sparse file in the format %s", (name, make) => {
  const next = member({ name: "next" }, "y");
  const data = Uint8Array.from({ length: 700 }, (_, at) => (at % 250) + 1);

  it.each<[string, Segment[], number]>([
    [
      "holes everywhere",
      [
        [10, 300],
        [1000, 400],
      ],
      2000,
    ],
    [
      "content at both ends",
      [
        [0, 300],
        [1600, 400],
      ],
      2000,
    ],
    [
      "an empty segment at the end",
      [
        [5, 700],
        [2000, 0],
      ],
      2000,
    ],
    [
      "segments without a hole between them",
      [
        [0, 300],
        [300, 400],
      ],
      700,
    ],
  ])("is expanded with %s", async (_what, segments, realSize) => {
    const entry = await readOne(archive(make(segments, realSize, data)));
    expect(entry).toMatchObject({ path: "s", type: "file", size: realSize, dataSize: 700 });
    expect(entry.bytes).toEqual(expand(segments, realSize, data));
    expect(entry.sparse).toEqual(segments.map(([offset, length]) => ({ offset, length })));
    expect(entry.pax).toEqual(new Map());
  });

  it("can be only a hole", async () => {
    for (const segments of [[], [[5000, 0]]] as Segment[][])
      expect(await readOne(archive(make(segments, 5000, new Uint8Array())))).toMatchObject({
        size: 5000,
        bytes: new Uint8Array(5000),
      });
  });

  it("has its content at dataOffset, and the next entry after it", async () => {
    const whole = archive(
      make(
        [
          [0, 300],
          [1600, 400],
        ],
        2000,
        data,
      ),
      next,
    );
    const { dataOffset, dataSize } = await firstOf(whole);
    expect(whole.subarray(dataOffset, dataOffset + dataSize)).toEqual(data);
    expect((await list(whole)).at(-1)).toBe("next: y");
  });

  it("can have many segments, at any border of a block", async () => {
    for (const count of [3, 4, 5, 24, 25, 26, 46, 47, 100, 2000]) {
      const segments = Array.from({ length: count }, (_, at): Segment => [at * 10, 3]);
      const content = new Uint8Array(count * 3).fill(7);
      const entry = await readOne(archive(make(segments, count * 10, content)));
      expect(entry.bytes).toEqual(expand(segments, count * 10, content));
    }
  });

  it.each<[string, Segment[], number]>([
    [
      "overlap",
      [
        [0, 400],
        [399, 300],
      ],
      2000,
    ],
    [
      "are repeated",
      [
        [0, 350],
        [0, 350],
      ],
      2000,
    ],
    [
      "go backwards",
      [
        [1000, 300],
        [0, 400],
      ],
      2000,
    ],
    [
      "end after the file",
      [
        [0, 300],
        [1601, 400],
      ],
      2000,
    ],
    [
      "begin after the file",
      [
        [0, 700],
        [2001, 0],
      ],
      2000,
    ],
    ["have more bytes than the content", [[0, 701]], 2000],
    ["have fewer bytes than the content", [[0, 699]], 2000],
  ])("fails with ARCHIVE_INVALID if its segments %s", async (_what, segments, realSize) => {
    expect(await rejection(firstOf(archive(make(segments, realSize, data))))).toMatchObject(invalid);
  });

  it("fails with SIZE_INVALID if it has more segments than the limit", async () => {
    const segments = Array.from({ length: 1001 }, (_, at): Segment => [at, 0]);
    const whole = archive(make(segments, 2000, new Uint8Array()));
    expect(await rejection(list(whole, { limits: { segments: 1000 } }))).toMatchObject({
      code: "SIZE_INVALID",
      detail: { limit: 1000 },
    });
    expect(await list(whole, { limits: { segments: 1001 } })).toHaveLength(1);
  });

  it("fails with SIZE_INVALID if its size with the zeros is larger than the limit", async () => {
    const whole = archive(make([[0, 700]], 2 ** 42, data));
    expect(await rejection(list(whole))).toMatchObject({ code: "SIZE_INVALID", detail: { limit: 2 ** 40 } });
  });

  it("makes its zeros in chunks, and none for content that is skipped", async () => {
    const whole = archive(make([[0, 700]], 2 ** 39, data), next);
    const paths: string[] = [];
    for await (const { path, content } of readTar(whole)) {
      paths.push(path);
      let read = 0;
      for await (const chunk of content) {
        expect(chunk.length).toBeLessThanOrEqual(1024 * 1024);
        read += chunk.length;
        if (read > 10_000_000) break;
      }
    }
    expect(paths).toEqual(["s", "next"]);
  });

  it("is expanded for any segments", async () => {
    const shape = fc.array(fc.tuple(fc.nat(2000), fc.nat(1500)), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(shape, fc.nat(3000), async (gaps, tail) => {
        let end = 0;
        const segments = gaps.map(([gap, length]): Segment => {
          const offset = end + gap;
          end = offset + length;
          return [offset, length];
        });
        const size = segments.reduce((sum, [, length]) => sum + length, 0);
        const content = Uint8Array.from({ length: size }, (_, at) => (at % 251) + 1);
        const entry = await readOne(archive(make(segments, end + tail, content)));
        expect(Buffer.compare(entry.bytes, expand(segments, end + tail, content))).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it(`ends with ARCHIVE_INVALID if the archive is cut in ${name}`, async () => {
    const segments = Array.from({ length: 60 }, (_, at): Segment => [at * 20, 10]);
    const whole = make(segments, 1200, new Uint8Array(600));
    for (let size = 512; size < whole.length; size += 256)
      expect(await rejection(list(whole.subarray(0, size)))).toMatchObject(invalid);
  });
});

async function firstOf(whole: Uint8Array): Promise<{ dataOffset: number; dataSize: number }> {
  for await (const entry of readTar(whole)) return entry;
  throw new Error("the archive is empty");
}

describe("a malformed sparse file", () => {
  const size: [string, string] = ["GNU.sparse.size", "10"];
  const one: [string, string] = ["GNU.sparse.major", "1"];
  const real: [string, string] = ["GNU.sparse.realsize", "10"];

  it.each<[string, [string, string][]]>([
    ["no size", [["GNU.sparse.map", "0,0"]]],
    ["only a name", [["GNU.sparse.name", "x"]]],
    ["an unknown version", [["GNU.sparse.major", "2"], real]],
    ["only the first number of its version", [one, real]],
    ["only the second number of its version", [["GNU.sparse.minor", "1"], size, ["GNU.sparse.map", "0,0"]]],
    [
      "an unknown version 0",
      [["GNU.sparse.major", "0"], ["GNU.sparse.minor", "2"], size, ["GNU.sparse.map", "0,0"]],
    ],
    ["an unknown minor version", [one, ["GNU.sparse.minor", "1"], real]],
    ["a map with a letter", [size, ["GNU.sparse.map", "0,x"]]],
    ["a map with a negative number", [size, ["GNU.sparse.map", "-1,1"]]],
    ["a map with an empty number", [size, ["GNU.sparse.map", "0,"]]],
    ["a map with an odd number of values", [size, ["GNU.sparse.map", "0,0,10"]]],
    ["fewer segments than it states", [size, ["GNU.sparse.numblocks", "2"], ["GNU.sparse.map", "0,0"]]],
    ["more segments than it states", [size, ["GNU.sparse.numblocks", "0"], ["GNU.sparse.map", "0,0"]]],
    ["an offset without a length", [size, ["GNU.sparse.offset", "0"]]],
    ["a length without an offset", [size, ["GNU.sparse.numbytes", "0"], ["GNU.sparse.offset", "0"]]],
    ["two offsets in a row", [size, ["GNU.sparse.offset", "0"], ["GNU.sparse.offset", "0"]]],
    ["a list of two in one value", [size, ["GNU.sparse.offset", "0,0"], ["GNU.sparse.numbytes", "0"]]],
    [
      "a list and repeated keys",
      [size, ["GNU.sparse.map", "0,0"], ["GNU.sparse.offset", "0"], ["GNU.sparse.numbytes", "0"]],
    ],
    [
      "a size that is not a number",
      [
        ["GNU.sparse.size", "ten"],
        ["GNU.sparse.map", "0,0"],
      ],
    ],
  ])("fails with ARCHIVE_INVALID if it has %s", async (_what, records) => {
    expect(await rejection(list(archive(pax(records), header())))).toMatchObject(invalid);
  });

  it.each(["1000000", "9007199254740991"])(
    "fails with SIZE_INVALID if it states %s segments",
    async (count) => {
      const records: [string, string][] = [size, ["GNU.sparse.numblocks", count]];
      expect(await rejection(list(archive(pax(records), header())))).toMatchObject({ code: "SIZE_INVALID" });
      expect(await rejection(list(v1(`${count.slice(0, 16)}\n`)))).toMatchObject({ code: "SIZE_INVALID" });
    },
  );

  it.each(["1", "2", "3", "5", "6", "V"])(
    "fails with ARCHIVE_INVALID if its type is %s",
    async (typeflag) => {
      const parts = [pax([size, ["GNU.sparse.map", "0,0"]]), header({ typeflag, linkName: "to" })];
      expect(await rejection(list(archive(...parts)))).toMatchObject(invalid);
    },
  );

  const v1 = (map: string, content = new Uint8Array()): Uint8Array =>
    archive(pax([one, ["GNU.sparse.minor", "0"], real]), member({}, join(pad(bytes(map)), content)));

  it.each([
    ["no map", ""],
    ["a map without numbers", "\n"],
    ["a map with letters", "1\na\n0\n"],
    ["a map with a negative number", "1\n-1\n1\n"],
    ["a map with spaces", "1\n 0\n0\n"],
    ["a map that ends too early", "2\n0\n0\n"],
    ["a map with an empty line", "1\n\n0\n0\n"],
    ["a map with a huge number", `1\n${"9".repeat(17)}\n0\n`],
    ["a map with an endless number", `1\n${"0".repeat(500)}`],
    ["a map without a newline at the end", "1\n0\n0"],
  ])("fails with ARCHIVE_INVALID if its content has %s", async (_what, map) => {
    expect(await rejection(list(v1(map)))).toMatchObject(invalid);
  });

  it("fails with ARCHIVE_INVALID if its content is shorter than a block", async () => {
    const whole = archive(pax([one, ["GNU.sparse.minor", "0"], real]), member({}, "1\n0\n0\n"));
    expect(await rejection(list(whole))).toMatchObject({
      ...invalid,
      message: "cannot read the archive at byte 0: the map of a sparse file is longer than its content",
    });
  });

  it("has the name for sparse files, if it also has a path", async () => {
    const records: [string, string][] = [
      size,
      ["GNU.sparse.map", "0,0"],
      ["GNU.sparse.name", "name"],
      ["path", "path"],
    ];
    expect(await readOne(archive(pax(records), header()))).toMatchObject({ path: "name", pax: new Map() });
  });

  it("reads numbers that continue in the next block", async () => {
    const map = `${["60", ...Array.from({ length: 60 }, (_, at) => `${1_000_000 + at}\n0`)].join("\n")}\n`;
    const records: [string, string][] = [one, ["GNU.sparse.minor", "0"], ["GNU.sparse.realsize", "2000000"]];
    const entry = await readOne(archive(pax(records), member({}, pad(bytes(map)))));
    expect(entry.sparse).toHaveLength(60);
    expect(entry.sparse?.at(-1)).toEqual({ offset: 1_000_059, length: 0 });
  });

  it("needs the format of GNU tar for the type S", async () => {
    expect(
      await rejection(list(archive(gnuSparse([[0, 0]], 10, new Uint8Array(), { magic: "ustar\x0000" })))),
    ).toMatchObject(invalid);
  });

  it("fails with ARCHIVE_INVALID if it has a map of GNU tar and one in a PAX header", async () => {
    const parts = [pax([size, ["GNU.sparse.map", "0,0"]]), gnuSparse([[0, 0]], 10, new Uint8Array())];
    expect(await rejection(list(archive(...parts)))).toMatchObject(invalid);
  });

  it("fails with ARCHIVE_INVALID if a map of GNU tar continues after its end", async () => {
    const head = { at: { 386: new Uint8Array(24), 482: Uint8Array.of(1), 483: base256(10n) } };
    const raw = { typeflag: "S", magic: GNU, ...head };
    expect(await rejection(list(archive(header(raw), new Uint8Array(512))))).toMatchObject(invalid);
  });

  it("fails with SIZE_INVALID if a map of GNU tar has endless blocks", async () => {
    const block = new Uint8Array(512);
    for (let at = 0; at < 21; at += 1) block.set(bytes("00000000000\x0000000000000\0"), at * 24);
    block[504] = 1;
    const head = header({
      typeflag: "S",
      magic: GNU,
      at: { 386: block.subarray(0, 96), 482: Uint8Array.of(1), 483: base256(10n) },
    });
    const endless = (function* () {
      yield head;
      for (;;) yield block;
    })();
    expect(await rejection(list(endless))).toMatchObject({ code: "SIZE_INVALID" });
  });

  it.each(["garbage", base256(-1n), base256(2n ** 60n)])(
    "fails with ARCHIVE_INVALID if the map of GNU tar has the number %j",
    async (value) => {
      const field = typeof value === "string" ? bytes(value) : value;
      for (const at of [{ 386: field, 483: base256(10n) }, { 483: field }])
        expect(await rejection(list(join(header({ typeflag: "S", magic: GNU, at }), END)))).toMatchObject(
          invalid,
        );
    },
  );
});
