import * as zlib from "node:zlib";

import { ociMediaTypes, type RegistryError } from "@ocilayout/oci-types";
import { bytes, rejection } from "@ocilayout/testing";
import { afterEach, describe, expect, it, vi } from "vitest";

import { listFiles } from "../../src/index.ts";
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

  it("can be zstd from Node 22.15, and is UNSUPPORTED before", async () => {
    const { zstdCompressSync } = zlib as { zstdCompressSync?: (content: Uint8Array) => Uint8Array };
    if (zstdCompressSync !== undefined) {
      const frames = [plain.subarray(0, 700), plain.subarray(700)].map((part) => zstdCompressSync(part));
      expect(await pathsOf({ blob: zstdCompressSync(plain), plain })).toEqual(paths);
      const skippable = Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
      expect(await pathsOf({ blob: Buffer.concat(frames), plain })).toEqual(paths);
      expect(await pathsOf({ blob: Buffer.concat([skippable, ...frames, skippable]), plain })).toEqual(paths);
      const single = zstdCompressSync(plain);
      const garbage = pathsOf({ blob: Buffer.concat([single, bytes("garbage")]), plain });
      await expect(garbage).rejects.toMatchObject(invalid);
      // Before Node 26 a truncated stream just ends, and only the digest of the decompressed bytes detects it.
      const truncated = await rejection(pathsOf({ blob: single.subarray(0, -1), plain }));
      expect(["CONTENT_CORRUPT", "ARCHIVE_INVALID"]).toContain((truncated as RegistryError).code);
      return;
    }
    const blob = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0);
    await expect(pathsOf({ blob, plain })).rejects.toMatchObject({ code: "UNSUPPORTED" });
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
