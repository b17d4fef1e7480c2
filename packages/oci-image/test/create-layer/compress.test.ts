import { gunzipSync } from "node:zlib";
import * as zlib from "node:zlib";

import { ociMediaTypes } from "@ocilayout/oci-types";
import { bytes, chunked, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { compress, type CompressionHost, createCompressor } from "../../src/create-layer/compress.ts";
import { createLayer } from "../../src/create-layer/create-layer.ts";
import { concat } from "../tar/archives.ts";

const hosts: readonly (readonly [string, CompressionHost])[] = [
  ["node:zlib", { zlib: zlib, CompressionStream: undefined }],
  ["CompressionStream", { zlib: undefined, CompressionStream }],
];
const content = bytes("some text ".repeat(50_000));

async function* from(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function gzip(host: CompressionHost, chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const compressor = createCompressor("gzip", host);
  const parts: Uint8Array[] = [];
  if (compressor !== undefined) for await (const part of compress(chunks, compressor)) parts.push(part);
  return concat(parts);
}

describe.each(hosts)("gzip by %s", (_name, host) => {
  it("unpacks to the content", async () => {
    expect(gunzipSync(await gzip(host, from(chunked(content, 70_000)))).equals(content)).toBe(true);
    expect(gunzipSync(await gzip(host, from([]))).length).toBe(0);
  });

  it("has neither a time nor an operating system in its header", async () => {
    const zipped = await gzip(host, from(chunked(content, 70_000)));
    expect([...zipped.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  });

  it("waits until the memory of a chunk is free", async () => {
    const reused = new Uint8Array(10_000);
    const source = (async function* () {
      for (let at = 0; at < 100; at += 1) yield reused.fill(at);
    })();
    const unzipped = gunzipSync(await gzip(host, source));
    expect(unzipped.length).toBe(1_000_000);
    expect(unzipped.findIndex((byte, at) => byte !== Math.floor(at / 10_000))).toBe(-1);
  });

  it("fails as its source fails", async () => {
    const failure = new Error("broken");
    const source = (async function* () {
      yield content;
      throw failure;
    })();
    expect(await rejection(gzip(host, source))).toBe(failure);
  });

  it("fails with a reason that is not an error", async () => {
    const controller = new AbortController();
    controller.abort("stop");
    const source = (async function* () {
      yield content;
      controller.signal.throwIfAborted();
    })();
    expect(await rejection(gzip(host, source))).toBe("stop");
  });

  it("ends its source when it is ended early", async () => {
    let ended = false;
    const source = (async function* () {
      try {
        for (;;) yield crypto.getRandomValues(new Uint8Array(60_000));
      } finally {
        ended = true;
      }
    })();
    const compressor = createCompressor("gzip", host);
    if (compressor === undefined) throw new Error("no gzip");
    const output = compress(source, compressor);
    await output.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await output.return();
    expect(ended).toBe(true);
  });
});

describe("a compression", () => {
  it("is the same in Node's zlib and in CompressionStream of Node", async () => {
    const [one, other] = await Promise.all(hosts.map(([, host]) => gzip(host, from([content]))));
    expect(Buffer.compare(one ?? bytes(""), other ?? bytes("x"))).toBe(0);
  });

  it("that the platform does not have is UNSUPPORTED", () => {
    const nothing = { zlib: undefined, CompressionStream: undefined };
    for (const compression of ["gzip", "zstd"] as const)
      expect(() => createCompressor(compression, nothing)).toThrow(
        expect.objectContaining({ code: "UNSUPPORTED" }) as Error,
      );
  });

  it("with zstd has its media type, if this Node has zstd", async () => {
    const files = [{ path: "f", content }];
    if (!("createZstdCompress" in zlib)) {
      expect(await rejection(createLayer(files, { compression: "zstd" }))).toMatchObject({
        code: "UNSUPPORTED",
      });
      return;
    }
    const layer = await createLayer(files, { compression: "zstd" });
    expect(layer.descriptor.mediaType).toBe(ociMediaTypes.layerZstd);
    expect([...layer.content.subarray(0, 4)]).toEqual([0x28, 0xb5, 0x2f, 0xfd]);
    expect(layer.diffId).toBe((await createLayer(files, { compression: "none" })).diffId);
  });
});
