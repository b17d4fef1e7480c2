import { bytes, chunked, probe, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { readTar, type TarEntry } from "../../src/tar.ts";
import { archive, header, join, list, longName, member, pax, read } from "./archives.ts";

const whole = archive(member({ name: "a" }, "first"), member({ name: "b" }, "second"), header({ name: "c" }));

async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk.slice());
  return new TextDecoder().decode(join(...chunks));
}

describe("the content of an entry", () => {
  it("is skipped if it is not read, or not read to its end", async () => {
    const paths: string[] = [];
    for await (const { path, content } of readTar(chunked(whole, 100))) {
      paths.push(path);
      if (path === "a") for await (const chunk of content) if (chunk.length > 0) break;
    }
    expect(paths).toEqual(["a", "b", "c"]);
  });

  it("fails with CLOSED if it is read after the next entry was requested", async () => {
    const entries = readTar(whole);
    const { value: first } = await entries.next();
    const iterator = (first as TarEntry).content[Symbol.asyncIterator]();
    const { value: second } = await entries.next();
    const closed = {
      code: "CLOSED",
      message: 'cannot read the content of "a": the next entry was requested',
    };
    expect(await rejection(iterator.next())).toMatchObject(closed);
    expect(await rejection(textOf((first as TarEntry).content))).toMatchObject(closed);
    expect(await textOf((second as TarEntry).content)).toBe("second");
    await entries.return();
    expect(await rejection(textOf((second as TarEntry).content))).toMatchObject({ code: "CLOSED" });
  });

  it("is a TypeError if it is read twice", async () => {
    for await (const { content } of readTar(whole)) {
      await textOf(content);
      expect(await rejection(textOf(content))).toBeInstanceOf(TypeError);
    }
  });

  it("is complete if the caller does not await its reads before it requests the next entry", async () => {
    const parts = ["one", "two", "three", "four"].map((part) => bytes(part));
    const source = [header({ name: "a", size: 15 }), ...parts, new Uint8Array(497), whole];
    const entries = readTar(source);
    const { value: entry } = await entries.next();
    const iterator = (entry as TarEntry).content[Symbol.asyncIterator]();
    const reads = [iterator.next(), iterator.next(), iterator.next()];
    const next = entries.next();
    const found = await Promise.all(reads);
    expect(found.map(({ value }) => new TextDecoder().decode(value as Uint8Array))).toEqual([
      "one",
      "two",
      "three",
    ]);
    expect((await next).value).toMatchObject({ path: "a", size: 5 });
    await entries.return();
  });

  it("is not copied", async () => {
    for await (const { content } of readTar(whole))
      for await (const chunk of content) expect(chunk.buffer).toBe(whole.buffer);
  });

  it("is right if the source reuses its memory", async () => {
    const many = archive(
      pax([
        ["path", "p".repeat(300)],
        ["SCHILY.xattr.user.a", "v".repeat(700)],
      ]),
      member({}, "first"),
      longName("n".repeat(700)),
      member({ userName: "ann" }, "s".repeat(2000)),
    );
    const expected = await read(many);
    for (const size of [1, 100, 511, 512, 513, 1000, 1536, 1700, 5000]) {
      const memory = new Uint8Array(size);
      const reusing = (function* () {
        for (const chunk of chunked(many, size)) {
          memory.fill(0xee);
          memory.set(chunk);
          yield memory.subarray(0, chunk.length);
        }
      })();
      expect(await read(reusing)).toEqual(expected);
    }
  });
});

describe("the source of an archive", () => {
  it("can be bytes, a Blob, a stream or an iterable", async () => {
    const sources = [whole, new Blob([whole]), new Blob([whole]).stream(), [whole], chunked(whole, 5)];
    for (const source of sources) expect(await list(source)).toEqual(["a: first", "b: second", "c: "]);
  });

  it("can have chunks of any size", async () => {
    const many = archive(
      pax([["path", "p".repeat(300)]]),
      member({}, "12345"),
      longName("n".repeat(600)),
      member({}, "x"),
    );
    const expected = await read(many);
    for (let size = 1; size < 1200; size += size < 20 ? 1 : 97)
      expect(await read(chunked(many, size))).toEqual(expected);
  });

  it("is read to its end, so that it can verify itself", async () => {
    const failure = new Error("digest mismatch");
    const verifying = (async function* () {
      yield whole;
      yield new Uint8Array(100);
      throw failure;
    })();
    expect(await rejection(list(verifying))).toBe(failure);
  });

  it("is ended if the caller leaves early, also while it reads content", async () => {
    for (const readsContent of [false, true]) {
      const source = probe([...chunked(whole, 100)]);
      for await (const { content } of readTar(source)) {
        if (readsContent) for await (const chunk of content) if (chunk.length > 0) break;
        break;
      }
      expect(source.log).toContain("return");
    }
  });

  it("is ended if the archive is malformed, or an option is invalid", async () => {
    const malformed = probe([new Uint8Array(512).fill(1), whole]);
    expect(await rejection(list(malformed))).toMatchObject({ code: "ARCHIVE_INVALID" });
    expect(malformed.log).toContain("return");
    const unused = probe([whole]);
    expect(await rejection(list(unused, { limits: { entries: -1 } }))).toBeInstanceOf(RangeError);
    expect(unused.log).toEqual(["return"]);
  });

  it("passes on its own error", async () => {
    const failure = new Error("no network");
    const failing = (async function* () {
      yield whole.subarray(0, 600);
      throw failure;
    })();
    expect(await rejection(list(failing))).toBe(failure);
  });

  it("must be a source of bytes", async () => {
    for (const source of [undefined, null, 5, "text", {}, ["text"], [undefined]])
      expect(await rejection(list(source as never))).toBeInstanceOf(TypeError);
  });

  it("is left if the signal aborts, even if it hangs", async () => {
    for (const start of [[], [whole.subarray(0, 100)], [whole.subarray(0, 514)]]) {
      const controller = new AbortController();
      const source = probe(start, true);
      const reading = rejection(list(source, { signal: controller.signal }));
      await expect.poll(() => source.log.length).toBeGreaterThan(start.length);
      controller.abort("enough");
      expect(await reading).toBe("enough");
    }
    expect(await rejection(list(whole, { signal: AbortSignal.abort("early") }))).toBe("early");
  });
});
