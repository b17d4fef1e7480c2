import {
  collect,
  dockerMediaTypes,
  ociMediaTypes,
  validateImageIndex,
  type Descriptor,
} from "@ocilayout/oci-types";
import { artifact, bytes, descriptorOf, pushArtifact } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { buildIndex } from "../../src/change/build-index.ts";
import { createIndex } from "../../src/change/create-index.ts";
import { manifestAt, openFresh, placeOf, pushImage, pushIndex, repository } from "./images.ts";

const arm = { config: { architecture: "arm", variant: "v7", "os.features": ["x"] } };
const { imageIndex, imageManifest } = ociMediaTypes;

describe("buildIndex", () => {
  it("lists manifests in the given order, with the platforms of their configs", async () => {
    const registry = await openFresh();
    const [one, two] = [
      await pushImage(registry, "one", { ...arm, tags: ["arm"] }),
      await pushImage(registry, "two"),
    ];
    const to = placeOf(registry, "v1");
    const descriptor = await buildIndex(to, [{ reference: "arm" }, { reference: two.digest }]);
    expect(await registry.resolveTag(repository, "v1")).toEqual(descriptor);
    expect(await manifestAt(registry, descriptor.digest)).toEqual({
      schemaVersion: 2,
      mediaType: imageIndex,
      manifests: [
        { ...one, platform: { os: "linux", architecture: "arm", variant: "v7", "os.features": ["x"] } },
        { ...two, platform: { os: "linux", architecture: "amd64" } },
      ],
    });
  });

  it("uses the platform and the annotations of the arguments", async () => {
    const registry = await openFresh();
    const one = await pushImage(registry);
    const annotations = { a: "1" };
    const { digest } = await buildIndex(placeOf(registry, "v1"), [
      { reference: one.digest, platform: "linux/amd64/v3", annotations },
      { reference: one.digest, platform: { os: "windows", architecture: "amd64", "os.version": "10.0" } },
    ]);
    expect((await manifestAt(registry, digest)).manifests).toEqual([
      { ...one, platform: { os: "linux", architecture: "amd64", variant: "v3" }, annotations },
      { ...one, platform: { os: "windows", architecture: "amd64", "os.version": "10.0" } },
    ]);
  });

  it("lists artifacts with their types, and artifacts and indexes without a platform", async () => {
    const registry = await openFresh();
    const typed = await pushArtifact(registry, repository, "typed");
    const helm = descriptorOf(bytes("{}"), "application/vnd.cncf.helm.config.v1+json");
    const chart = await registry.pushManifest(
      repository,
      artifact("chart", { artifactType: undefined, config: helm }),
      imageManifest,
    );
    const nested = await pushIndex(registry, [], { artifactType: "text/plain" });
    const thing = await registry.pushManifest(repository, bytes("thing"), "application/x-thing");
    const manifests = [typed, chart, nested, thing].map((it) => ({ reference: it.digest }));
    const { digest } = await buildIndex(placeOf(registry, "v1"), manifests);
    expect((await manifestAt(registry, digest)).manifests).toEqual([
      { ...typed, artifactType: "application/vnd.example" },
      { ...chart, artifactType: helm.mediaType },
      { ...nested, artifactType: "text/plain" },
      thing,
    ]);
  });

  it("reads the platform of Docker's images", async () => {
    const registry = await openFresh();
    const { manifest: mediaType, imageConfig } = dockerMediaTypes;
    const { config } = await manifestAt(registry, (await pushImage(registry)).digest);
    const image = await pushImage(registry, "base", {
      manifest: { mediaType, config: { ...config, mediaType: imageConfig } },
    });
    const { digest } = await buildIndex(placeOf(registry, "v1"), [{ reference: image.digest }]);
    expect((await manifestAt(registry, digest)).manifests[0]?.platform).toEqual({
      os: "linux",
      architecture: "amd64",
    });
  });

  it("writes the annotations, the artifact type and the subject of the options, and sets more tags", async () => {
    const registry = await openFresh();
    const subject = await pushImage(registry);
    const options = { annotations: { a: "1" }, artifactType: "text/plain", subject };
    const descriptor = await buildIndex(placeOf(registry, "v1"), [], { ...options, tags: ["v2"] });
    expect(await manifestAt(registry, descriptor.digest)).toMatchObject(options);
    expect(await collect(registry.tags(repository))).toEqual(["v1", "v2"]);
    expect(await collect(registry.referrers(repository, subject.digest))).toMatchObject([
      { digest: descriptor.digest },
    ]);
  });

  it("accepts the digest that the index has as the reference, and rejects another with DIGEST_INVALID", async () => {
    const registry = await openFresh();
    const reference = descriptorOf(createIndex([]).bytes).digest;
    expect(await buildIndex(placeOf(registry, reference), [])).toMatchObject({ digest: reference });
    const other = descriptorOf(bytes("other")).digest;
    await expect(buildIndex(placeOf(registry, other), [])).rejects.toMatchObject({ code: "DIGEST_INVALID" });
  });

  it("rejects a manifest that is listed twice for the same platform with MANIFEST_INVALID", async () => {
    const registry = await openFresh();
    const { digest } = await pushImage(registry, "base", { tags: ["a", "b"] });
    const to = placeOf(registry, "v1");
    await expect(buildIndex(to, [{ reference: "a" }, { reference: "b" }])).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
      message: `manifest ${digest} is listed twice for linux/amd64`,
    });
    expect(await collect(registry.tags(repository))).toEqual(["a", "b"]);
  });

  it("rejects a missing manifest with MANIFEST_UNKNOWN", async () => {
    const registry = await openFresh();
    await pushImage(registry);
    await expect(buildIndex(placeOf(registry, "v1"), [{ reference: "missing" }])).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
  });

  it.each([
    [[{ reference: "not a tag" }], {}],
    [[{ reference: "a", platform: "linux" }], {}],
    [[], { tags: ["not a tag"] }],
  ])("rejects invalid names with NAME_INVALID: case %#", async (manifests, options) => {
    const registry = await openFresh();
    await expect(buildIndex(placeOf(registry, "v1"), manifests, options)).rejects.toMatchObject({
      code: "NAME_INVALID",
    });
  });

  // clause 1
  it.each([
    [{}, {}],
    [[null], {}],
    [[{ reference: 1 }], {}],
    [[{ reference: "a", platform: 1 }], {}],
    [[{ reference: "a", annotations: { a: 1 } }], {}],
    [[{ reference: "a", annotations: [] }], {}],
    [[], null],
    [[], { tags: "v2" }],
    [[], { annotations: { a: null } }],
    [[], { artifactType: 1 }],
    [[], { subject: "x" }],
  ])("rejects values of other types with a TypeError: case %#", async (manifests, options) => {
    const registry = await openFresh();
    await expect(buildIndex(placeOf(registry, "v1"), manifests as never, options as never)).rejects.toThrow(
      TypeError,
    );
  });

  it("checks its arguments before it reads a manifest", async () => {
    const to = placeOf(await openFresh(), "v1");
    const missing = [{ reference: "missing" }];
    await expect(buildIndex(to, missing, { artifactType: 1 as never })).rejects.toThrow(TypeError);
    await expect(buildIndex(to, missing, { artifactType: "x" })).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  // clause 2
  it("pushes nothing when its signal is aborted", async () => {
    const registry = await openFresh();
    const { digest } = await pushImage(registry);
    const controller = new AbortController();
    const pending = buildIndex(placeOf(registry, "v1"), [{ reference: digest }], controller);
    controller.abort("enough");
    await expect(pending).rejects.toBe("enough");
    expect(await collect(registry.tags(repository))).toEqual([]);
  });
});

describe("createIndex", () => {
  const one: Descriptor = descriptorOf(bytes("one"), imageManifest);

  it("returns a valid document and its bytes", () => {
    const { document, bytes: content } = createIndex([one], { annotations: { a: "1" } });
    expect(JSON.parse(new TextDecoder().decode(content))).toEqual(document);
    expect(validateImageIndex(document)).toEqual([]);
  });

  it("keeps unknown members of descriptors, and copies them", () => {
    const manifest = { ...one, future: { a: 1 } };
    const { document } = createIndex([manifest]);
    manifest.future.a = 2;
    expect(document.manifests).toEqual([{ ...one, future: { a: 1 } }]);
  });

  it("accepts a manifest twice for different platforms", () => {
    const os = "linux";
    const entries = [
      one,
      { ...one, platform: { os, architecture: "arm64" } },
      { ...one, platform: { os, architecture: "arm64", variant: "v9" } },
      { ...one, platform: { os, architecture: "arm64", "os.version": "1" } },
    ];
    expect(createIndex(entries).document.manifests).toEqual(entries);
  });

  it.each([
    ["without a platform", [one, one]],
    [
      "for linux/arm64/v8",
      ["arm64", "aarch64"].map((architecture) => ({
        ...one,
        platform: { os: "linux", architecture, variant: "v8" },
      })),
    ],
  ])("rejects a manifest twice %s with MANIFEST_INVALID", (_name, entries) => {
    expect(() => createIndex(entries)).toThrow(/is listed twice/);
  });

  it.each([
    [[{ ...one, size: -1 }], {}],
    [[], { artifactType: "not a type" }],
    [[], { subject: {} }],
  ])("rejects invalid parts with MANIFEST_INVALID: case %#", (manifests, options) => {
    expect(() => createIndex(manifests, options as never)).toThrow(
      expect.objectContaining({ code: "MANIFEST_INVALID" }) as Error,
    );
  });

  it("handles an annotation called __proto__ as others", () => {
    const annotations = JSON.parse('{"__proto__":"x"}') as Record<string, string>;
    expect(new TextDecoder().decode(createIndex([], { annotations }).bytes)).toContain('{"__proto__":"x"}');
  });
});
