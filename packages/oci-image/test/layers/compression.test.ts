import * as zlib from "node:zlib";

import { createBlobReader } from "@ocilayout/oci-backend";
import { type BlobReader, ociMediaTypes, type RegistryError } from "@ocilayout/oci-types";
import { bytes, descriptorOf, rejection } from "@ocilayout/testing";
import { afterEach, describe, expect, it, vi } from "vitest";

import { listFiles, readLayer } from "../../src/index.ts";
import { FakeRegistry } from "../fake-registry.ts";
import { header } from "../tar/archives.ts";
import { type Block, frame, skippable, WINDOW_128K } from "../zstd/frames.ts";
import { collectPaths, file, imageOf, pathsOf, tarOf } from "./images.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Hides Node's zlib, so that the layer is decompressed as in a browser. */
function hideNodeZlib(): void {
  const original = process.getBuiltinModule.bind(process);
  vi.spyOn(process, "getBuiltinModule").mockImplementation((id: string) =>
    id === "node:zlib" ? undefined : original(id),
  );
}

const plain = await tarOf(file("a"), file("d/b", "x".repeat(100_000)));
const { gzipSync } = zlib;
const zipped = gzipSync(plain);
const paths = ["/a", "/d/", "/d/b"];
const invalid = { code: "ARCHIVE_INVALID" };

describe("the compression of a layer", () => {
  it.each([
    ["plain bytes with the type of gzip", plain, ociMediaTypes.layerGzip],
    ["gzip with the type of a plain layer", zipped, ociMediaTypes.layer],
    ["gzip with an unknown type", zipped, "application/octet-stream"],
  ])("is detected from the first bytes: %s", async (_, blob, mediaType) => {
    expect(await pathsOf({ blob, plain, mediaType })).toEqual(paths);
  });

  it("can be gzip in several members", async () => {
    const members = [plain.subarray(0, 700), plain.subarray(700, 700), plain.subarray(700)];
    const blob = Buffer.concat(members.map((member) => gzipSync(member)));
    expect(await pathsOf({ blob, plain })).toEqual(paths);
  });

  it("ignores zeros after the end of gzip, which programs use as padding", async () => {
    const { at, registry } = await imageOf({
      blob: Buffer.concat([zipped, new Uint8Array(3_000_000)]),
      plain,
    });
    expect(await collectPaths(at)).toEqual(paths);
    expect(registry.open).toBe(0);
  });

  it.each([
    ["a truncated stream", zipped.subarray(0, -9)],
    ["a truncated checksum", zipped.subarray(0, -1)],
    ["a wrong checksum", Buffer.concat([zipped.subarray(0, -8), new Uint8Array(8)])],
    ["only the magic bytes", zipped.subarray(0, 2)],
    // gzip ignores it with a warning, and runtimes do not.
    ["garbage after the end", Buffer.concat([zipped, bytes("garbage".repeat(100_000))])],
    ["a second member that is malformed", Buffer.concat([zipped, Uint8Array.of(0x1f, 0x8b, 9, 9, 9)])],
  ])("fails with ARCHIVE_INVALID: %s", async (_, blob) => {
    const { at, registry } = await imageOf({ blob, plain });
    await expect(collectPaths(at)).rejects.toMatchObject(invalid);
    expect(registry.open).toBe(0);
  });
});

const { zstdCompressSync } = zlib as { zstdCompressSync?: (content: Uint8Array) => Uint8Array };
const hasZstd = zstdCompressSync !== undefined;
const skip = skippable(1, 2, 3);
const parts = [plain.subarray(0, 700), plain.subarray(700, 1500), plain.subarray(1500)];
const blocks = (content: Uint8Array): Block[] =>
  Array.from({ length: Math.ceil(content.length / 1024) }, (_, at) => ({
    bytes: content.subarray(1024 * at, 1024 * (at + 1)),
  }));
const framed = frame(blocks(plain));
const wide = { fields: [WINDOW_128K] };

/** The decompressors of this Node. */
const decompressors: readonly (readonly [string, () => void])[] = [
  ["the decoder of this package", hideNodeZlib],
  ...(hasZstd ? ([["Node's decompressor", (): void => undefined]] as const) : []),
];

describe.each(decompressors)("zstd with %s", (name, prepare) => {
  const isOurs = name !== "Node's decompressor";
  it("is read, with several frames and frames to skip", async () => {
    prepare();
    const frames = parts.map((part) => zstdCompressSync?.(part) ?? frame(blocks(part)));
    expect(await pathsOf({ blob: Buffer.concat(frames), plain })).toEqual(paths);
    expect(await pathsOf({ blob: Buffer.concat([skip, ...frames, skip]), plain })).toEqual(paths);
    expect(await pathsOf({ blob: framed, plain, mediaType: ociMediaTypes.layerZstd })).toEqual(paths);
  });

  it("is rejected if it is malformed or ends too early", async () => {
    prepare();
    const garbage = pathsOf({ blob: Buffer.concat([framed, bytes("garbage")]), plain });
    await expect(garbage).rejects.toMatchObject(invalid);
    for (const size of [framed.length - 1, 5000, 9, 7]) {
      const { at, registry } = await imageOf({ blob: framed.subarray(0, size), plain });
      // Before Node 26 a truncated stream just ends, and only the digest of the decompressed bytes detects it.
      const { code } = (await rejection(collectPaths(at))) as RegistryError;
      expect(isOurs ? ["ARCHIVE_INVALID"] : ["CONTENT_CORRUPT", "ARCHIVE_INVALID"]).toContain(code);
      expect(registry.open).toBe(0);
    }
  });

  it("is SIZE_INVALID if its window exceeds 128 MiB", async () => {
    prepare();
    const limit = 128 * 1024 * 1024;
    for (const fields of [[(17 << 3) | 1], [(31 << 3) | 7]]) {
      const { at, registry } = await imageOf({ blob: frame(blocks(plain), { fields }), plain });
      expect(await rejection(collectPaths(at))).toMatchObject({ code: "SIZE_INVALID", detail: { limit } });
      expect(registry.open).toBe(0);
    }
    expect(await pathsOf({ blob: frame(blocks(plain), { fields: [17 << 3] }), plain })).toEqual(paths);
  });

  it("ends after its first bytes if it is a bomb of 10 GB", async () => {
    prepare();
    const size = 10_000_000_000;
    const zeros = frame(
      Array.from({ length: 400 }, () => ({ type: "repeated", bytes: [0], size: 131_072 })),
      wide,
    );
    let count = 0;
    const chunks = function* (): Generator<Uint8Array> {
      yield frame([{ bytes: header({ size }) }], wide);
      for (; count < 200; count += 1) yield zeros;
    };
    const layer = { ...descriptorOf(new Uint8Array()), size: 2 ** 40 };
    const getBlob = async (): Promise<BlobReader> => createBlobReader(layer, chunks(), { verify: false });
    const registry = { ...new FakeRegistry().registry, getBlob };
    const reading = (async () => {
      for await (const entry of readLayer({ registry, repository: "a" }, layer)) expect(entry.path).toBe("f");
    })();
    expect(await rejection(reading)).toMatchObject({ code: "SIZE_INVALID", detail: { limit: 1000 } });
    expect(count).toBeLessThan(5);
  });
});

describe("zstd without Node's decompressor", () => {
  it("lets other tasks of the event loop run", async () => {
    hideNodeZlib();
    const content = await tarOf(file("a"), { path: "zeros", content: new Uint8Array(30_000_000) });
    const wideBlocks = Array.from({ length: Math.ceil(content.length / 131_072) }, (_, at) => ({
      bytes: content.subarray(131_072 * at, 131_072 * (at + 1)),
    }));
    const { at } = await imageOf({ blob: frame(wideBlocks, wide), plain: content });
    let turns = 0;
    const count = (): void => {
      turns += 1;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    await collectPaths(at);
    clearImmediate(timer);
    expect(turns).toBeGreaterThan(5);
  });

  it("frees the blob if the caller leaves the loop", async () => {
    hideNodeZlib();
    const { at, registry } = await imageOf({ blob: framed, plain });
    for await (const found of listFiles(at)) if (found.path !== "") break;
    expect(registry.open).toBe(0);
  });
});

describe("gzip in a browser", () => {
  it("is decompressed with DecompressionStream", async () => {
    hideNodeZlib();
    expect(await pathsOf({ blob: zipped, plain })).toEqual(paths);
  });

  it("fails with ARCHIVE_INVALID if it is malformed", async () => {
    hideNodeZlib();
    const blob = zipped.subarray(0, -9);
    await expect(pathsOf({ blob, plain })).rejects.toMatchObject(invalid);
  });

  it("frees the blob if the caller leaves the loop", async () => {
    hideNodeZlib();
    const { at, registry } = await imageOf({ blob: zipped, plain });
    for await (const found of listFiles(at)) if (found.path !== "") break;
    expect(registry.open).toBe(0);
  });
});
