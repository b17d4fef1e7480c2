import { readFileSync } from "node:fs";
import { join } from "node:path";

import { image, layer, pushContent } from "@ocilayout/layout-testkit/content";
import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { createBlobReader } from "@ocilayout/oci-backend";
import { octetStream, type Registry } from "@ocilayout/oci-types";
import { bytes, digestOf, rejection, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { writeArchive } from "../src/index.ts";

const SIZE = 8 * 1024 * 1024;

/** Returns a registry with an image of one large layer, and the number of chunks that were read from that layer. */
async function source(): Promise<{ registry: Registry; read: () => number }> {
  const memory = createMemoryRegistry();
  const content = Buffer.alloc(SIZE, "0123456789abcde");
  await pushContent(memory, "app", image({ layers: [layer(content)] }), { tags: ["v1"] });
  let chunks = 0;
  async function* slowly(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < SIZE; at += 64 * 1024) {
      chunks += 1;
      yield content.subarray(at, at + 64 * 1024);
    }
  }
  const digest = digestOf(content);
  const registry: Registry = {
    ...memory,
    getBlob: async (repository, asked, options) =>
      asked === digest
        ? createBlobReader({ mediaType: octetStream, digest, size: SIZE }, slowly(), { verify: false })
        : memory.getBlob(repository, asked, options),
  };
  return { registry, read: () => chunks };
}

describe("an archive in a stream", () => {
  it("has the bytes of one in a file, in chunks that the stream may keep", async () => {
    const { registry } = await source();
    const place = { registry, repository: "app", reference: "v1" };
    const path = join(temporaryDirectory(), "archive.tar");
    await writeArchive(path, [place]);
    const chunks: Uint8Array[] = [];
    let isClosed = false;
    const stream: WritableStream<Uint8Array> = new WritableStream({
      write: (chunk) => void chunks.push(chunk),
      close: () => {
        isClosed = true;
      },
    });
    await writeArchive(stream, [place]);
    expect(isClosed).toBe(true);
    expect(stream.locked).toBe(false);
    expect(Buffer.concat(chunks).equals(readFileSync(path))).toBe(true);
  });

  it("is read no faster than the stream takes it", async () => {
    const { registry, read } = await source();
    const waiting: (() => void)[] = [];
    const stream: WritableStream<Uint8Array> = new WritableStream({
      write: () => new Promise((resolve) => waiting.push(resolve)),
    });
    const writing = writeArchive(stream, [{ registry, repository: "app", reference: "v1" }]);
    await expect.poll(() => waiting.length).toBe(1);
    await expect.poll(() => read()).toBeGreaterThan(8);
    // Two blocks of 512 KiB: one in the stream, one that is filled.
    expect(read()).toBeLessThanOrEqual(2 + (2 * 512) / 64);
    const pump = setInterval(() => waiting.shift()?.(), 1);
    await writing;
    clearInterval(pump);
    expect(read()).toBe(SIZE / (64 * 1024));
  });

  it("is aborted if the source fails", async () => {
    const { registry } = await source();
    let reason: unknown;
    const stream: WritableStream<Uint8Array> = new WritableStream({
      abort: (given) => {
        reason = given;
      },
    });
    const error = await rejection(
      writeArchive(stream, [{ registry, repository: "app", reference: "missing" }]),
    );
    expect(error).toMatchObject({ code: "MANIFEST_UNKNOWN" });
    await expect.poll(() => reason).toBe(error);
  });

  it("fails with the error of the stream", async () => {
    const { registry } = await source();
    const failure = new Error("the pipe broke");
    const stream: WritableStream<Uint8Array> = new WritableStream({
      write: () => {
        throw failure;
      },
    });
    expect(await rejection(writeArchive(stream, [{ registry, repository: "app", reference: "v1" }]))).toBe(
      failure,
    );
  });

  it("ends at an abort although the stream never answers", async () => {
    const { registry } = await source();
    const controller = new AbortController();
    const reason = new Error("stop");
    let writes = 0;
    const stream: WritableStream<Uint8Array> = new WritableStream({
      write: () => {
        writes += 1;
        return new Promise(() => undefined);
      },
    });
    const writing = rejection(
      writeArchive(stream, [{ registry, repository: "app", reference: "v1" }], { signal: controller.signal }),
    );
    await expect.poll(() => writes).toBe(1);
    controller.abort(reason);
    expect(await writing).toBe(reason);
  });

  it("must be a stream that is not locked", async () => {
    const { registry } = await source();
    const place = { registry, repository: "app", reference: "v1" };
    const stream: WritableStream<Uint8Array> = new WritableStream();
    stream.getWriter();
    expect(await rejection(writeArchive(stream, [place]))).toBeInstanceOf(TypeError);
    expect(await rejection(writeArchive(bytes("x") as never, [place]))).toBeInstanceOf(TypeError);
  });
});
