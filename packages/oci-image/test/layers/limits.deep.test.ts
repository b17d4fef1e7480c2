import { constants, deflateRawSync, gzipSync } from "node:zlib";

import { createBlobReader } from "@ocilayout/oci-backend";
import type { Descriptor, RegistryReader } from "@ocilayout/oci-types";
import { descriptorOf, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { readFile, readLayer, type LayerLimits } from "../../src/index.ts";
import { archive, header, pax } from "../tar/archives.ts";
import { FakeRegistry } from "../fake-registry.ts";
import { collectPaths, file, imageOf, putImage, tarOf, type TestImage } from "./images.ts";

const tooLarge = (limit: number): object => ({ code: "SIZE_INVALID", detail: { limit } });

describe("limits", () => {
  it.each<[keyof LayerLimits, number, () => Promise<TestImage>]>([
    ["layers", 2, () => imageOf([file("a")], [file("a")])],
    ["layerBytes", 2048, () => imageOf([file("a")], [file("b")])],
    ["bytes", 4096, () => imageOf([file("a")], [file("b")])],
    ["entries", 3, () => imageOf([file("a")], [file("a"), file(".wh.b")])],
    ["fileBytes", 3, () => imageOf([file("a", "123")])],
    ["treeBytes", 1008, () => imageOf([file("a")], [file("b"), file("c")])],
  ])("%s: %d is enough, and one less fails with SIZE_INVALID", async (name, limit, make) => {
    const { at, registry } = await make();
    await collectPaths(at, { limits: { [name]: limit } });
    const limits = { [name]: limit - 1 };
    expect(await rejection(collectPaths(at, { limits }))).toMatchObject(tooLarge(limit - 1));
    expect(registry.open).toBe(0);
  });

  it("the ratio of a layer does not count for 64 MiB", async () => {
    const size = 65 * 1024 * 1024;
    const plain = archive(header({ size }), new Uint8Array(size));
    const small = archive(header({ size: size - 2 ** 20 - 2048 }), new Uint8Array(size - 2 ** 20 - 2048));
    expect(await collectPaths((await imageOf({ blob: gzipSync(small), plain: small })).at)).toEqual(["/f"]);
    const { at } = await imageOf({ blob: gzipSync(plain), plain });
    expect(await rejection(collectPaths(at))).toMatchObject(tooLarge(1000));
    expect(await collectPaths(at, { limits: { ratio: 1100 } })).toEqual(["/f"]);
  });

  it("a gzip bomb of 10 GB ends after its first bytes", async () => {
    const { registry, layer, blocks } = bomb();
    const reading = (async () => {
      for await (const { path } of readLayer({ registry, repository: "a" }, layer)) expect(path).toBe("f");
    })();
    expect(await rejection(reading)).toMatchObject(tooLarge(1000));
    expect(blocks()).toBeLessThan(10);
  });

  it("a sparse file is not read by listFiles, and too large for readFile", async () => {
    const size = 2 ** 40 - 2 ** 20;
    const content = archive(
      pax([
        ["GNU.sparse.size", `${size}`],
        ["GNU.sparse.numblocks", "0"],
      ]),
      header(),
    );
    const { at } = await imageOf({ blob: content, plain: content });
    expect(await collectPaths(at)).toEqual(["/f"]);
    expect(await rejection(readFile(at, "f"))).toMatchObject(tooLarge(64 * 1024 ** 3));
  });

  it("an image with another number of layers than its config is MANIFEST_INVALID", async () => {
    const { registry, layers } = await imageOf([file("a")]);
    const at = putImage(registry, layers, []);
    expect(await rejection(collectPaths(at))).toMatchObject({ code: "MANIFEST_INVALID" });
  });

  it("a path with many names costs no stack", async () => {
    const path = "d/".repeat(2000);
    const { at } = await imageOf([file(`${path}x`)], [file(`${path}y`)]);
    expect(await collectPaths(at)).toHaveLength(2002);
    expect(await (await readFile(at, `${path}x`)).text()).toBe(`${path}x`);
  });

  it("a layer that is not an archive is ARCHIVE_INVALID, and an empty one has no files", async () => {
    const text = new TextEncoder().encode("x".repeat(1000));
    const { at } = await imageOf({ blob: text, plain: text });
    expect(await rejection(collectPaths(at))).toMatchObject({ code: "ARCHIVE_INVALID" });
    for (const plain of [new Uint8Array(), await tarOf()])
      expect(await collectPaths((await imageOf({ blob: plain, plain })).at)).toEqual([]);
  });
});

/** Serves a layer of 10 GB with a file of zeros, from one compressed block of 16 MB. */
function bomb(): {
  readonly registry: RegistryReader;
  readonly layer: Descriptor;
  /** The number of blocks that were read. */
  readonly blocks: () => number;
} {
  const flush = { level: 9, finishFlush: constants.Z_FULL_FLUSH };
  const start = deflateRawSync(header({ size: 10_000_000_000 }), flush);
  const zeros = deflateRawSync(new Uint8Array(16_000_000), flush);
  let count = 0;
  function* chunks(): Generator<Uint8Array> {
    yield Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3);
    yield start;
    for (; count < 625; count += 1) yield zeros;
  }
  const layer = { ...descriptorOf(new Uint8Array()), size: 2 ** 40 };
  const registry = {
    ...new FakeRegistry().registry,
    getBlob: async () => createBlobReader(layer, chunks(), { verify: false }),
  };
  return { registry, layer, blocks: () => count };
}
