import { rejection } from "@ocilayout/testing";
import { collect } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { indexTarNow } from "../../src/authors.ts";
import { indexTar, type ReadTarOptions, type TarFile, type TarHeader } from "../../src/tar.ts";
import { archive, header, join, longName, member, pax, read } from "./archives.ts";

/** Makes a file that records what is read of it. */
function fileOf(whole: Uint8Array): TarFile & { readonly log: [offset: number, length: number][] } {
  const log: [number, number][] = [];
  return {
    size: whole.length,
    log,
    async read(offset, length) {
      log.push([offset, length]);
      return whole.slice(offset, offset + length);
    },
  };
}

const index = async (whole: Uint8Array, options?: ReadTarOptions): Promise<unknown[]> =>
  collect(indexTar(fileOf(whole), options));

describe("indexTar", () => {
  it("yields the same headers as readTar", async () => {
    const v1 = pax([
      ["GNU.sparse.major", "1"],
      ["GNU.sparse.minor", "0"],
      ["GNU.sparse.realsize", "9000"],
      ["GNU.sparse.name", "s"],
    ]);
    const map = new TextEncoder().encode("2\n0\n10\n8000\n5\n");
    const content = new Uint8Array(527);
    content.set(map);
    const whole = archive(
      longName("n".repeat(3000)),
      member({}, "x".repeat(5000)),
      pax([
        ["path", "p".repeat(300)],
        ["SCHILY.xattr.user.a", "b"],
      ]),
      member({}, "y"),
      join(v1, member({}, content)),
      header({ name: "last/", typeflag: "5" }),
    );
    const entries = (await index(whole)) as TarHeader[];
    const withContent = entries.map((entry) => ({ ...entry, bytes: expect.any(Uint8Array) as Uint8Array }));
    expect(await read(whole)).toEqual(withContent);
  });

  it("accepts a function that reads at once", async () => {
    const whole = archive(member({ name: "a" }, new Uint8Array(9000)), header({ name: "b" }));
    const read = (offset: number, length: number): Uint8Array => whole.subarray(offset, offset + length);
    const entries = await collect(indexTar({ size: whole.length, read }));
    expect(entries.map(({ path }) => path)).toEqual(["a", "b"]);
  });

  it("that reads at once yields the same headers, and makes no promises", async () => {
    const files = [
      archive(
        longName("n".repeat(3000)),
        member({}, "x".repeat(5000)),
        pax([["path", "p"]]),
        member({}, "y"),
      ),
      join(member({}, "x"), header().fill(1, 0, 9)),
      member({}, "x".repeat(5000)).subarray(0, 900),
    ];
    for (const whole of files) {
      const read = (offset: number, length: number): Uint8Array => whole.subarray(offset, offset + length);
      const file = { size: whole.length, read };
      const failureOf = (error: unknown): string => String(error);
      const waited = await index(whole).catch(failureOf);
      const now = await Promise.resolve()
        .then(() => [...indexTarNow(file)])
        .catch(failureOf);
      expect(now).toEqual(waited);
    }
  });

  it("that reads at once rejects a function that returns a promise", () => {
    expect(() => [...indexTarNow(fileOf(archive(header())))]).toThrow(TypeError);
  });

  it("reads only headers, and little around them", async () => {
    const large = member({ name: "large" }, new Uint8Array(1_000_000));
    const whole = archive(large, large, large, large);
    const file = fileOf(whole);
    expect(await collect(indexTar(file))).toHaveLength(4);
    expect(file.log).toHaveLength(5);
    expect(file.log.reduce((sum, [, length]) => sum + length, 0)).toBeLessThan(50_000);
  });

  it("reads headers that are near each other together", async () => {
    const whole = archive(...Array.from({ length: 10_000 }, (_, at) => member({ name: `f${at}` }, "x")));
    const file = fileOf(whole);
    expect(await collect(indexTar(file))).toHaveLength(10_000);
    expect(file.log.length).toBeLessThan(100);
    expect(Math.max(...file.log.map(([, length]) => length))).toBeLessThanOrEqual(256 * 1024);
  });

  it("never reads outside the archive", async () => {
    for (const size of [0, 1, 511, 512, 600, 1024, 1536, 2048]) {
      const file = fileOf(archive(member({}, "x")).subarray(0, size));
      await collect(indexTar(file)).catch(() => undefined);
      for (const [offset, length] of file.log) {
        expect(length).toBeGreaterThan(0);
        expect(offset + length).toBeLessThanOrEqual(size);
      }
    }
  });

  it("fails with ARCHIVE_INVALID if the archive is cut, before it yields an entry whose content is cut", async () => {
    const whole = join(header({ name: "a" }), member({ name: "b" }, "x".repeat(600)));
    for (let size = 513; size < whole.length; size += 10) {
      const entries = indexTar(fileOf(whole.subarray(0, size)));
      expect((await entries.next()).value).toMatchObject({ path: "a" });
      if (size >= 1024 + 600) expect((await entries.next()).value).toMatchObject({ path: "b" });
      expect(await rejection(entries.next())).toMatchObject({
        code: "ARCHIVE_INVALID",
        detail: { offset: size },
      });
    }
  });

  it("fails with ARCHIVE_INVALID if the archive becomes shorter", async () => {
    const whole = archive(member({}, "x"));
    const file = { ...fileOf(whole), size: whole.length + 512 };
    const late = { ...fileOf(whole.subarray(0, 700)), size: whole.length };
    for (const one of [file, late])
      expect(await rejection(collect(indexTar(one)))).toMatchObject({ code: "ARCHIVE_INVALID" });
  });

  it("has the limits of readTar", async () => {
    const whole = archive(member({}, "12345"), header());
    expect(await rejection(index(whole, { limits: { entries: 1 } }))).toMatchObject({ code: "SIZE_INVALID" });
    expect(await rejection(index(whole, { limits: { fileBytes: 4 } }))).toMatchObject({
      code: "SIZE_INVALID",
    });
    expect(await rejection(index(whole, { limits: { bytes: whole.length - 1 } }))).toMatchObject({
      code: "SIZE_INVALID",
      detail: { limit: whole.length - 1 },
    });
  });

  it("checks the end of the archive if requireEnd is set", async () => {
    const strict = { requireEnd: true };
    expect(await index(archive(header()), strict)).toHaveLength(1);
    for (const whole of [join(header()), join(archive(header()), new Uint8Array(9000), Uint8Array.of(1))]) {
      expect(await index(whole)).toHaveLength(1);
      expect(await rejection(index(whole, strict))).toMatchObject({ code: "ARCHIVE_INVALID" });
    }
  });

  it("rejects an archive that is not a file", async () => {
    for (const file of [undefined, null, 5, new Uint8Array(1024), { size: 5 }, { read: () => undefined }])
      expect(await rejection(collect(indexTar(file as never)))).toBeInstanceOf(TypeError);
    const odd = { size: 1024, read: async () => "text" as never };
    expect(await rejection(collect(indexTar(odd)))).toBeInstanceOf(TypeError);
    const negative = { size: -1, read: async () => new Uint8Array() };
    expect(await rejection(collect(indexTar(negative)))).toBeInstanceOf(RangeError);
  });

  it("passes the signal on, and reads nothing after it aborted", async () => {
    const controller = new AbortController();
    const file = fileOf(archive(member({}, "x".repeat(9000)), member({}, "x".repeat(9000))));
    const signals: unknown[] = [];
    const entries = indexTar(
      {
        size: file.size,
        read: (offset, length, options) => {
          signals.push(options?.signal);
          return file.read(offset, length);
        },
      },
      { signal: controller.signal },
    );
    await entries.next();
    expect(signals).toEqual([controller.signal]);
    controller.abort("enough");
    expect(await rejection(entries.next())).toBe("enough");
    expect(file.log).toHaveLength(1);
  });

  it("passes on what the file throws", async () => {
    const failure = new Error("disk");
    expect(await rejection(collect(indexTar({ size: 512, read: () => Promise.reject(failure) })))).toBe(
      failure,
    );
  });
});
