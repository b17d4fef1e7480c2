import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createBlobReader } from "../src/index.ts";
import { collect, computeDigest, type BlobReader, type Descriptor } from "@ocilayout/oci-types";
import { bytes, chunked, probe, rejection } from "./helpers.ts";

async function describeContent(content: Uint8Array): Promise<Descriptor> {
  return { mediaType: "text/plain", ...(await computeDigest(content)) };
}

const hello = bytes("hello");
const descriptor = await describeContent(hello);

/** All the bytes that come before the end, and the error at the end. */
async function drain(reader: BlobReader): Promise<{ length: number; error: unknown }> {
  let length = 0;
  try {
    for await (const chunk of reader) length += chunk.length;
  } catch (error) {
    return { length, error };
  }
  return { length, error: undefined };
}

/** Gives `chunk` and then nothing, until it is cancelled. */
function streamWithoutEnd(chunk: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(chunk);
    },
  });
}

describe("a blob reader", () => {
  it("gives the content as bytes, text, JSON, chunks and stream", async () => {
    const json = bytes('{"a":1}');
    const open = async (): Promise<BlobReader> => createBlobReader(await describeContent(json), json);
    expect(await (await open()).bytes()).toEqual(json);
    expect(await (await open()).text()).toBe('{"a":1}');
    expect(await (await open()).json()).toEqual({ a: 1 });
    expect(Buffer.concat(await collect(await open())).toString()).toBe('{"a":1}');
    expect(await new Response((await open()).stream()).text()).toBe('{"a":1}');
  });

  it("says MANIFEST_INVALID of what is not JSON", async () => {
    expect(await rejection(createBlobReader(descriptor, hello).json())).toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  it("3: keeps a descriptor of its own", () => {
    const annotations = { a: "1" };
    const reader = createBlobReader({ ...descriptor, annotations }, hello);
    annotations.a = "2";
    expect(reader.descriptor.annotations).toEqual({ a: "1" });
  });

  it("3: keeps options of its own", async () => {
    const options = { verify: true };
    const reader = createBlobReader(descriptor, bytes("HELLO"), options);
    options.verify = false;
    expect(await rejection(reader.bytes())).toMatchObject({ code: "CONTENT_CORRUPT" });
  });

  it("3: gives chunks that are the consumer's own", async () => {
    const content = bytes("hello");
    const [chunk] = await collect(createBlobReader(descriptor, content));
    chunk?.fill(0);
    expect(content).toEqual(hello);
  });

  it("3: copies the chunks of a source that uses its memory again", async () => {
    function* reusing(): Generator<Uint8Array> {
      const memory = new Uint8Array(1);
      for (const byte of hello) {
        memory[0] = byte;
        yield memory;
      }
    }
    expect(Buffer.concat(await collect(createBlobReader(descriptor, reusing()))).toString()).toBe("hello");
  });

  it("is consumed once, like the body of a fetch", async () => {
    const reader = createBlobReader(descriptor, hello);
    await reader.bytes();
    expect(await rejection(reader.text())).toBeInstanceOf(TypeError);
    expect(() => reader.stream()).toThrow(TypeError);
  });

  it("says CLOSED of what is read after close, which can be repeated", async () => {
    const reader = createBlobReader(descriptor, hello);
    await reader.close();
    await reader.close();
    expect(await rejection(reader.bytes())).toMatchObject({ code: "CLOSED" });
  });

  it("says CLOSED of a read that close interrupts, not that the content is corrupt", async () => {
    const reader = createBlobReader(descriptor, chunked(hello, 1));
    const chunks = reader[Symbol.asyncIterator]();
    await chunks.next();
    await reader.close();
    expect(await rejection(Promise.resolve(chunks.next()))).toMatchObject({ code: "CLOSED" });
  });

  it("says CLOSED of a range that close interrupts, not that it ended", async () => {
    const reader = createBlobReader(descriptor, streamWithoutEnd(bytes("he")), { verify: false });
    const reading = rejection(reader.bytes());
    await new Promise(setImmediate);
    await reader.close();
    expect(await reading).toMatchObject({ code: "CLOSED" });
  });

  it("says CLOSED of a read that would wait for ever", async () => {
    const reader = createBlobReader(descriptor, probe([bytes("he")], true));
    const reading = rejection(reader.bytes());
    await new Promise(setImmediate);
    await reader.close();
    expect(await reading).toMatchObject({ code: "CLOSED" });
  });

  it("closes its source when the loop is left, when it is closed, and when it is disposed", async () => {
    const left = probe([bytes("he"), bytes("llo")]);
    for await (const chunk of createBlobReader(descriptor, left)) if (chunk.length > 0) break;
    const closed = probe([hello]);
    await createBlobReader(descriptor, closed).close();
    const disposed = probe([hello]);
    await createBlobReader(descriptor, disposed)[Symbol.asyncDispose]();
    expect([left.log.at(-1), closed.log, disposed.log]).toEqual(["return", ["return"], ["return"]]);
  });

  it("ends quietly when it is asked again after the loop was left", async () => {
    const chunks = createBlobReader(descriptor, chunked(hello, 1))[Symbol.asyncIterator]();
    await chunks.next();
    await chunks.return?.();
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
  });

  it("ends quietly a read that waits while the loop is left: nothing is corrupt", async () => {
    const chunks = createBlobReader(descriptor, streamWithoutEnd(bytes("he")))[Symbol.asyncIterator]();
    await chunks.next();
    const waiting = chunks.next();
    await chunks.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });
});

describe("8: a blob reader verifies", () => {
  it("however the content is cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 50 }),
        async (content, size) => {
          const reader = createBlobReader(await describeContent(content), chunked(content, size));
          expect(await reader.bytes()).toEqual(Uint8Array.from(content));
        },
      ),
    );
  });

  it("so that corrupt content never yields its full length", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 100 }),
        fc.uint8Array({ maxLength: 100 }),
        fc.integer({ min: 1, max: 50 }),
        async (content, stored, size) => {
          fc.pre(Buffer.compare(content, stored) !== 0);
          const result = await drain(createBlobReader(await describeContent(content), chunked(stored, size)));
          expect(result.error).toMatchObject({ code: "CONTENT_CORRUPT" });
          expect(result.length).toBeLessThan(content.length);
        },
      ),
    );
  });

  it("also where the source ends in empty chunks, or goes on behind the size", async () => {
    const wrong = await drain(createBlobReader(descriptor, [bytes("HELLO"), bytes(""), bytes("")]));
    expect(wrong).toMatchObject({ length: 0, error: { code: "CONTENT_CORRUPT" } });
    const long = await drain(createBlobReader(descriptor, [bytes("hel"), bytes("lo"), bytes("!")]));
    expect(long).toMatchObject({ length: 3, error: { code: "CONTENT_CORRUPT" } });
  });

  it("unless it is told not to", async () => {
    expect(await createBlobReader(descriptor, bytes("ell"), { verify: false }).text()).toBe("ell");
  });
});

describe("the stream of a blob reader", () => {
  it("reads nothing before it is asked, and no more than it is asked", async () => {
    const source = probe([bytes("he"), bytes("llo")]);
    const stream = createBlobReader(descriptor, source).stream();
    await Promise.resolve();
    expect(source.log).toEqual([]);
    const reader = stream.getReader();
    await reader.read();
    expect(source.log).toEqual(["next"]);
    await reader.cancel();
    expect(source.log).toEqual(["next", "return"]);
  });
});

describe("2: the signal of a blob reader", () => {
  it("closes the source although nobody is reading, and rejects what is read then", async () => {
    const controller = new AbortController();
    const source = probe([hello]);
    const reader = createBlobReader(descriptor, source, { signal: controller.signal });
    controller.abort("stop");
    expect(source.log).toEqual(["return"]);
    expect(await rejection(reader.bytes())).toBe("stop");
  });
});

describe("the descriptor of a reader", () => {
  it("3: is a copy each time, so that changing it changes nothing for the reader", async () => {
    const given = { ...descriptor, annotations: { a: "b" } };
    const reader = createBlobReader(given, hello);
    const seen = reader.descriptor as { digest: string; size: number; annotations: Record<string, string> };
    seen.digest = `sha256:${"0".repeat(64)}`;
    seen.size = 1;
    seen.annotations["a"] = "c";
    given.annotations.a = "d";
    expect(reader.descriptor).toEqual({ ...descriptor, annotations: { a: "b" } });
    expect(await reader.text()).toBe("hello");
  });

  it("may be another one in an object that inherits from the reader", async () => {
    const reader = createBlobReader(descriptor, hello);
    const other = Object.assign(Object.create(reader) as { descriptor: Descriptor }, {
      descriptor: { ...descriptor, size: 7 },
    });
    expect(other.descriptor.size).toBe(7);
    expect(reader.descriptor.size).toBe(5);
    expect(await reader.text()).toBe("hello");
  });

  it("a stream may be cancelled more than once, also at its end, and its reader closed afterwards", async () => {
    const left = createBlobReader(descriptor, hello);
    const stream = left.stream();
    await stream.cancel();
    await stream.cancel();
    await left.close();
    const read = createBlobReader(descriptor, hello);
    const whole = read.stream();
    for await (const chunk of whole.values({ preventCancel: true })) expect(chunk).toEqual(hello);
    await whole.cancel();
    await whole.cancel();
    await read.close();
    await read[Symbol.asyncDispose]();
  });
});
