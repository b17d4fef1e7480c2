import { emptyDescriptor, ociMediaTypes, type Descriptor } from "@ocilayout/oci-types";
import { bytes, descriptorOf, probe, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { readImage, type ImageDocuments } from "../../src/index.ts";
import { FakeRegistry } from "../fake-registry.ts";

const { imageConfig } = ociMediaTypes;

const arm = { os: "linux", architecture: "arm" };
const valid = { ...arm, rootfs: { type: "layers", diff_ids: [] } };

/** Reads an image with `config`. */
async function readWith(fake: FakeRegistry, config: Descriptor): Promise<ImageDocuments> {
  return readImage(fake.at(fake.putManifest(config)));
}

describe("the config of an image", () => {
  it("is returned with the members that the specification does not define", async () => {
    const fake = new FakeRegistry();
    const document = {
      ...valid,
      created: "2026-01-02T03:04:05Z",
      author: "someone",
      config: {
        User: "1000",
        Env: ["A=b"],
        Entrypoint: null,
        Cmd: ["sh"],
        WorkingDir: "/",
        Labels: { a: "b" },
        ExposedPorts: { "80/tcp": {} },
      },
      history: [{ created_by: "RUN x", empty_layer: true, future: 1 }],
      future: 1,
    };
    const { config } = await readWith(fake, fake.put(document, imageConfig));
    expect(config).toEqual(document);
  });

  it.each([
    {},
    { config: null, history: null },
    { config: { Env: null, Cmd: null, Labels: null }, history: [] },
    { variant: "v7", "os.version": "1", "os.features": ["a"] },
    { os: "", architecture: "" },
  ])("can have %j", async (members) => {
    const fake = new FakeRegistry();
    const { config } = await readWith(fake, fake.put({ ...valid, ...members }, imageConfig));
    expect(config).toEqual({ ...valid, ...members });
  });

  it.each([
    { os: 7 },
    { architecture: undefined },
    { variant: 7 },
    { variant: null },
    { "os.version": 10 },
    { "os.features": "win32k" },
    { "os.features": [1] },
    { "os.features": null },
    { created: 7 },
    { author: {} },
    { rootfs: undefined },
    { rootfs: [] },
    { rootfs: { diff_ids: [] } },
    { rootfs: { type: "layers" } },
    { rootfs: { type: "layers", diff_ids: [1] } },
    { rootfs: { type: 1, diff_ids: [] } },
    { history: {} },
    { history: ["RUN x"] },
    { history: [{ created: 7 }] },
    { history: [{ created_by: 7 }] },
    { history: [{ author: 7 }] },
    { history: [{ comment: [] }] },
    { history: [{}, { empty_layer: "yes" }] },
    { config: [] },
    { config: "text" },
    { config: { User: 1000 } },
    { config: { WorkingDir: 7 } },
    { config: { Env: "A=b" } },
    { config: { Env: [1] } },
    { config: { Entrypoint: "sh" } },
    { config: { Cmd: [null] } },
    { config: { Labels: [] } },
    { config: { Labels: { a: 1 } } },
  ])("is rejected with MANIFEST_INVALID if it has %j", async (wrong) => {
    const fake = new FakeRegistry();
    const config = fake.put({ ...valid, ...wrong }, imageConfig);
    expect(await rejection(readWith(fake, config))).toMatchObject({ code: "MANIFEST_INVALID" });
  });

  it.each([
    ["{}"],
    ["[]"],
    ["null"],
    ["7"],
    [""],
    ["no JSON"],
    ['{"os":"linux","architecture":"amd64"}'],
    ['{"os":"linux","architecture":"amd64","rootfs":{"diff_ids":[1]}}'],
  ])("is rejected with MANIFEST_INVALID if it is %j", async (text) => {
    const fake = new FakeRegistry();
    const config = fake.serve(descriptorOf(bytes(text), imageConfig), bytes(text));
    expect(await rejection(readWith(fake, config))).toMatchObject({ code: "MANIFEST_INVALID" });
  });

  it.each([
    ["100,001 values", { future: Array.from({ length: 100_001 }, () => 0) }],
    ["20,001 names", Object.fromEntries(Array.from({ length: 20_001 }, (_, i) => [`name${i}`, 0]))],
    ["101 levels", { future: JSON.parse("[".repeat(100) + "]".repeat(100)) as unknown }],
  ])("is rejected with MANIFEST_INVALID if it has %s", async (_name, more) => {
    const fake = new FakeRegistry();
    const config = fake.put({ ...valid, ...more }, imageConfig);
    expect(await rejection(readWith(fake, config))).toMatchObject({ code: "MANIFEST_INVALID" });
  });

  it("is rejected with BLOB_UNKNOWN if it is missing", async () => {
    const fake = new FakeRegistry();
    expect(await rejection(readWith(fake, emptyDescriptor))).toMatchObject({ code: "BLOB_UNKNOWN" });
  });
});

describe("the config of an image in a registry that does not verify", () => {
  it("is rejected with CONTENT_CORRUPT if it does not match its digest", async () => {
    const fake = new FakeRegistry();
    const config = fake.put(valid, imageConfig, `sha256:${"0".repeat(64)}`);
    expect(await rejection(readWith(fake, config))).toMatchObject({ code: "CONTENT_CORRUPT" });
  });

  it("is rejected with DIGEST_INVALID if its digest cannot be verified", async () => {
    const fake = new FakeRegistry();
    const config = { mediaType: imageConfig, digest: `blake3:${"a".repeat(64)}`, size: 2 } as const;
    expect(await rejection(readWith(fake, config))).toMatchObject({ code: "DIGEST_INVALID" });
    expect(await rejection(readWith(fake, fake.serve(config, bytes("{}"))))).toMatchObject({
      code: "DIGEST_INVALID",
    });
  });

  // clause 13
  it("is rejected with MANIFEST_INVALID if the manifest states another size", async () => {
    const fake = new FakeRegistry();
    const config = { ...fake.put(valid, imageConfig), size: 1 };
    expect(await rejection(readWith(fake, config))).toMatchObject({ code: "MANIFEST_INVALID" });
  });

  it("is rejected with CONTENT_CORRUPT, and not read to its end, if it is longer than its size", async () => {
    const fake = new FakeRegistry();
    const source = probe(Array.from({ length: 100 }, () => bytes("x")));
    const config = fake.serve(descriptorOf(bytes("xx"), imageConfig), source);
    expect(await rejection(readWith(fake, config))).toMatchObject({ code: "CONTENT_CORRUPT" });
    expect(source.log.length).toBeLessThan(10);
    expect(source.log.at(-1)).toBe("return");
  });

  it.each([undefined, null, {}, { size: NaN }, { size: -1 }, { size: "31" }])(
    "is rejected with SIZE_INVALID if its reader states %j",
    async (stated) => {
      const fake = new FakeRegistry();
      const config = fake.put(valid, imageConfig);
      fake.state(config, stated);
      expect(await rejection(readWith(fake, config))).toMatchObject({ code: "SIZE_INVALID" });
      expect(fake.open).toBe(0);
    },
  );

  it("is read if the reader states another media type and digest", async () => {
    const fake = new FakeRegistry();
    const config = fake.put(valid, imageConfig);
    fake.state(config, { mediaType: 7, digest: "text", size: config.size });
    expect((await readWith(fake, config)).config).toEqual(valid);
  });

  it("is not requested if the manifest states more than 8 MiB", async () => {
    const fake = new FakeRegistry();
    const manifest = fake.putManifest({ ...emptyDescriptor, size: 8 * 1024 * 1024 + 1 });
    expect(await rejection(readImage(fake.at(manifest)))).toMatchObject({ code: "SIZE_INVALID" });
    expect(fake.asked).toEqual([manifest.digest]);
  });
});
