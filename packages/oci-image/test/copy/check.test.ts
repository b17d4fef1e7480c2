import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { RegistryError, type Digest, type Registry } from "@ocilayout/oci-types";
import { bytes, descriptorOf } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { copy, type CopyProgress, type Place } from "../../src/index.ts";
import { everythingOf, pushImage, pushIndex, repository } from "./content.ts";
import { watch, type Watched } from "./watch.ts";

const at = (registry: Registry, reference = "v1"): Place => ({ registry, repository, reference });

/** A target that lost some of its content, and rejects manifests that need it. */
class Forgetful {
  readonly registry: Registry;
  readonly watched: Watched;
  /** The content that is lost until it is pushed again. */
  readonly lost: Set<string> = new Set();

  /**
   * @param claims - Whether the target still claims to have lost content when it is asked for it.
   * @param names - The digests that `detail.missing` names, of those that are missing.
   */
  constructor(claims: boolean, names: (missing: readonly Digest[]) => readonly Digest[] | undefined) {
    const memory = createMemoryRegistry();
    this.watched = watch(memory, async ({ method, args }, proceed) => {
      if (method === "pushManifest") {
        const text = new TextDecoder().decode(args[1] as Uint8Array);
        const missing = [...this.lost].filter((digest) => text.includes(digest)) as Digest[];
        const named = names(missing);
        const detail = named === undefined ? undefined : { missing: named };
        if (missing.length > 0) throw new RegistryError("MANIFEST_BLOB_UNKNOWN", undefined, { detail });
        this.lost.delete((args[3] as { digest: string }).digest);
      }
      if (method === "pushBlob") this.lost.delete((args[1] as { digest: string }).digest);
      if (!claims && method.startsWith("resolve") && this.lost.has(args[1] as string))
        throw new RegistryError("MANIFEST_UNKNOWN");
      return proceed();
    });
    this.registry = this.watched.registry;
  }
}

/** Pushes an index of three images, and returns the digests of its parts. */
async function pushExample(source: Registry): Promise<{
  readonly images: readonly [string, string, string];
  readonly layers: readonly [string, string, string];
}> {
  const images = [
    await pushImage(source, "1", { tags: ["one"] }),
    await pushImage(source, "2"),
    await pushImage(source, "3"),
  ];
  await pushIndex(source, images, { tags: ["v1"] });
  const layers = ["layer of 1", "layer of 2", "layer of 3"].map((text) => descriptorOf(bytes(text)).digest);
  const digests = images.map(({ digest }) => digest);
  return { images: digests as [string, string, string], layers: layers as [string, string, string] };
}

describe('check: "deep"', () => {
  it("asks for every manifest and every blob", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const nested = await pushIndex(source, [await pushImage(source, "1")]);
    await pushIndex(source, [nested, await pushImage(source, "2")], { tags: ["v1"] });
    await copy(at(source), at(target));
    const watched = watch(target);
    const report = await copy(at(source), at(watched.registry), { check: "deep" });
    expect(report).toMatchObject({ manifests: 0, tags: [], blobs: { present: 4, copied: 0 } });
    expect(watched.methods().sort()).toEqual([
      ...Array.from({ length: 4 }, () => "resolveBlob"),
      ...Array.from({ length: 4 }, () => "resolveManifest"),
      "resolveTag",
    ]);
  });

  it("pushes lost manifests and blobs again, and nothing else", async () => {
    const source = createMemoryRegistry();
    const { images, layers } = await pushExample(source);
    const target = new Forgetful(false, (missing) => missing);
    await copy(at(source), at(target.registry));
    target.lost.add(images[0]).add(layers[1]);
    target.watched.calls.length = 0;
    expect(await copy(at(source), at(target.registry))).toMatchObject({ manifests: 0, bytes: 0 });
    expect(target.lost.size).toBe(2);
    expect(await copy(at(source), at(target.registry), { check: "deep" })).toMatchObject({
      manifests: 1,
      tags: [],
      blobs: { present: 5, copied: 1 },
    });
    expect(target.lost.size).toBe(0);
    expect(target.watched.count("pushManifest", "pushBlob")).toBe(2);
  });
});

describe('check: "content"', () => {
  it("pushes corrupt blobs and manifests again, and nothing else", async () => {
    const source = createMemoryRegistry();
    const { images, layers } = await pushExample(source);
    const target = createMemoryRegistry();
    await copy(at(source), at(target));
    const corrupt: Set<string> = new Set([images[0], layers[1]]);
    const watched = watch(target, async ({ method, args }, proceed) => {
      const pushed = args[1] as { digest?: string };
      if (method === "pushBlob") corrupt.delete(pushed.digest ?? "");
      if (method === "pushManifest") corrupt.delete((args[3] as { digest: string }).digest);
      if ((method === "getBlob" || method === "getManifest") && corrupt.has(args[1] as string))
        throw new RegistryError("CONTENT_CORRUPT");
      return proceed();
    });
    expect(await copy(at(source), at(watched.registry), { check: "deep" })).toMatchObject({
      manifests: 0,
      bytes: 0,
    });
    expect(corrupt.size).toBe(2);
    expect(await copy(at(source), at(watched.registry), { check: "content", dryRun: true })).toMatchObject({
      manifests: 1,
      blobs: { present: 5, copied: 1 },
    });
    expect(await copy(at(source), at(watched.registry), { check: "content" })).toMatchObject({
      manifests: 1,
      tags: [],
      blobs: { present: 5, copied: 1 },
    });
    expect(corrupt.size).toBe(0);
    expect(watched.count("pushManifest", "pushBlob")).toBe(2);
  });
});

describe("a target that answers MANIFEST_BLOB_UNKNOWN", () => {
  const ways = [
    ["names everything that is missing", (missing: readonly Digest[]) => missing],
    ["names one part at a time", (missing: readonly Digest[]) => missing.slice(0, 1)],
    ["names nothing", () => []],
    ["has no detail", () => undefined],
    ["names other content", () => [descriptorOf(bytes("other")).digest]],
  ] as const;

  it.each(ways)("and %s gets the missing parts again", async (_, names) => {
    const source = createMemoryRegistry();
    const { images, layers } = await pushExample(source);
    const target = new Forgetful(true, names);
    await copy(at(source), at(target.registry));
    await target.registry.deleteTag(repository, "v1");
    await target.registry.deleteManifest(repository, (await source.resolveTag(repository, "v1")).digest);
    for (const digest of [...images, ...layers]) target.lost.add(digest);
    const report = await copy(at(source), at(target.registry));
    expect(target.lost.size).toBe(0);
    expect(report).toMatchObject({ tags: ["v1"], manifests: 4 });
    expect(await everythingOf(target.registry, repository, "v1")).toEqual(
      await everythingOf(source, repository, "v1"),
    );
  });

  it("gets the missing parts as progress, which ends at the total", async () => {
    const source = createMemoryRegistry();
    const { images, layers } = await pushExample(source);
    const target = new Forgetful(true, (missing) => missing);
    await copy(at(source), at(target.registry));
    await target.registry.deleteManifest(repository, (await source.resolveTag(repository, "v1")).digest);
    target.lost.add(images[0]).add(layers[0]);
    const reports: CopyProgress[] = [];
    await copy(at(source), at(target.registry), { onProgress: (report) => reports.push(report) });
    const finished = reports.filter(({ outcome }) => outcome !== undefined);
    expect(finished.map(({ descriptor, outcome }) => [descriptor.digest, outcome])).toEqual([
      [layers[0], "copied"],
      [images[0], "copied"],
      [(await source.resolveTag(repository, "v1")).digest, "copied"],
    ]);
    expect(reports.at(-1)?.doneBytes).toBe(reports.at(-1)?.totalBytes);
    expect(reports.at(-1)?.totalBytes).toBe(
      finished.reduce((sum, { descriptor }) => sum + descriptor.size, 0),
    );
  });

  it("gets only the parts that it names", async () => {
    const source = createMemoryRegistry();
    const { images } = await pushExample(source);
    const target = new Forgetful(true, (missing) => missing);
    await copy(at(source), at(target.registry));
    await target.registry.deleteManifest(repository, (await source.resolveTag(repository, "v1")).digest);
    target.lost.add(images[1]);
    target.watched.calls.length = 0;
    await copy(at(source), at(target.registry));
    expect([target.watched.count("pushManifest"), target.watched.count("pushBlob")]).toEqual([3, 0]);
  });

  it("gets a part that several manifests need", async () => {
    const source = createMemoryRegistry();
    const image = await pushImage(source, "1", { tags: ["one"] });
    const indexes = [];
    for (const name of ["a", "b", "c"])
      indexes.push(await pushIndex(source, [image], { more: { annotations: { name } } }));
    await pushIndex(source, indexes, { tags: ["v1"] });
    const target = new Forgetful(true, (missing) => missing);
    await copy(at(source, "one"), at(target.registry, "one"));
    target.lost.add(image.digest).add(descriptorOf(bytes("layer of 1")).digest);
    expect(await copy(at(source), at(target.registry), { concurrency: 3 })).toMatchObject({ tags: ["v1"] });
    expect(target.lost.size).toBe(0);
  });

  it("gets a part once, if a manifest lists it twice", async () => {
    const source = createMemoryRegistry();
    const image = await pushImage(source, "1", { layers: ["base", "base"], tags: ["one"] });
    await pushIndex(source, [image, image], { tags: ["v1"] });
    const target = new Forgetful(true, (missing) => missing);
    await copy(at(source, "one"), at(target.registry, "one"));
    target.lost.add(image.digest).add(descriptorOf(bytes("base")).digest);
    const report = await copy(at(source), at(target.registry));
    expect(report).toMatchObject({ blobs: { copied: 1 }, manifests: 2 });
    expect(target.lost.size).toBe(0);
  });

  it("gets a blob again that it claimed to have, and progress does not go back", async () => {
    const source = createMemoryRegistry();
    const base = "x".repeat(2_500_000);
    await pushImage(source, "1", { layers: [base], tags: ["one"] });
    await pushImage(source, "2", { layers: [base], tags: ["v1"] });
    const target = new Forgetful(true, (missing) => missing);
    await copy(at(source, "one"), at(target.registry, "one"));
    target.lost.add(descriptorOf(bytes(base)).digest);
    const reports: CopyProgress[] = [];
    const report = await copy(at(source), at(target.registry), { onProgress: (it) => reports.push(it) });
    expect(report).toMatchObject({ blobs: { present: 1, copied: 2 }, manifests: 1 });
    const done = reports.map(({ doneBytes }) => doneBytes);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(done.at(-1)).toBe(reports.at(-1)?.totalBytes);
  });

  it("to every push of one index gets it at most three times, while others are pushed", async () => {
    const source = createMemoryRegistry();
    const image = await pushImage(source, "image");
    const indexes = [];
    for (let i = 0; i < 50; i += 1)
      indexes.push(await pushIndex(source, [image], { more: { annotations: { i: `${i}` } } }));
    await pushIndex(source, indexes, { tags: ["v1"] });
    const { digest } = indexes[0] ?? image;
    let pushes = 0;
    const target = watch(createMemoryRegistry(), async ({ method, args }, proceed) => {
      if (method !== "pushManifest") return proceed();
      await new Promise((resolve) => setImmediate(resolve));
      if ((args[3] as { digest: string }).digest !== digest) return proceed();
      pushes += 1;
      // Lets other pushes end.
      for (let i = 0; i < 3; i += 1) await new Promise((resolve) => setImmediate(resolve));
      throw new RegistryError("MANIFEST_BLOB_UNKNOWN");
    });
    await expect(copy(at(source), at(target.registry))).rejects.toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
    });
    expect(pushes).toBe(3);
  });

  it("to every push fails the copy after a bounded number of calls, and gets no tag", async () => {
    const source = createMemoryRegistry();
    let top = [await pushImage(source, "1"), await pushImage(source, "2")];
    for (let depth = 0; depth < 10; depth += 1)
      top = [
        await pushIndex(source, top, { more: { annotations: { depth: `${depth}`, side: "left" } } }),
        await pushIndex(source, top, { more: { annotations: { depth: `${depth}`, side: "right" } } }),
      ];
    await pushIndex(source, top, { tags: ["v1"] });
    let pushes = 0;
    const target = watch(createMemoryRegistry(), async ({ method }, proceed) => {
      if (method !== "pushManifest") return proceed();
      pushes += 1;
      throw new RegistryError("MANIFEST_BLOB_UNKNOWN");
    });
    await expect(copy(at(source), at(target.registry))).rejects.toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
    });
    expect(pushes).toBeLessThan(10);
    await expect(target.registry.resolveTag(repository, "v1")).rejects.toThrow();
  });

  it("to every push of an index fails the copy after a bounded number of calls", async () => {
    const source = createMemoryRegistry();
    let top = [await pushImage(source, "1"), await pushImage(source, "2")];
    for (let depth = 0; depth < 8; depth += 1)
      top = [
        await pushIndex(source, top, { more: { annotations: { depth: `${depth}`, side: "left" } } }),
        await pushIndex(source, top, { more: { annotations: { depth: `${depth}`, side: "right" } } }),
      ];
    await pushIndex(source, top, { tags: ["v1"] });
    // The target claims to have every index below the top one.
    const target = watch(createMemoryRegistry(), async ({ method, args }, proceed) => {
      if (method === "resolveManifest") return { mediaType: "", digest: args[1], size: 0 };
      if (method === "pushManifest" && String(args[2]).includes("index"))
        throw new RegistryError("MANIFEST_BLOB_UNKNOWN");
      return proceed();
    });
    await expect(copy(at(source), at(target.registry))).rejects.toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
    });
    expect(target.count("pushManifest", "pushBlob")).toBeLessThan(100);
  });
});
