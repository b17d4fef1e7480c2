import { createMemoryRegistry, type MemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { collect, RegistryError, type Registry } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { sync, type RepositoryOf, type SyncOptions } from "../../src/index.ts";
import { bare, everythingOf, pushImage, pushIndex, pushReferrer, repository } from "./content.ts";
import { watch, writes } from "./watch.ts";

const at = (registry: Registry): RepositoryOf<Registry> => ({ registry, repository });

/** Makes a source with some tags. */
async function withTags(...tags: readonly string[]): Promise<MemoryRegistry> {
  const source = createMemoryRegistry();
  for (const tag of tags) await pushImage(source, tag, { tags: [tag] });
  return source;
}

/** Syncs to an empty target, and returns the tags that it has then. */
async function synced(source: Registry, tags: SyncOptions["tags"]): Promise<string[]> {
  const target = createMemoryRegistry();
  const reports = await sync(at(source), at(target), { tags });
  const copied = reports.map(({ tag }) => tag);
  expect(copied.length === 0 ? [] : await collect(target.tags(repository))).toEqual([...copied].sort());
  return copied;
}

describe("sync", () => {
  it("copies all tags of a repository, in the order of the source", async () => {
    const [source, target] = [await withTags("b", "a", "c"), createMemoryRegistry()];
    const reports = await sync(at(source), at(target));
    expect(reports.map(({ tag }) => tag)).toEqual(["a", "b", "c"]);
    expect(reports.map(({ report }) => report.tags)).toEqual([["a"], ["b"], ["c"]]);
    for (const tag of ["a", "b", "c"])
      expect(await everythingOf(target, repository, tag)).toEqual(
        await everythingOf(source, repository, tag),
      );
  });

  it("asks one question for a tag that the target has already, and copies nothing", async () => {
    const [source, target] = [await withTags("a", "b"), createMemoryRegistry()];
    await sync(at(source), at(target));
    const watched = watch(target);
    const reports = await sync(at(source), at(watched.registry));
    expect(watched.methods()).toEqual(["resolveTag", "resolveTag"]);
    expect(reports).toMatchObject([
      { tag: "a", report: { tags: [], manifests: 0 } },
      { tag: "b", report: { tags: [], manifests: 0 } },
    ]);
  });

  it("keeps tags that the source does not have, and moves those that point elsewhere", async () => {
    const [source, target] = [await withTags("a"), await withTags("own")];
    const { digest } = await pushImage(source, "new", { tags: ["moved"] });
    await pushImage(target, "old", { tags: ["moved"] });
    await sync(at(source), at(target));
    expect(await collect(target.tags(repository))).toEqual(["a", "moved", "own"]);
    expect((await target.resolveTag(repository, "moved")).digest).toBe(digest);
  });

  it("copies the named tags in their order, each once, without a list of all tags", async () => {
    const source = watch(await withTags("a", "b", "c"));
    expect(await synced(source.registry, ["c", "a", "c"])).toEqual(["c", "a"]);
    expect(source.count("tags")).toBe(0);
  });

  it.each([
    ["a plain expression", /^v\d/, ["v1", "v2"]],
    ["an expression that matches anywhere", /2/, ["v2", "x2"]],
    ["the flag g", /^v\d/g, ["v1", "v2"]],
    ["the flag y, which matches at the start", /\d|v/y, ["v1", "v2"]],
    ["the flags i and u", /^V1$/iu, ["v1"]],
    ["an expression that matches nothing", /^$/, []],
  ])("copies the tags that match %s", async (_, expression, expected) => {
    const source = await withTags("v1", "v2", "x2");
    expression.lastIndex = 1;
    expect(await synced(source, expression)).toEqual(expected);
    expect(expression.lastIndex).toBe(1);
  });

  it("copies the tags for which a function returns true", async () => {
    expect(await synced(await withTags("a", "b", "c"), (tag) => tag !== "b")).toEqual(["a", "c"]);
  });

  it("rejects with the error that the function throws", async () => {
    const source = await withTags("a");
    const tags = (): boolean => {
      throw new Error("no");
    };
    await expect(sync(at(source), at(createMemoryRegistry()), { tags })).rejects.toThrow("no");
  });

  it("copies nothing if no tag is named", async () => {
    expect(await synced(await withTags("a"), [])).toEqual([]);
  });

  it("applies the options of copy to each tag", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    for (const tag of ["a", "b"]) {
      const images = [
        await pushImage(source, `${tag} 1`),
        await pushImage(source, `${tag} 2`, { platform: { os: "linux", architecture: "arm64" } }),
      ];
      const index = await pushIndex(source, images, { tags: [tag] });
      await pushReferrer(source, images[1] ?? index, `signature ${tag}`);
    }
    const options = { platforms: ["linux/arm64"], referrers: true };
    expect(await sync(at(source), at(target), { ...options, dryRun: true })).toMatchObject([
      { report: { isRewritten: true, referrers: 1 } },
      { report: { isRewritten: true, referrers: 1 } },
    ]);
    await expect(target.resolveTag(repository, "a")).rejects.toThrow();
    await sync(at(source), at(target), options);
    expect(Object.keys(await everythingOf(target, repository, "b"))).toHaveLength(4);
    const { digest } = await source.resolveTag(repository, "b");
    expect((await target.resolveTag(repository, "b")).digest).not.toBe(digest);
  });

  it("pushes content that several tags share once, and asks for it once", async () => {
    const [source, target] = [createMemoryRegistry(), watch(createMemoryRegistry())];
    const image = await pushImage(source, "shared", { layers: ["base"] });
    for (const tag of ["a", "b", "c"]) {
      const other = await pushImage(source, tag, { layers: ["base", tag] });
      await pushIndex(source, [image, other], { tags: [tag] });
    }
    await sync(at(source), at(target.registry));
    const digestOf = ({ args }: { args: readonly unknown[] }): unknown => args[1];
    const asked = target.calls.filter(({ method }) => /^resolve(Blob|Manifest)$/.test(method)).map(digestOf);
    expect(asked).toHaveLength(new Set(asked).size);
    expect(target.count("pushBlob")).toBe(8);
    expect(target.count("pushManifest")).toBe(7);
  });

  it("mounts a blob that several tags share once", async () => {
    const memory = createMemoryRegistry();
    for (const tag of ["a", "b"]) await pushImage(memory, tag, { layers: ["base"], tags: [tag] });
    const watched = watch(memory);
    await sync(at(watched.registry), { registry: watched.registry, repository: "b/c" });
    expect(watched.count("mountBlob")).toBe(3);
    expect(await collect(memory.tags("b/c"))).toEqual(["a", "b"]);
  });

  it("asks once for a blob that several tags share in a dry run", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    for (const tag of ["a", "b", "c"]) await pushImage(source, tag, { layers: ["base"], tags: [tag] });
    await sync(at(source), at(target), { tags: ["a"] });
    const watched = watch(target);
    await sync(at(source), at(watched.registry), { tags: ["b", "c"], dryRun: true });
    expect(watched.count("resolveBlob")).toBe(3);
  });

  it("copies a tag whose manifest is a layer of an earlier tag", async () => {
    const [source, target] = [createMemoryRegistry(), watch(createMemoryRegistry())];
    const image = await pushImage(source, "image", { tags: ["b"] });
    const content = await (await source.getManifest(repository, image.digest)).bytes();
    await source.pushBlob(repository, image, content);
    await pushImage(source, "artifact", { more: { layers: [bare(image)] }, tags: ["a"] });
    await sync(at(source), at(target.registry));
    for (const tag of ["a", "b"])
      expect(await everythingOf(target.registry, repository, tag)).toEqual(
        await everythingOf(source, repository, tag),
      );
    const rejected = target.calls.filter(({ method }) => method === "pushManifest");
    expect(rejected).toHaveLength(2);
  });

  it.each([
    ["NAME_UNKNOWN", "the repository does not exist", undefined],
    ["MANIFEST_UNKNOWN", "a named tag does not exist", ["a", "missing", "b"]],
  ] as const)("fails with %s if %s", async (code, _, tags) => {
    const [source, target] = [
      tags === undefined ? createMemoryRegistry() : await withTags("a", "b"),
      createMemoryRegistry(),
    ];
    await expect(sync(at(source), at(target), { tags })).rejects.toMatchObject({ code });
    if (tags !== undefined) expect(await collect(target.tags(repository))).toEqual(["a"]);
  });

  it("copies the other tags if onFailure receives the failure of one", async () => {
    const [source, target] = [await withTags("a", "b", "c"), createMemoryRegistry()];
    const broken = watch(source, async ({ method, args }, proceed) => {
      if (method === "resolveTag" && args[1] === "b") throw new RegistryError("STORAGE_FAILED");
      return proceed();
    });
    const failures: unknown[] = [];
    const reports = await sync(at(broken.registry), at(target), {
      onFailure: (tag, error) => failures.push([tag, error]),
    });
    expect(reports.map(({ tag }) => tag)).toEqual(["a", "c"]);
    expect(failures).toMatchObject([["b", { code: "STORAGE_FAILED" }]]);
  });

  it("rejects with the error that onFailure throws", async () => {
    const source = await withTags("a");
    const onFailure = (): void => {
      throw new Error("enough");
    };
    await expect(
      sync(at(source), at(createMemoryRegistry()), { tags: ["none", "a"], onFailure }),
    ).rejects.toThrow("enough");
  });

  it("rejects with the reason of its signal, and does not report it as the failure of a tag", async () => {
    const [source, target] = [await withTags("a", "b", "c"), createMemoryRegistry()];
    const controller = new AbortController();
    const failures: unknown[] = [];
    await expect(
      sync(at(source), at(target), {
        signal: controller.signal,
        onFailure: (...failure) => failures.push(failure),
        tags: (tag) => {
          if (tag === "b") controller.abort("stop");
          return true;
        },
      }),
    ).rejects.toBe("stop");
    expect(failures).toEqual([]);
    expect(await collect(target.tags(repository))).toEqual(["a"]);
  });

  it("writes nothing in a dry run", async () => {
    const [source, target] = [await withTags("a", "b"), watch(createMemoryRegistry())];
    expect(await sync(at(source), at(target.registry), { dryRun: true })).toMatchObject([
      { report: { tags: ["a"] } },
      { report: { tags: ["b"] } },
    ]);
    expect(target.count(...writes)).toBe(0);
  });
});
