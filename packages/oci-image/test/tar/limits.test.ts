import { bytes, chunked, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import type { TarLimits } from "../../src/tar.ts";
import { archive, base256, header, join, list, longName, member, pax } from "./archives.ts";

const tooLarge = (limit: number): object => ({ code: "SIZE_INVALID", detail: { limit } });
const long = "n".repeat(300);

describe("the limits of an archive", () => {
  it.each<[keyof TarLimits, number, () => Uint8Array]>([
    ["entries", 3, () => archive(header(), pax([["a", "b"]]), header(), longName(long), header())],
    ["entries", 3, () => archive(...Array.from({ length: 3 }, () => pax([["a", "b"]], { typeflag: "g" })))],
    ["nameBytes", 300, () => archive(longName(long), header())],
    ["nameBytes", 300, () => archive(longName(long, "K"), header({ typeflag: "2" }))],
    ["nameBytes", 300, () => archive(pax([["path", long]]), header())],
    ["nameBytes", 300, () => archive(pax([["linkpath", long]]), header({ typeflag: "1" }))],
    ["nameBytes", 300, () => archive(pax([["path", "é".repeat(150)]]), header())],
    ["nameBytes", 201, () => archive(header({ prefix: "p".repeat(100), name: "n".repeat(100) }))],
    ["metadataBytes", 310, () => archive(pax([["path", long]]), header())],
    ["metadataBytes", 301, () => archive(longName(long), header())],
    ["metadataBytes", 611, () => archive(pax([["path", long]]), longName(long), header())],
    [
      "metadataBytes",
      18,
      () => archive(...["a", "b", "c"].map((key) => pax([[key, "1"]], { typeflag: "g" }))),
    ],
    ["fileBytes", 5, () => archive(member({}, "12345"), member({}, "1"))],
    ["bytes", 2048, () => archive(member({}, "12345"))],
    ["bytes", 1024, () => join(member({}, "12345"))],
  ])("%s: %d is enough, and one less fails with SIZE_INVALID", async (name, limit, make) => {
    await list(make(), { limits: { [name]: limit } });
    expect(await rejection(list(make(), { limits: { [name]: limit - 1 } }))).toMatchObject(
      tooLarge(limit - 1),
    );
  });

  it("bytes also limits the size of all files, with the zeros of sparse files", async () => {
    const sparse = join(
      pax([
        ["GNU.sparse.size", "3000"],
        ["GNU.sparse.map", "3000,0"],
      ]),
      header(),
    );
    const whole = archive(sparse, sparse);
    expect(whole.length).toBeLessThan(6000);
    await list(whole, { limits: { bytes: 6000 } });
    expect(await rejection(list(whole, { limits: { bytes: 5999 } }))).toMatchObject(tooLarge(5999));
  });

  it.each([
    ["a PAX header of 100 MB", "x", "0".repeat(512)],
    ["a long name of 100 MB", "L", "n".repeat(512)],
    ["a global header of 100 MB", "g", "0".repeat(512)],
  ])("does not read %s", async (_what, typeflag, block) => {
    let count = 0;
    const source = (function* () {
      yield header({ typeflag, size: 100_000_000 });
      for (;;) {
        count += 1;
        yield bytes(block);
      }
    })();
    expect(await rejection(list(source))).toMatchObject(tooLarge(1024 * 1024));
    expect(count).toBe(0);
  });

  it("ends at a name of 1 MB", async () => {
    for (const parts of [[longName("n".repeat(1_000_000))], [pax([["path", "n".repeat(1_000_000)]])]])
      expect(await rejection(list(archive(...parts, header())))).toMatchObject(tooLarge(4096));
  });

  it("ends an archive of endless global headers", async () => {
    const global = pax([["a", "b"]], { typeflag: "g" });
    const endless = (function* () {
      for (;;) yield global;
    })();
    expect(await rejection(list(endless, { limits: { entries: 5000 } }))).toMatchObject(tooLarge(5000));
  });

  it("ends an archive of endless entries", async () => {
    const entries = join(...Array.from({ length: 100 }, () => header()));
    const endless = (function* () {
      for (;;) yield entries;
    })();
    expect(await rejection(list(endless, { limits: { entries: 5000 } }))).toMatchObject(tooLarge(5000));
  });

  it("ends endless bytes after the end of the archive", async () => {
    const endless = function* (): Generator<Uint8Array> {
      yield archive(header());
      for (;;) yield new Uint8Array(10_000);
    };
    for (const requireEnd of [false, true])
      expect(await rejection(list(endless(), { requireEnd, limits: { bytes: 1_000_000 } }))).toMatchObject(
        tooLarge(1_000_000),
      );
  });

  it("allows at most 100 global records, because each entry gets a copy of them", async () => {
    const records = (count: number): [string, string][] =>
      Array.from({ length: count }, (_, at) => [`k${at}`, "v"]);
    await list(archive(pax(records(100), { typeflag: "g" }), header()));
    expect(await rejection(list(archive(pax(records(101), { typeflag: "g" }), header())))).toMatchObject(
      tooLarge(100),
    );
  });

  it("fails with SIZE_INVALID at once for a file beyond the limit", async () => {
    const huge = header({ size: base256(2n ** 41n) });
    expect(await rejection(list(huge))).toMatchObject(tooLarge(2 ** 40));
  });

  it.each<[unknown, typeof TypeError | typeof RangeError]>([
    [{ limits: { entries: -1 } }, RangeError],
    [{ limits: { nameBytes: 0.5 } }, RangeError],
    [{ limits: { bytes: NaN } }, RangeError],
    [{ limits: { segments: "1" } }, TypeError],
    [{ limits: 5 }, TypeError],
    [{ limits: null }, TypeError],
    [{ requireEnd: 1 }, TypeError],
    [{ signal: {} }, TypeError],
    [null, TypeError],
  ])("are checked before the archive is read: %j", async (options, kind) => {
    expect(await rejection(list(archive(), options as object))).toBeInstanceOf(kind);
  });

  it("do not depend on the chunks of the source", async () => {
    const whole = archive(pax([["path", long]]), member({}, "12345"), header());
    expect(
      await list(chunked(whole, 7), { limits: { metadataBytes: 310, bytes: whole.length } }),
    ).toHaveLength(2);
  });
});
