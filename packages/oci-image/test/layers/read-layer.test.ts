import { gzipSync } from "node:zlib";

import type { Descriptor, RegistryReader } from "@ocilayout/oci-types";
import { descriptorOf, digestOf, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { readLayer, type Place, type ReadLayerOptions } from "../../src/index.ts";
import { archive, header } from "../tar/archives.ts";
import { FakeRegistry } from "../fake-registry.ts";
import { file, tarOf } from "./images.ts";

const plain = await tarOf(file("a"), file(".wh.b", ""), file("c", "x".repeat(50_000)));
const blob = gzipSync(plain);

function serve(
  content: Uint8Array,
  descriptor: Descriptor = descriptorOf(content),
): {
  readonly registry: FakeRegistry;
  readonly at: Place<RegistryReader>;
  readonly layer: Descriptor;
} {
  const registry = new FakeRegistry();
  return { registry, at: registry.at("none"), layer: registry.serve(descriptor, content) };
}

async function read(
  { at, layer }: { readonly at: Place<RegistryReader>; readonly layer: Descriptor },
  options?: ReadLayerOptions,
): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of readLayer(at, layer, options)) paths.push(entry.path);
  return paths;
}

describe("readLayer", () => {
  it.each([
    ["gzip", blob],
    ["plain", plain],
  ])("reads the entries of a layer in order, with whiteouts: %s", async (_, content) => {
    const served = serve(content);
    expect(await read(served, { diffId: digestOf(plain) })).toEqual(["a", ".wh.b", "c"]);
    expect(served.registry.open).toBe(0);
  });

  it("reads the content of an entry", async () => {
    const { at, layer } = serve(blob);
    let size = 0;
    for await (const entry of readLayer(at, layer))
      if (entry.path === "c") for await (const chunk of entry.content) size += chunk.length;
    expect(size).toBe(50_000);
  });

  it.each([
    ["a blob with another digest", serve(blob, { ...descriptorOf(plain), size: blob.length })],
    ["a plain blob with another digest", serve(plain, { ...descriptorOf(blob), size: plain.length })],
    ["a shorter blob", serve(blob.subarray(0, -1), descriptorOf(blob))],
    ["a longer blob", serve(Buffer.concat([blob, plain]), descriptorOf(blob))],
    ["an empty blob", serve(new Uint8Array(), descriptorOf(blob))],
    ["a blob that is malformed", serve(Buffer.from(blob).fill(1, 60, 70), descriptorOf(blob))],
    ["an archive that is malformed", serve(Buffer.from(plain).fill(1, 0, 200), descriptorOf(plain))],
  ])("fails with CONTENT_CORRUPT before the end: %s", async (_, served) => {
    expect(await rejection(read(served))).toMatchObject({ code: "CONTENT_CORRUPT" });
    expect(served.registry.open).toBe(0);
  });

  it.each([
    ["gzip", blob],
    ["plain", plain],
  ])("fails with CONTENT_CORRUPT if the decompressed bytes do not match diffId: %s", async (_, content) => {
    const paths: string[] = [];
    const { at, layer } = serve(content);
    const reading = (async () => {
      for await (const { path } of readLayer(at, layer, { diffId: digestOf(blob.subarray(1)) }))
        paths.push(path);
    })();
    const detail = { expected: digestOf(blob.subarray(1)), received: digestOf(plain) };
    expect(await rejection(reading)).toMatchObject({ code: "CONTENT_CORRUPT", detail });
    expect(paths).toEqual(["a", ".wh.b", "c"]);
  });

  it("stops after the size of a blob that does not end", async () => {
    function* endless(): Generator<Uint8Array> {
      for (;;) yield new Uint8Array(1024);
    }
    const registry = new FakeRegistry();
    const layer = registry.serve({ ...descriptorOf(plain), size: 10_240 }, endless());
    const error = await rejection(read({ at: registry.at("none"), layer }));
    expect(error).toMatchObject({ code: "CONTENT_CORRUPT", detail: { expected: 10_240 } });
  });

  it("fails with ARCHIVE_INVALID if a blob that matches its digest is not an archive", async () => {
    const content = archive(header({ checksum: "0" }));
    expect(await rejection(read(serve(content)))).toMatchObject({ code: "ARCHIVE_INVALID" });
  });

  it("fails with BLOB_UNKNOWN if the layer is missing, and names the reason for a foreign layer", async () => {
    const { at, layer } = serve(blob);
    const missing = descriptorOf(plain);
    expect(await rejection(read({ at, layer: missing }))).toMatchObject({ code: "BLOB_UNKNOWN" });
    const foreign = { ...missing, urls: ["https://example.com/layer"] };
    expect(await rejection(read({ at, layer: foreign }))).toMatchObject({
      code: "BLOB_UNKNOWN",
      message: expect.stringContaining("foreign layer") as unknown,
    });
    expect(await read({ at, layer: { ...layer, urls: ["https://example.com"] } })).toHaveLength(3);
  });

  it("rejects arguments of wrong types before it reads", async () => {
    const { at, layer, registry } = serve(blob);
    const wrong = (change: object, options?: object): Promise<unknown> =>
      rejection(read({ at, layer: { ...layer, ...change } }, options));
    expect(await wrong({ size: -1 })).toBeInstanceOf(RangeError);
    expect(await wrong({}, { limits: { ratio: "1" } })).toBeInstanceOf(TypeError);
    expect(await wrong({}, { diffId: 1 })).toBeInstanceOf(TypeError);
    expect(await wrong({ digest: "sha256:1" })).toMatchObject({ code: "DIGEST_INVALID" });
    expect(await wrong({}, { diffId: "md5:1" })).toMatchObject({ code: "DIGEST_INVALID" });
    expect(registry.asked).toEqual([]);
  });

  it("frees the blob if the caller leaves the loop", async () => {
    const { at, layer, registry } = serve(blob);
    for await (const { path } of readLayer(at, layer)) if (path === "a") break;
    expect(registry.open).toBe(0);
  });

  it("ends with the reason of its signal", async () => {
    const { at, layer, registry } = serve(blob);
    const aborted = AbortSignal.abort(new Error("early"));
    expect(await rejection(read({ at, layer }, { signal: aborted }))).toMatchObject({ message: "early" });
    expect(registry.asked).toEqual([]);
    const controller = new AbortController();
    const reading = (async () => {
      for await (const { path } of readLayer(at, layer, { signal: controller.signal }))
        controller.abort(new Error(`late: ${path}`));
    })();
    expect(await rejection(reading)).toMatchObject({ message: "late: a" });
    expect(registry.open).toBe(0);
  });

  it("reports the number of bytes that were read, and ends with an error of the receiver", async () => {
    const { at, layer, registry } = serve(blob);
    const reported: number[] = [];
    await read({ at, layer }, { onProgress: (bytes) => reported.push(bytes) });
    expect(reported.at(-1)).toBe(blob.length);
    const onProgress = (): void => {
      throw new Error("stop");
    };
    expect(await rejection(read({ at, layer }, { onProgress }))).toMatchObject({ message: "stop" });
    expect(registry.open).toBe(0);
  });
});
