import { getEventListeners } from "node:events";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { runInNewContext } from "node:vm";

import { describe, expect, it, vi } from "vitest";

import { collect, type BlobSource } from "../src/index.ts";
import { readBlobSource, requireBytes } from "../src/authors.ts";
import { bytes, chunked, probe, rejection } from "./helpers.ts";

async function read(source: BlobSource): Promise<string> {
  return Buffer.concat(await collect(readBlobSource(source))).toString();
}

async function* hanging(): AsyncGenerator<Uint8Array> {
  yield bytes("a");
  await new Promise(() => undefined);
}

describe("readBlobSource reads", () => {
  it("bytes", async () => {
    expect(await read(bytes("hello"))).toBe("hello");
    expect(await read(Buffer.from("hello"))).toBe("hello");
  });

  it("bytes of another realm", async () => {
    expect(await read(runInNewContext("new Uint8Array([104, 105])") as Uint8Array)).toBe("hi");
  });

  it("bytes in chunks of one mebibyte", async () => {
    const pieces = await collect(readBlobSource(new Uint8Array(2.5 * 1024 * 1024)));
    expect(pieces.map((piece) => piece.length)).toEqual([1024 * 1024, 1024 * 1024, 512 * 1024]);
  });

  it("a Blob", async () => {
    expect(await read(new Blob(["hel", "lo"]))).toBe("hello");
  });

  it("a ReadableStream", async () => {
    expect(await read(new Blob(["hello"]).stream())).toBe("hello");
  });

  it("an async iterable, Node streams included", async () => {
    expect(await read(Readable.from([bytes("hel"), bytes("lo")]))).toBe("hello");
  });

  it("an iterable", async () => {
    expect(await read([bytes("hel"), bytes("lo")])).toBe("hello");
  });

  it("an empty source as no chunks", async () => {
    expect(await read(new Uint8Array())).toBe("");
    expect(await read([])).toBe("");
  });

  it("no empty chunks", async () => {
    expect(await collect(readBlobSource([bytes(""), bytes("a"), bytes("")]))).toHaveLength(1);
  });
});

describe("reads of a blob source that are not awaited", () => {
  it("are answered in call order, even if chunks are empty", async () => {
    const chunks = readBlobSource([bytes(""), bytes("a"), bytes("b")]);
    const results = await Promise.all([chunks.next(), chunks.next(), chunks.next()]);
    expect(results.map(({ value }) => value)).toEqual([bytes("a"), bytes("b"), undefined]);
  });

  // clause 2
  it("are all rejected when the signal aborts", async () => {
    const controller = new AbortController();
    const chunks = readBlobSource(probe([], true), { signal: controller.signal });
    const waiting = [rejection(chunks.next()), rejection(chunks.next())];
    setImmediate(() => {
      controller.abort("stop");
    });
    expect(await Promise.all(waiting)).toEqual(["stop", "stop"]);
  });
});

describe("readBlobSource rejects", () => {
  it.each([
    ["a string", "hello"],
    ["a number", 7],
    ["null", null],
    ["undefined", undefined],
    ["an object", {}],
  ])("%s", (_what, source) => {
    expect(() => readBlobSource(source as BlobSource)).toThrow(TypeError);
  });

  it.each([
    ["a string", "x"],
    ["a number", 104],
    ["an ArrayBuffer", new ArrayBuffer(1)],
    ["other words", new Uint16Array(1)],
    ["null", null],
  ])("a chunk that is %s, and closes the source", async (_what, chunk) => {
    const source = probe([bytes("a"), chunk]);
    expect(await rejection(collect(readBlobSource(source)))).toBeInstanceOf(TypeError);
    expect(source.log).toEqual(["next", "next", "return"]);
  });
});

describe("readBlobSource closes its source", () => {
  it("once when the loop is left", async () => {
    const source = probe([bytes("a"), bytes("b")]);
    for await (const chunk of readBlobSource(source)) {
      expect(chunk).toHaveLength(1);
      break;
    }
    expect(source.log).toEqual(["next", "return"]);
  });

  it("when it is returned before the first read", async () => {
    const source = probe([bytes("a")]);
    await readBlobSource(source).return();
    expect(source.log).toEqual(["return"]);
  });

  it("by cancelling a ReadableStream with the reason", async () => {
    const reasons: unknown[] = [];
    const stream: ReadableStream<Uint8Array> = new ReadableStream({
      cancel: (reason) => void reasons.push(reason),
    });
    await readBlobSource(stream).return("enough");
    expect(reasons).toEqual(["enough"]);
  });

  it("by destroying a Node stream, even one that was never read", async () => {
    const stream = Readable.from([bytes("a")]);
    await readBlobSource(stream).return();
    expect(stream.destroyed).toBe(true);
  });

  it("unless the source ended by itself", async () => {
    const source = probe([bytes("a")]);
    await collect(readBlobSource(source));
    expect(source.log).toEqual(["next", "next"]);
  });

  it("at once while a read is pending, and the read ends", async () => {
    const chunks = readBlobSource(hanging());
    await chunks.next();
    const waiting = chunks.next();
    await chunks.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it("and ignores a later rejection of its return()", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    try {
      const source = { ...probe([], true), return: () => Promise.reject(new Error("no")) };
      const chunks = readBlobSource(source);
      const waiting = chunks.next();
      await chunks.return();
      await waiting;
      await new Promise(setImmediate);
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off("unhandledRejection", unhandled);
    }
  });

  it("at once even if a ReadableStream's cancel() never settles", async () => {
    const stalled: ReadableStream<Uint8Array> = new ReadableStream({
      cancel: () => new Promise<void>(() => undefined),
    });
    const chunks = readBlobSource(stalled);
    const waiting = chunks.next();
    await new Promise(setImmediate);
    await chunks.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it("and waits until it is closed in every call of return()", async () => {
    let freed = false;
    const source = {
      ...probe([bytes("a")]),
      async return() {
        await new Promise(setImmediate);
        freed = true;
        return { done: true as const, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
    const chunks = readBlobSource(source);
    const first = chunks.return();
    await chunks.return();
    expect(freed).toBe(true);
    await first;
  });

  it("and ignores a rejection of its return()", async () => {
    const source = { ...probe([bytes("a")]), return: () => Promise.reject(new Error("no")) };
    await expect(readBlobSource(source).return()).resolves.toEqual({ done: true, value: undefined });
  });
});

// clause 2
describe("a signal given to readBlobSource", () => {
  it("closes the source unread when it is already aborted", async () => {
    const source = probe([bytes("a")]);
    const reason = new Error("stop");
    expect(await rejection(collect(readBlobSource(source, { signal: AbortSignal.abort(reason) })))).toBe(
      reason,
    );
    expect(source.log).toEqual(["return"]);
  });

  it("rejects a pending read when it aborts", async () => {
    const source = probe([bytes("a")], true);
    const controller = new AbortController();
    const reading = collect(readBlobSource(source, { signal: controller.signal }));
    setImmediate(() => {
      controller.abort("stop");
    });
    expect(await rejection(reading)).toBe("stop");
    expect(source.log).toEqual(["next", "next", "return"]);
  });

  it("rejects a pending read of a generator that never answers", async () => {
    const controller = new AbortController();
    const chunks = readBlobSource(hanging(), { signal: controller.signal });
    await chunks.next();
    const waiting = chunks.next();
    controller.abort("stop");
    expect(await rejection(waiting)).toBe("stop");
    await chunks.return();
  });

  it("stops the wait for a source whose return() never settles", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const source = { ...probe([bytes("a")]), return: () => new Promise<never>(() => undefined) };
    const chunks = readBlobSource({ [Symbol.asyncIterator]: () => source }, { signal });
    await chunks.next();
    const ending = chunks.return();
    await new Promise(setImmediate);
    controller.abort("stop");
    await ending;
    await chunks.return();
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("has no listeners left after the source ends, fails or is closed", async () => {
    const { signal } = new AbortController();
    await collect(readBlobSource(chunked(bytes("abc"), 1), { signal }));
    await readBlobSource(probe([bytes("a")]), { signal }).return();
    await rejection(collect(readBlobSource(probe(["x"]), { signal })));
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("has one listener however many sources it bounds, because Node warns of more than ten", async () => {
    const controller = new AbortController();
    const sources = Array.from({ length: 20 }, () => probe([bytes("a")]));
    const [first] = sources.map((source) => readBlobSource(source, { signal: controller.signal }));
    await first?.return();
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
    controller.abort("stop");
    expect(sources.map(({ log }) => log)).toEqual(sources.map(() => ["return"]));
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });
});

describe("a Node stream that fails", () => {
  it("before it is read rejects the first read and does not end the process", async () => {
    const stream = createReadStream("no such file");
    const chunks = readBlobSource(stream);
    await new Promise<void>((resolve) => stream.once("close", resolve));
    expect(await rejection(chunks.next())).toMatchObject({ code: "ENOENT" });
  });

  it("after it was closed does not end the process", async () => {
    const stream = createReadStream("no such file");
    const closed: Promise<void> = new Promise((resolve) => stream.once("close", resolve));
    await readBlobSource(stream).return();
    await closed;
    expect(stream.destroyed).toBe(true);
  });
});

describe("requireBytes", () => {
  it("returns a plain view of the same memory", () => {
    const buffer = Buffer.from("abc");
    const view = requireBytes(buffer, "it");
    expect(view.constructor).toBe(Uint8Array);
    buffer[0] = 120;
    expect(view[0]).toBe(120);
  });

  it("names the type that it received in its error", () => {
    expect(() => requireBytes("abc", "a manifest")).toThrow("a manifest must be a Uint8Array, not string");
  });
});

describe("the signal option of readBlobSource", () => {
  it.each<[string, unknown]>([
    ["an object", {}],
    ["text", "abort"],
    ["half a signal", { aborted: true }],
  ])("is rejected with a TypeError, and the source closed, when it is %s", async (_what, signal) => {
    const source = probe([new Uint8Array(1)]);
    expect(() => readBlobSource(source, { signal: signal as AbortSignal })).toThrow(TypeError);
    await Promise.resolve();
    expect(source.log).toEqual(["return"]);
  });

  it("counts as absent when it is null", async () => {
    expect(await collect(readBlobSource(bytes("hello"), { signal: null as unknown as undefined }))).toEqual([
      bytes("hello"),
    ]);
  });
});
