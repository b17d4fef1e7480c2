import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import {
  collect,
  computeDigest,
  dockerMediaTypes,
  ociMediaTypes,
  RegistryError,
  type Registry,
} from "@ocilayout/oci-types";
import { bytes, descriptorOf } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { copy, type Place } from "../../src/index.ts";
import { everythingOf, manifestAt, pushDocument, pushImage, pushIndex, repository } from "./content.ts";
import { watch, writes } from "./watch.ts";

const from = (registry: Registry, reference = "v1"): Place => ({ registry, repository, reference });
const to = (registry: Registry, reference = "w1"): Place => ({ registry, repository: "b/c", reference });

describe("copy", () => {
  it("copies an image with its config and layers", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const image = await pushImage(source, "image", { layers: ["one", "two"], tags: ["v1"] });
    const report = await copy(from(source), to(target));
    expect(await everythingOf(target, "b/c", "w1")).toEqual(await everythingOf(source, repository, "v1"));
    expect(report).toEqual({
      descriptor: { mediaType: image.mediaType, digest: image.digest, size: image.size },
      isRewritten: false,
      tags: ["w1"],
      manifests: 1,
      referrers: 0,
      blobs: { present: 0, linked: 0, mounted: 0, copied: 3, skipped: 0 },
      bytes: 6 + (await manifestAt(source, image.digest)).config.size,
    });
  });

  it("copies an index with nested indexes, and content that they share only once", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const images = [
      await pushImage(source, "one", { layers: ["shared", "1"] }),
      await pushImage(source, "two", { layers: ["shared", "2"] }),
    ];
    const nested = await pushIndex(source, images);
    await pushIndex(source, [nested, ...images], { tags: ["v1"] });
    const watched = watch(target);
    await copy(from(source), to(watched.registry));
    expect(await everythingOf(target, "b/c", "w1")).toEqual(await everythingOf(source, repository, "v1"));
    expect([watched.count("pushBlob"), watched.count("pushManifest")]).toEqual([5, 4]);
  });

  it("copies content in the order of the documents, whichever manifest is read first", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const images = [
      await pushImage(source, "one", { layers: ["shared", "1"] }),
      await pushImage(source, "two", { layers: ["shared", "2"] }),
      await pushImage(source, "three", { layers: ["3", "2"] }),
    ];
    await pushIndex(source, images, { tags: ["v1"] });
    const slow = watch(source, async ({ method, args }, proceed) => {
      // The first image is read last.
      const turns = 10 * (images.length - images.findIndex(({ digest }) => digest === args[1]));
      if (method === "getManifest")
        for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
      return proceed();
    });
    const watched = watch(target);
    await copy(from(slow.registry), to(watched.registry), { concurrency: 3 });
    const asked = watched.calls.filter(({ method }) => method === "resolveBlob").map(({ args }) => args[1]);
    const documents = await Promise.all(images.map(({ digest }) => manifestAt(source, digest)));
    const blobs = documents.flatMap(({ config, layers }) => [config, ...layers].map(({ digest }) => digest));
    expect(asked).toEqual([...new Set(blobs)]);
  });

  it("pushes every manifest after everything below it, and sets the tag with the last call", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const nested = await pushIndex(source, [await pushImage(source, "one")]);
    await pushIndex(source, [nested, await pushImage(source, "two")], { tags: ["v1"] });
    const pushed: Set<unknown> = new Set();
    const tags: unknown[] = [];
    const watched = watch(target, async ({ method, args }, proceed) => {
      if (method === "pushManifest") {
        const [, content, , options] = args as Parameters<Registry["pushManifest"]>;
        for (const [part] of new TextDecoder().decode(content).matchAll(/sha256:[0-9a-f]{64}/g))
          expect(pushed).toContain(part);
        tags.push(options?.tags);
        // Lets other pushes begin.
        await new Promise((resolve) => setImmediate(resolve));
        pushed.add(options?.digest);
      }
      const result = await proceed();
      if (method === "pushBlob") pushed.add((args[1] as { digest: string }).digest);
      return result;
    });
    await copy(from(source), to(watched.registry), { concurrency: 10 });
    expect(tags).toEqual([[], [], [], ["w1"]]);
    expect(watched.methods().at(-1)).toBe("pushManifest");
  });

  it("asks the source not to verify blobs, because the target does", async () => {
    const [source, target] = [watch(createMemoryRegistry()), createMemoryRegistry()];
    await pushImage(source.registry, "image", { layers: [], tags: ["v1"] });
    await copy(from(source.registry), to(target));
    const read = source.calls.find(({ method }) => method === "getBlob");
    expect(read?.args[2]).toMatchObject({ verify: false, chunks: "reused" });
  });

  it("copies content whose digests are sha512", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const layer = await describeSha512("layer");
    await source.pushBlob(repository, layer, bytes("layer"));
    const manifest = { schemaVersion: 2, config: layer, layers: [layer] };
    const content = bytes(JSON.stringify(manifest));
    const { digest } = await computeDigest(content, { algorithm: "sha512" });
    await source.pushManifest(repository, content, ociMediaTypes.imageManifest, { digest, tags: ["v1"] });
    expect((await copy(from(source), to(target))).descriptor.digest).toBe(digest);
    expect(await everythingOf(target, "b/c", "w1")).toEqual(await everythingOf(source, repository, "v1"));
  });

  it("copies manifests of Docker's media types as they are", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const layer = bytes("layer");
    await source.pushBlob(repository, descriptorOf(layer), layer);
    const config = descriptorOf(layer, dockerMediaTypes.imageConfig);
    const image = await pushDocument(source, {
      schemaVersion: 2,
      mediaType: dockerMediaTypes.manifest,
      config,
      layers: [descriptorOf(layer, dockerMediaTypes.layerGzip)],
    });
    const list = { schemaVersion: 2, mediaType: dockerMediaTypes.manifestList, manifests: [image] };
    const { digest } = await pushDocument(source, list, ["v1"]);
    expect((await copy(from(source), to(target))).descriptor.mediaType).toBe(dockerMediaTypes.manifestList);
    expect(await target.resolveManifest("b/c", image.digest)).toEqual(image);
    expect((await target.resolveTag("b/c", "w1")).digest).toBe(digest);
  });

  it("copies a manifest of an unknown media type without what it refers to", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const { digest } = await pushDocument(source, { mediaType: "application/vnd.foo", layers: [1] }, ["v1"]);
    await copy(from(source), to(target));
    expect(await target.resolveTag("b/c", "w1")).toMatchObject({ digest, mediaType: "application/vnd.foo" });
  });

  it("copies children of unknown media types as the source has them: as manifests or as blobs", async () => {
    const [memory, target] = [createMemoryRegistry(), watch(createMemoryRegistry())];
    const manifest = await pushDocument(memory, { mediaType: "application/vnd.foo" });
    const blob = descriptorOf(bytes("a file"), "text/plain");
    await memory.pushBlob(repository, blob, bytes("a file"));
    await pushIndex(memory, [manifest, blob], { tags: ["v1"] });
    // Unlike a layout, most registries do not serve a blob as a manifest.
    const source = watch(memory, async ({ method, args }, proceed) => {
      if (method.endsWith("Manifest") && args[1] === blob.digest) throw new RegistryError("MANIFEST_UNKNOWN");
      return proceed();
    });
    const report = await copy(from(source.registry), to(target.registry));
    expect(report).toMatchObject({ manifests: 2, blobs: { copied: 1 } });
    expect([target.count("pushBlob"), target.count("pushManifest")]).toEqual([1, 2]);
    expect(await everythingOf(target.registry, "b/c", "w1")).toEqual(
      await everythingOf(memory, repository, "v1"),
    );
  });

  it("copies the same bytes as a blob of one image and as a manifest of an index", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const image = await pushImage(source, "image");
    const list = await pushIndex(source, [image]);
    await source.pushBlob(repository, list, bytes(await text(source, list.digest)));
    const { config } = await manifestAt(source, image.digest);
    const artifact = await pushDocument(source, { schemaVersion: 2, config, layers: [list] });
    const top = await pushIndex(source, [list, artifact], { tags: ["v1"] });
    const done: number[] = [];
    const total: number[] = [];
    await copy(from(source), to(target), {
      onProgress: ({ doneBytes, totalBytes }) => {
        done.push(doneBytes);
        total.push(totalBytes);
      },
    });
    expect(await target.resolveManifest("b/c", list.digest)).toMatchObject({ mediaType: list.mediaType });
    expect((await target.resolveTag("b/c", "w1")).digest).toBe(top.digest);
    expect(done.at(-1)).toBe(total.at(-1));
  });

  it("sets several tags in one call, each once", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    await pushImage(source, "image", { tags: ["v1"] });
    const watched = watch(target);
    const report = await copy(from(source), to(watched.registry), { tags: ["w2", "w1", "w3"] });
    expect(report.tags).toEqual(["w1", "w2", "w3"]);
    const pushes = watched.calls.filter(({ method }) => method === "pushManifest");
    expect(pushes.map(({ args }) => (args[3] as { tags: unknown }).tags)).toEqual([["w1", "w2", "w3"]]);
    expect(await collect(target.tags("b/c"))).toEqual(["w1", "w2", "w3"]);
  });

  it("moves a tag that points at another manifest, and reports only tags that it moved", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    await pushImage(source, "old", { tags: ["old"] });
    const { digest } = await pushImage(source, "new", { tags: ["v1"] });
    await copy(from(source, "old"), to(target, "w2"));
    await copy(from(source), to(target));
    const report = await copy(from(source), to(target), { tags: ["w2"] });
    expect(report).toMatchObject({ tags: ["w2"], manifests: 0 });
    expect((await target.resolveTag("b/c", "w2")).digest).toBe(digest);
  });

  it("asks the target one question, and changes nothing, if the tag is there already", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const image = await pushImage(source, "image", { tags: ["v1"] });
    await copy(from(source), to(target));
    const [reads, watched] = [watch(source), watch(target)];
    const report = await copy(from(reads.registry), to(watched.registry));
    expect([reads.methods(), watched.methods()]).toEqual([["resolveTag"], ["resolveTag"]]);
    expect(report).toMatchObject({ descriptor: { digest: image.digest }, tags: [], manifests: 0, bytes: 0 });
    expect(report).toMatchObject({ isRewritten: false, referrers: 0 });
  });

  it("copies from a digest", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const { digest } = await pushImage(source, "image");
    await copy(from(source, digest), to(target));
    expect((await target.resolveTag("b/c", "w1")).digest).toBe(digest);
  });

  it("copies to the digest that the manifest has, without a tag", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const { digest } = await pushImage(source, "image", { tags: ["v1"] });
    expect((await copy(from(source), to(target, digest))).tags).toEqual([]);
    expect((await target.resolveManifest("b/c", digest)).digest).toBe(digest);
    expect(await collect(target.tags("b/c"))).toEqual([]);
    const again = watch(target);
    await copy(from(source), to(again.registry, digest));
    expect(again.methods()).toEqual(["resolveManifest"]);
  });

  it("gives a manifest that is copied to a digest the tags of the options", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const { digest } = await pushImage(source, "image", { tags: ["v1"] });
    await copy(from(source), to(target, digest), { tags: ["w2"] });
    expect(await collect(target.tags("b/c"))).toEqual(["w2"]);
  });

  it.each(["is new", "has the tag already"])(
    "writes nothing if the manifest has another digest than the target's place, and the target %s",
    async (state) => {
      const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
      const other = await pushImage(source, "other");
      const { digest } = await pushImage(source, "image", { tags: ["v1"] });
      if (state !== "is new") await copy(from(source), to(target, "w2"));
      const watched = watch(target);
      await expect(
        copy(from(source), to(watched.registry, other.digest), { tags: ["w2"] }),
      ).rejects.toMatchObject({
        code: "DIGEST_INVALID",
        detail: { expected: other.digest, received: digest },
      });
      expect(watched.count(...writes)).toBe(0);
    },
  );

  it("tags a manifest that the target has already without copying anything", async () => {
    const registry = createMemoryRegistry();
    const { digest } = await pushImage(registry, "image", { tags: ["v1"] });
    const watched = watch(registry);
    const place = { registry: watched.registry, repository };
    const report = await copy({ ...place, reference: "v1" }, { ...place, reference: "v2" });
    expect(report).toMatchObject({ tags: ["v2"], manifests: 0, blobs: { copied: 0, mounted: 0 } });
    expect((await registry.resolveTag(repository, "v2")).digest).toBe(digest);
    expect([watched.count("pushManifest"), watched.count(...writes)]).toEqual([1, 1]);
  });

  it.each([
    ["the tag", "MANIFEST_UNKNOWN", (registry: Registry) => from(registry, "missing")],
    ["the repository", "NAME_UNKNOWN", (registry: Registry) => ({ ...from(registry), repository: "none" })],
  ] as const)("fails if the source lacks %s", async (_, code, place) => {
    const source = createMemoryRegistry();
    await pushImage(source, "image");
    const error = await copy(place(source), to(createMemoryRegistry())).catch((it: unknown) => it);
    expect([code, "MANIFEST_UNKNOWN"]).toContain((error as { code: string }).code);
  });

  it("fails with BLOB_UNKNOWN if the source lacks a layer, and sets no tag", async () => {
    const [source, target] = [createMemoryRegistry({ allowSparse: true }), createMemoryRegistry()];
    const layer = descriptorOf(bytes("missing"));
    await pushImage(source, "image", { tags: ["v1"], more: { layers: [layer] } });
    await expect(copy(from(source), to(target))).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    await expect(target.resolveTag("b/c", "w1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  it("fails with MANIFEST_UNKNOWN if the source lacks a child, and writes nothing", async () => {
    const [source, target] = [createMemoryRegistry({ allowSparse: true }), watch(createMemoryRegistry())];
    const missing = await pushImage(createMemoryRegistry(), "image");
    await pushIndex(source, [missing], { tags: ["v1"] });
    await expect(copy(from(source), to(target.registry))).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    expect(target.count(...writes)).toBe(0);
  });
});

async function text(registry: Registry, digest: string): Promise<string> {
  return (await registry.getManifest(repository, digest)).text();
}

async function describeSha512(content: string): Promise<{ mediaType: string; digest: string; size: number }> {
  const { digest, size } = await computeDigest(bytes(content), { algorithm: "sha512" });
  return { mediaType: ociMediaTypes.layer, digest, size };
}
