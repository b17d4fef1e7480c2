import { bytes, chunked, probe, rejection } from "@ocilayout/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createBlobReader } from "../src/index.ts";
import { collect, computeDigest, type BlobReader, type Descriptor } from "@ocilayout/oci-types";

async function describeContent(content: Uint8Array): Promise<Descriptor> {
  return { mediaType: "text/plain", ...(await computeDigest(content)) };
}

const hello = bytes("hello");
const descriptor = await describeContent(hello);

/** Reads everything. Returns the bytes before the end, and the error at the end. */
async function drain(reader: BlobReader): Promise<{ length: number; error: unknown }> {
  let length = 0;
  try {
    for await (const chunk of reader) length += chunk.length;
  } catch (error) {
    return { length, error };
  }
  return { length, error: undefined };
}

/** Yields `chunk`, then never answers until it is cancelled. */
function streamWithoutEnd(chunk: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(chunk);
    },
  });
}

describe("a blob reader", () => {
  it("returns its content as bytes, text, JSON, chunks and a stream", async () => {
    const json = bytes('{"a":1}');
    const open = async (): Promise<BlobReader> => createBlobReader(await describeContent(json), json);
    expect(await (await open()).bytes()).toEqual(json);
    expect(await (await open()).text()).toBe('{"a":1}');
    expect(await (await open()).json()).toEqual({ a: 1 });
    expect(Buffer.concat(await collect(await open())).toString()).toBe('{"a":1}');
    expect(await new Response((await open()).stream()).text()).toBe('{"a":1}');
  });

  it("rejects json() with MANIFEST_INVALID when the content is not JSON", async () => {
    expect(await rejection(createBlobReader(descriptor, hello).json())).toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  // clause 3
  it("is not affected by later changes to the descriptor that it was made with", () => {
    const annotations = { a: "1" };
    const reader = createBlobReader({ ...descriptor, annotations }, hello);
    annotations.a = "2";
    expect(reader.descriptor.annotations).toEqual({ a: "1" });
  });

  // clause 3
  it("is not affected by later changes to the options that it was made with", async () => {
    const options = { verify: true };
    const reader = createBlobReader(descriptor, bytes("HELLO"), options);
    options.verify = false;
    expect(await rejection(reader.bytes())).toMatchObject({ code: "CONTENT_CORRUPT" });
  });

  // clause 3
  it("yields chunks that the consumer may keep and change", async () => {
    const content = bytes("hello");
    const [chunk] = await collect(createBlobReader(descriptor, content));
    chunk?.fill(0);
    expect(content).toEqual(hello);
  });

  // clause 3
  it("copies the chunks of a source that reuses its memory", async () => {
    function* reusing(): Generator<Uint8Array> {
      const memory = new Uint8Array(1);
      for (const byte of hello) {
        memory[0] = byte;
        yield memory;
      }
    }
    expect(Buffer.concat(await collect(createBlobReader(descriptor, reusing()))).toString()).toBe("hello");
  });

  it("can be consumed only once, like the body of a fetch", async () => {
    const reader = createBlobReader(descriptor, hello);
    await reader.bytes();
    expect(await rejection(reader.text())).toBeInstanceOf(TypeError);
    expect(() => reader.stream()).toThrow(TypeError);
  });

  it("rejects reads after close with CLOSED; close is idempotent", async () => {
    const reader = createBlobReader(descriptor, hello);
    await reader.close();
    await reader.close();
    expect(await rejection(reader.bytes())).toMatchObject({ code: "CLOSED" });
  });

  it("rejects a read that close interrupts with CLOSED, not CONTENT_CORRUPT", async () => {
    const reader = createBlobReader(descriptor, chunked(hello, 1));
    const chunks = reader[Symbol.asyncIterator]();
    await chunks.next();
    await reader.close();
    expect(await rejection(Promise.resolve(chunks.next()))).toMatchObject({ code: "CLOSED" });
  });

  it("rejects a range read that close interrupts with CLOSED instead of ending it", async () => {
    const reader = createBlobReader(descriptor, streamWithoutEnd(bytes("he")), { verify: false });
    const reading = rejection(reader.bytes());
    await new Promise(setImmediate);
    await reader.close();
    expect(await reading).toMatchObject({ code: "CLOSED" });
  });

  it("rejects a pending read with CLOSED even if the source never answers", async () => {
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

  it("is done when it is read again after the loop was left", async () => {
    const chunks = createBlobReader(descriptor, chunked(hello, 1))[Symbol.asyncIterator]();
    await chunks.next();
    await chunks.return?.();
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
  });

  it("ends a pending read without an error when the loop is left", async () => {
    const chunks = createBlobReader(descriptor, streamWithoutEnd(bytes("he")))[Symbol.asyncIterator]();
    await chunks.next();
    const waiting = chunks.next();
    await chunks.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });
});

// clause 8
describe("a verifying blob reader", () => {
  it("yields the whole content however it is cut into chunks", async () => {
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

  it("never yields the full length of corrupt content", async () => {
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

  it("verifies sources that end with empty chunks or continue past the size", async () => {
    const wrong = await drain(createBlobReader(descriptor, [bytes("HELLO"), bytes(""), bytes("")]));
    expect(wrong).toMatchObject({ length: 0, error: { code: "CONTENT_CORRUPT" } });
    const long = await drain(createBlobReader(descriptor, [bytes("hel"), bytes("lo"), bytes("!")]));
    expect(long).toMatchObject({ length: 3, error: { code: "CONTENT_CORRUPT" } });
  });

  it("yields corrupt content when verify is false", async () => {
    expect(await createBlobReader(descriptor, bytes("ell"), { verify: false }).text()).toBe("ell");
  });
});

describe("the stream of a blob reader", () => {
  it("reads nothing until it is pulled, and no more than is pulled", async () => {
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

// clause 2
describe("a signal given to a blob reader", () => {
  it("closes the source when it aborts between reads, and rejects later reads", async () => {
    const controller = new AbortController();
    const source = probe([hello]);
    const reader = createBlobReader(descriptor, source, { signal: controller.signal });
    controller.abort("stop");
    expect(source.log).toEqual(["return"]);
    expect(await rejection(reader.bytes())).toBe("stop");
  });
});

describe("the descriptor of a blob reader", () => {
  // clause 3
  it("is a fresh copy at each access, so changing it does not affect the reader", async () => {
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

  it("can be overridden by an object that inherits from the reader", async () => {
    const reader = createBlobReader(descriptor, hello);
    const other = Object.assign(Object.create(reader) as { descriptor: Descriptor }, {
      descriptor: { ...descriptor, size: 7 },
    });
    expect(other.descriptor.size).toBe(7);
    expect(reader.descriptor.size).toBe(5);
    expect(await reader.text()).toBe("hello");
  });

  it("stays usable when its stream is cancelled twice or at the end, and can be closed afterwards", async () => {
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
