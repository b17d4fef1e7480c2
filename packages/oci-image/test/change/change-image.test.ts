import { dockerMediaTypes, ociMediaTypes, validateImageManifest } from "@ocilayout/oci-types";
import { bytes, descriptorOf, digestOf } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { changeImage, type ImageChanges } from "../../src/change/change-image.ts";
import { imageOf, layerOf } from "./images.ts";

describe("changeImage", () => {
  it("points the manifest at the new config", async () => {
    const changed = await changeImage(imageOf(), { config: { user: "web" } });
    const { configBytes = bytes("") } = changed;
    expect(changed.manifest.config).toEqual(descriptorOf(configBytes, ociMediaTypes.imageConfig));
  });

  it("returns the bytes of the documents that it returns", async () => {
    const changed = await changeImage(imageOf(), { config: { user: "web" }, annotations: { a: "1" } });
    const decode = (content: Uint8Array | undefined): unknown =>
      JSON.parse(new TextDecoder().decode(content));
    expect(decode(changed.configBytes)).toEqual(changed.config);
    expect(decode(changed.manifestBytes)).toEqual(changed.manifest);
  });

  it("writes JSON without white space", async () => {
    const { manifestBytes } = await changeImage(imageOf(), { annotations: { a: "1" } });
    expect(new TextDecoder().decode(manifestBytes)).not.toMatch(/\s/);
  });

  it("leaves the config alone when only annotations change", async () => {
    const image = imageOf();
    const changed = await changeImage(image, { annotations: { a: "1" } });
    expect(changed).toMatchObject({ config: image.config, configBytes: undefined });
    expect(changed.manifest).toEqual({ ...image.manifest, annotations: { a: "1" } });
  });

  it.each<ImageChanges>([
    {},
    { annotations: { missing: null } },
    { config: { env: { HOME: "/", MISSING: null }, labels: { a: "1" }, user: null, entrypoint: undefined } },
    { config: { cmd: ["sh"] }, layers: [] },
  ])("returns no bytes when %j changes nothing", async (changes) => {
    const image = imageOf();
    const changed = await changeImage(image, changes);
    expect(changed).toEqual({ ...image, manifestBytes: undefined, configBytes: undefined });
  });

  it("keeps unknown members, and the order of all members", async () => {
    const image = imageOf("base", { manifest: { future: [1] }, config: { zebra: { b: 1, a: 2 } } });
    const changed = await changeImage(image, { config: { labels: { b: "3" } }, layers: [layerOf("top")] });
    expect(changed.manifest).toMatchObject({ future: [1] });
    expect(Object.keys(changed.manifest)).toEqual(Object.keys(image.manifest));
    expect(Object.keys(changed.config)).toEqual(Object.keys(image.config));
    expect(JSON.stringify(changed.config)).toContain('"zebra":{"b":1,"a":2}');
  });

  it("keeps `created`, so the same change has the same digest", async () => {
    const changes = { config: { user: "web" }, layers: [layerOf("top")] };
    const [one, two] = [await changeImage(imageOf(), changes), await changeImage(imageOf(), changes)];
    expect(one).toEqual(two);
    expect(one.config.created).toBe(imageOf().config.created);
  });

  it("keeps the digest algorithm of the config, and removes data and urls of the old config", async () => {
    const image = imageOf();
    const old = {
      ...image.manifest.config,
      digest: `sha512:${"0".repeat(128)}`,
      data: "e30=",
      urls: ["https://example.com/"],
      annotations: { kept: "yes" },
    } as const;
    const { manifest } = await changeImage(
      { ...image, manifest: { ...image.manifest, config: old } },
      { config: { user: "web" } },
    );
    expect(manifest.config.digest).toMatch(/^sha512:/);
    expect(Object.keys(manifest.config)).toEqual(["mediaType", "digest", "size", "annotations"]);
  });

  it("handles annotations and labels called __proto__ as others", async () => {
    const hostile = JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>;
    const image = imageOf();
    const changed = await changeImage(image, { annotations: hostile, config: { labels: hostile } });
    expect(JSON.stringify(changed.manifest.annotations)).toBe('{"__proto__":"x","constructor":"y"}');
    expect(JSON.stringify(changed.config.config?.Labels)).toBe(
      '{"a":"1","b":"2","__proto__":"x","constructor":"y"}',
    );
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
    const removed = JSON.parse('{"__proto__":null,"constructor":null}') as Record<string, null>;
    const back = await changeImage(changed, { annotations: removed, config: { labels: removed } });
    expect(back.config).toEqual(image.config);
    expect(back.manifest).toEqual(image.manifest);
  });

  it("does not depend on changes of the image during the call", async () => {
    const image = imageOf();
    const pending = changeImage(image, { config: { user: "web" } });
    Object.assign(image.manifest, { layers: [] });
    expect((await pending).manifest.layers).toEqual(imageOf().manifest.layers);
  });

  it("removes the member `annotations` with the last annotation", async () => {
    const image = imageOf("base", { manifest: { annotations: { a: "1" } } });
    expect((await changeImage(image, { annotations: { a: null } })).manifest).not.toHaveProperty(
      "annotations",
    );
  });
});

describe("a layer that changeImage appends", () => {
  it("comes last in the layers, the diff ids and the history", async () => {
    const image = imageOf();
    const history = { created_by: "ocilayout" };
    const [top, last] = [layerOf("top", { history }), layerOf("last")];
    const changed = await changeImage(image, { layers: [top, last] });
    expect(changed.manifest.layers).toEqual([...image.manifest.layers, top.descriptor, last.descriptor]);
    expect(changed.config.rootfs.diff_ids).toEqual([
      ...image.config.rootfs.diff_ids,
      top.diffId,
      last.diffId,
    ]);
    expect(changed.config.history).toEqual([...(image.config.history ?? []), history, {}]);
    expect(validateImageManifest(changed.manifest)).toEqual([]);
  });

  it.each([undefined, null, []])("begins the history of an image without layers: %j", async (history) => {
    const image = imageOf("base", { config: { rootfs: { type: "layers", diff_ids: [] }, history } });
    const changed = await changeImage(
      { ...image, manifest: { ...image.manifest, layers: [] } },
      { layers: [layerOf("top")] },
    );
    expect(changed.config.history).toEqual([{}]);
  });

  it.each([undefined, null, [], [{}, {}], [{ empty_layer: true }]])(
    "leaves a history alone that does not fit the layers: %j",
    async (history) => {
      const changed = await changeImage(imageOf("base", { config: { history } }), {
        layers: [layerOf("top")],
      });
      expect(changed.config.history).toEqual(history);
      expect(changed.config.rootfs.diff_ids).toHaveLength(2);
    },
  );

  it.each([
    [ociMediaTypes.imageManifest, dockerMediaTypes.layerGzip, ociMediaTypes.layerGzip],
    [ociMediaTypes.imageManifest, ociMediaTypes.layerZstd, ociMediaTypes.layerZstd],
    [dockerMediaTypes.manifest, ociMediaTypes.layerGzip, dockerMediaTypes.layerGzip],
    [dockerMediaTypes.manifest, ociMediaTypes.layer, ociMediaTypes.layer],
  ])("in %s has for %s the media type %s", async (manifestType, from, to) => {
    const image = imageOf("base", { manifest: { mediaType: manifestType } });
    const layer = layerOf("top");
    const descriptor = { ...layer.descriptor, mediaType: from, annotations: { kept: "yes" } };
    const { manifest } = await changeImage(image, { layers: [{ ...layer, descriptor }] });
    expect(manifest.layers[1]).toEqual({ ...descriptor, mediaType: to });
  });

  it("is rejected when the manifest has another number of layers than the config", async () => {
    const image = imageOf();
    const manifest = { ...image.manifest, layers: [] };
    await expect(changeImage({ ...image, manifest }, { layers: [layerOf("top")] })).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
      message: "the manifest has 0 layers, but its config has 1 in rootfs.diff_ids",
    });
  });

  it.each([
    ["DIGEST_INVALID", layerOf("top", { diffId: "sha256:short" })],
    ["MANIFEST_INVALID", layerOf("top", { history: { empty_layer: true } })],
    ["MANIFEST_INVALID", layerOf("top", { descriptor: { ...descriptorOf(bytes("x")), size: -1 } })],
  ])("is rejected with %s when it is %j", async (code, layer) => {
    await expect(changeImage(imageOf(), { layers: [layer] })).rejects.toMatchObject({ code });
  });

  it("is copied, so later changes of the caller have no effect", async () => {
    const layer = layerOf("top", { history: { comment: "before" } });
    const pending = changeImage(imageOf(), { layers: [layer] });
    Object.assign(layer.history as object, { comment: "after" });
    Object.assign(layer.descriptor, { digest: digestOf(bytes("other")) });
    const changed = await pending;
    expect(changed.config.history?.at(-1)).toEqual({ comment: "before" });
    expect(changed.manifest.layers[1]?.digest).toBe(layerOf("top").descriptor.digest);
  });
});

describe("changeImage on documents that cannot be changed", () => {
  it.each([2 ** 53, Infinity, -1e300])("rejects the number %d, which is rounded", async (number) => {
    const image = imageOf("base", { config: { future: number } });
    await expect(changeImage(image, { config: { user: "web" } })).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
    expect((await changeImage(image, { annotations: { a: "1" } })).configBytes).toBeUndefined();
  });

  it("rejects a deep config with MANIFEST_INVALID, and does not overflow the stack", async () => {
    const future = JSON.parse("[".repeat(200_000) + "]".repeat(200_000)) as unknown;
    const image = imageOf();
    await expect(
      changeImage({ ...image, config: { ...image.config, future } as never }, { config: { user: "web" } }),
    ).rejects.toMatchObject({ code: "MANIFEST_INVALID", detail: { limit: 100 } });
  });

  it("accepts 100 levels, and rejects 101", async () => {
    const nested = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));
    const change = (future: unknown): Promise<unknown> =>
      changeImage(imageOf("base", { config: { future } }), { config: { user: "web" } });
    expect(await change(nested(99))).toMatchObject({ config: { future: nested(99) } });
    await expect(change(nested(100))).rejects.toMatchObject({ code: "MANIFEST_INVALID" });
  });

  it("rejects an index, an artifact's config and an invalid manifest with MANIFEST_INVALID", async () => {
    const image = imageOf();
    const index = { schemaVersion: 2, mediaType: ociMediaTypes.imageIndex, manifests: [] };
    for (const wrong of [
      { ...image, manifest: index },
      { ...image, manifest: { ...image.manifest, mediaType: "text/plain" } },
      { ...image, manifest: { ...image.manifest, layers: [{}] } },
      { ...image, config: {} },
    ])
      await expect(changeImage(wrong as never, {})).rejects.toMatchObject({ code: "MANIFEST_INVALID" });
  });

  // clause 1
  it.each([
    [undefined, {}],
    [{ manifest: null, config: {} }, {}],
    [{ manifest: {}, config: undefined }, {}],
    [imageOf(), null],
    [imageOf(), { config: 1 }],
    [imageOf(), { annotations: [] }],
    [imageOf(), { annotations: { a: 1 } }],
    [imageOf(), { annotations: { a: undefined } }],
    [imageOf(), { layers: {} }],
    [imageOf(), { layers: [null] }],
    [imageOf(), { layers: [{ diffId: "sha256:x" }] }],
    [imageOf(), { layers: [layerOf("top", { diffId: 1 as never })] }],
    [imageOf(), { layers: [layerOf("top", { history: [] as never })] }],
    [imageOf(), { layers: [layerOf("top", { history: { created: new Date() as never } })] }],
  ])("rejects values of other types with a TypeError: case %#", async (image, changes) => {
    await expect(changeImage(image as never, changes as never)).rejects.toThrow(TypeError);
  });
});
