import {
  collect,
  computeDigest,
  emptyDescriptor,
  ociMediaTypes,
  octetStream,
  validateImageIndex,
  validateImageManifest,
  type Registry,
} from "@ocilayout/oci-types";
import { bytes } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import {
  artifact,
  blob,
  emptyBlob,
  image,
  imageConfig,
  index,
  json,
  layer,
  pushContent,
  type Content,
} from "../src/content/index.ts";
import { createMemoryRegistry } from "../src/memory/index.ts";

const arm = { architecture: "arm64", os: "linux", variant: "v8" };

function parse({ content }: Content): unknown {
  return JSON.parse(new TextDecoder().decode(content));
}

describe("any content", () => {
  it.each<[string, () => Promise<Content>]>([
    ["a blob", () => blob("hello")],
    ["a layer", () => layer("hello")],
    ["a document", () => json({ a: 1 }, "application/json")],
    ["the empty blob", () => Promise.resolve(emptyBlob)],
    ["a config", () => imageConfig(arm)],
    ["an image", () => image({ layers: ["one"], platform: arm, annotations: { a: "b" } })],
    ["an artifact", () => artifact({ layers: [blob("one")], subject: image() })],
    ["an index", () => index([image(), image({ platform: arm })])],
  ])("matches its descriptor, and is the same each time: %s", async (_name, make) => {
    const [first, second] = [await make(), await make()];
    expect(first.descriptor).toMatchObject(await computeDigest(first.content));
    expect(second).toEqual(first);
  });
});

describe("blob content", () => {
  it("is made from text or bytes, with a media type that fits or is given", async () => {
    expect((await blob("hello")).descriptor.mediaType).toBe("text/plain");
    expect((await blob(bytes("hello"))).descriptor.mediaType).toBe(octetStream);
    expect((await blob("hello", "text/x")).descriptor.mediaType).toBe("text/x");
    expect((await layer("hello")).descriptor.mediaType).toBe(ociMediaTypes.layer);
  });

  it("is a copy of the bytes", async () => {
    const content = bytes("hello");
    const made = await blob(content);
    content.fill(0);
    expect(made.content).toEqual(bytes("hello"));
  });

  it("may be the empty blob of the specification", () => {
    expect(emptyBlob).toEqual({ descriptor: emptyDescriptor, content: bytes("{}") });
  });

  it("has new bytes each time even if it is the empty blob, so callers may change theirs", async () => {
    emptyBlob.content.fill(0);
    const [config] = (await artifact()).blobs;
    config?.content.fill(0);
    expect((await artifact()).blobs[0]?.content).toEqual(bytes("{}"));
  });
});

describe("image content", () => {
  it("has a config with its platform and the digests of its layers", async () => {
    const one = await layer("one");
    const it = await image({ layers: [one, "two"], platform: arm });
    const [config, ...layers] = it.blobs;
    expect(layers).toEqual([one, await layer("two")]);
    expect(parse(config ?? it)).toEqual({
      ...arm,
      config: {},
      rootfs: { type: "layers", diff_ids: layers.map(({ descriptor }) => descriptor.digest) },
    });
  });

  it("is a valid manifest of its parts and the given members", async () => {
    const base = await image();
    const it = await image({ layers: ["one"], annotations: { a: "b" }, subject: base });
    expect(validateImageManifest(parse(it))).toEqual([]);
    expect(parse(it)).toMatchObject({
      mediaType: ociMediaTypes.imageManifest,
      config: it.blobs[0]?.descriptor,
      layers: [it.blobs[1]?.descriptor],
      annotations: { a: "b" },
      subject: base.descriptor,
    });
  });

  it("defaults to linux/amd64", async () => {
    expect((await image()).platform).toEqual({ architecture: "amd64", os: "linux" });
    expect(parse(await imageConfig())).toMatchObject({ architecture: "amd64", os: "linux" });
  });
});

describe("artifact content", () => {
  it("is a valid manifest with an artifact type and the empty config", async () => {
    const it = await artifact({ artifactType: "application/vnd.example.sbom", layers: [blob("one")] });
    expect(validateImageManifest(parse(it))).toEqual([]);
    expect(parse(it)).toMatchObject({
      artifactType: "application/vnd.example.sbom",
      config: emptyDescriptor,
      layers: [(await blob("one")).descriptor],
    });
  });

  it("has the specification's empty layer if it has no layers", async () => {
    expect(parse(await artifact())).toMatchObject({ layers: [emptyDescriptor] });
  });

  it("may have a subject that is content, a promise of content, or a descriptor", async () => {
    const base = await image();
    const all = await Promise.all([base, image(), base.descriptor].map((subject) => artifact({ subject })));
    for (const it of all) expect(parse(it)).toMatchObject({ subject: base.descriptor });
  });
});

describe("index content", () => {
  it("is a valid list of its children, with their platforms", async () => {
    const [one, two, sparse] = [await image({ platform: arm }), await artifact(), (await image()).descriptor];
    const it = await index([one, two, sparse], { annotations: { a: "b" }, artifactType: "text/x" });
    expect(validateImageIndex(parse(it))).toEqual([]);
    expect(parse(it)).toEqual({
      schemaVersion: 2,
      mediaType: ociMediaTypes.imageIndex,
      artifactType: "text/x",
      manifests: [{ ...one.descriptor, platform: arm }, two.descriptor, sparse],
      annotations: { a: "b" },
    });
    expect(it.children).toEqual([one, two]);
  });
});

describe("pushContent", () => {
  it("pushes an index and everything below it, and tags only the index", async () => {
    const registry = createMemoryRegistry();
    const list = await index([image({ layers: ["one"] }), index([image({ platform: arm })])]);
    expect(await pushContent(registry, "a", list, { tags: ["t"], ifNoneMatch: "*" })).toEqual(
      list.descriptor,
    );
    expect(await registry.resolveTag("a", "t")).toEqual(list.descriptor);
    expect(await collect(registry.tags("a"))).toEqual(["t"]);
    const inner = list.children[1]?.children[0];
    expect(await (await registry.getManifest("a", inner?.descriptor.digest ?? "")).bytes()).toEqual(
      inner?.content,
    );
  });

  it("pushes blobs, then children, then the manifest", async () => {
    const registry = createMemoryRegistry();
    const pushed: string[] = [];
    const spy: Pick<Registry, "pushBlob" | "pushManifest"> = {
      pushBlob: (repo, descriptor, ...rest) => (
        pushed.push(descriptor.digest),
        registry.pushBlob(repo, descriptor, ...rest)
      ),
      pushManifest: async (...args) => {
        const descriptor = await registry.pushManifest(...args);
        pushed.push(descriptor.digest);
        return descriptor;
      },
    };
    const app = await image({ layers: ["one"] });
    const list = await index([app]);
    await pushContent(spy, "a", list);
    expect(pushed).toEqual([...app.blobs, app, list].map(({ descriptor }) => descriptor.digest));
  });

  it("does not push the subject", async () => {
    const registry = createMemoryRegistry();
    const base = await image();
    await pushContent(registry, "a", artifact({ subject: base }));
    await expect(registry.getManifest("a", base.descriptor.digest)).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
  });

  it("pushes a single blob, which has no tags", async () => {
    const registry = createMemoryRegistry();
    const notes = await blob("notes");
    expect(await pushContent(registry, "a", notes)).toMatchObject({ digest: notes.descriptor.digest });
    await expect(pushContent(registry, "a", notes, { tags: ["t"] })).rejects.toThrow(TypeError);
  });

  it("passes on preconditions and the signal", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", image(), { tags: ["t"] });
    const again = pushContent(registry, "a", artifact(), { tags: ["t"], ifNoneMatch: "*" });
    await expect(again).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
    const aborted = pushContent(registry, "b", image(), { signal: AbortSignal.abort("no") });
    await expect(aborted).rejects.toBe("no");
  });
});
