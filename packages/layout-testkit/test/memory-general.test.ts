import { collect, type Registry } from "@ocilayout/oci-types";
import { bytes, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { digestCalls, everyCall, repositoryCalls, tagCalls, type Names } from "../src/case/every-call.ts";
import { blob, image, pushContent } from "../src/content/index.ts";
import { createMemoryRegistry } from "../src/memory/index.ts";

const hello = await blob("hello world");
const names: Names = { repo: "a", digest: hello.descriptor.digest, tag: "t" };

/** Everything that can be seen of `registry`. */
async function look(registry: Registry): Promise<unknown> {
  const repositories = await collect(registry.repositories());
  return Promise.all(repositories.map(async (repo) => [repo, await collect(registry.tags(repo))]));
}

// clause 1
describe("a failure in memory", () => {
  it.each<[string, string]>([
    ...["getBlob", "getBlobRange", "resolveBlob", "mountBlob", "deleteBlob"].map(
      (name) => [name, "BLOB_UNKNOWN"] as [string, string],
    ),
    ...["getManifest", "resolveManifest", "deleteManifest"].map(
      (name) => [name, "MANIFEST_UNKNOWN"] as [string, string],
    ),
    ...["getTag", "resolveTag", "deleteTag"].map((name) => [name, "MANIFEST_UNKNOWN"] as [string, string]),
    ["tags", "NAME_UNKNOWN"],
  ])("of %s for something missing is a RegistryError with code %s", async (name, code) => {
    const registry = createMemoryRegistry();
    const call = (repo: string): unknown =>
      everyCall.find((it) => it.name === name)?.run(registry, { ...names, repo });
    await expect(call("none")).rejects.toMatchObject({ name: "RegistryError", code });
    if (name === "tags") return;
    await pushContent(registry, "a", image());
    await expect(call("a")).rejects.toMatchObject({ name: "RegistryError", code });
  });

  // section 3
  it.each(repositoryCalls)("of $name is a TypeError if the repository is not a string", async ({ run }) => {
    const call = run(createMemoryRegistry(), { ...names, repo: 7 as unknown as string });
    await expect(call).rejects.toThrow(TypeError);
  });

  // section 3
  it.each(digestCalls)("of $name is a TypeError if the digest is not a string", async ({ run }) => {
    const call = run(createMemoryRegistry(), { ...names, digest: 7 as unknown as string });
    await expect(call).rejects.toThrow(TypeError);
  });

  // section 3
  it.each(tagCalls)("of $name is a TypeError if the tag is not a string", async ({ run }) => {
    const call = run(createMemoryRegistry(), { ...names, tag: 7 as unknown as string });
    await expect(call).rejects.toThrow(TypeError);
  });

  // section 3
  it("is a TypeError if tags are one string", async () => {
    const tags = "abc" as unknown as string[];
    await expect(
      createMemoryRegistry().pushManifest("a", bytes("x"), "text/plain", { tags }),
    ).rejects.toThrow(TypeError);
  });

  // section 3
  it("is a TypeError if the content is of the wrong type", async () => {
    const registry = createMemoryRegistry();
    await expect(
      registry.pushBlob("a", hello.descriptor, "hello world" as unknown as Uint8Array),
    ).rejects.toThrow(TypeError);
    await expect(registry.pushManifest("a", "x" as unknown as Uint8Array, "text/plain")).rejects.toThrow(
      TypeError,
    );
  });

  // section 3
  it.each<[string, (registry: Registry) => Promise<unknown>]>([
    ["a size", (it) => it.pushBlob("a", { ...hello.descriptor, size: -1 }, hello.content)],
    ["a range's start", (it) => it.getBlobRange("a", hello.descriptor.digest, { start: -1 })],
    ["a range's end", (it) => it.getBlobRange("a", hello.descriptor.digest, { start: 0, end: Number.NaN })],
    ["a chunk size", (it) => it.pushBlobChunked("a", { chunkSize: -1 })],
    ["an offset", (it) => it.pushBlobChunkedResume("a", "id", { offset: -1 })],
    ["a limit", (it) => collect(it.repositories({ limit: -1 }))],
  ])("of %s that is not a count is a RangeError", async (_name, call) => {
    await expect(call(createMemoryRegistry())).rejects.toThrow(RangeError);
  });

  // section 3
  it("is a TypeError or RangeError if an option is invalid", () => {
    expect(() => createMemoryRegistry({ maxManifestBytes: 4 * 1024 * 1024 - 1 })).toThrow(RangeError);
    expect(() => createMemoryRegistry({ uploadExpiryMs: -1 })).toThrow(RangeError);
    for (const name of ["readOnly", "allowSparse", "repositoryScopedBlobs"]) {
      expect(() => createMemoryRegistry({ [name]: "no" }), name).toThrow(TypeError);
    }
  });
});

// clause 2
describe("a signal in memory", () => {
  it.each(everyCall)(
    "makes $name reject with its reason and change nothing if it is already aborted",
    async ({ run }) => {
      const registry = createMemoryRegistry();
      await pushContent(registry, "a", image(), { tags: ["t"] });
      const before = await look(registry);
      await expect(run(registry, { ...names, signal: AbortSignal.abort("no") })).rejects.toBe("no");
      expect(await look(registry)).toEqual(before);
    },
  );

  it("leaves nothing if it aborts half-way through a push", async () => {
    const registry = createMemoryRegistry();
    const controller = new AbortController();
    async function* content(): AsyncGenerator<Uint8Array> {
      yield bytes("hello ");
      controller.abort("enough");
      yield bytes("world");
    }
    const { signal } = controller;
    expect(await rejection(registry.pushBlob("a", hello.descriptor, content(), { signal }))).toBe("enough");
    await expect(registry.resolveBlob("a", hello.descriptor.digest)).rejects.toMatchObject({
      code: "BLOB_UNKNOWN",
    });
  });

  it("leaves nothing if it aborts while a manifest is pushed", async () => {
    const registry = createMemoryRegistry();
    const controller = new AbortController();
    const pushing = registry.pushManifest("a", bytes("x"), "text/plain", {
      tags: ["t"],
      signal: controller.signal,
    });
    controller.abort("enough");
    expect(await rejection(pushing)).toBe("enough");
    await expect(registry.resolveTag("a", "t")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  it("bounds the life of a reader", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", hello);
    const controller = new AbortController();
    const reader = await registry.getBlob("a", hello.descriptor.digest, { signal: controller.signal });
    controller.abort("enough");
    expect(await rejection(reader.text())).toBe("enough");
  });

  it("bounds the life of an iteration", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", image(), { tags: ["t", "u"] });
    const controller = new AbortController();
    const tags = registry.tags("a", { signal: controller.signal })[Symbol.asyncIterator]();
    expect(await tags.next()).toMatchObject({ value: "t" });
    controller.abort("enough");
    expect(await rejection(tags.next())).toBe("enough");
  });
});

// clause 3
describe("memory is never shared with the caller", () => {
  it("so changing what was pushed or read changes nothing stored", async () => {
    const registry = createMemoryRegistry();
    const content = bytes("hello world");
    await registry.pushBlob("a", hello.descriptor, content);
    content.fill(0);
    const read = await (await registry.getBlob("a", hello.descriptor.digest)).bytes();
    read.fill(0);
    const part = await (await registry.getBlobRange("a", hello.descriptor.digest, { start: 0 })).bytes();
    part.fill(0);
    expect(await (await registry.getBlob("a", hello.descriptor.digest)).text()).toBe("hello world");
  });

  // section 3
  it("and a source may reuse a chunk's memory", async () => {
    const registry = createMemoryRegistry();
    function* content(): Generator<Uint8Array> {
      const chunk = bytes("hello ");
      yield chunk;
      chunk.set(bytes("world"));
      yield chunk.subarray(0, 5);
    }
    await registry.pushBlob("a", hello.descriptor, content());
    expect(await (await registry.getBlob("a", hello.descriptor.digest)).text()).toBe("hello world");
  });

  it("so a manifest may be overwritten once pushManifest returned its promise", async () => {
    const registry = createMemoryRegistry();
    const content = bytes("new");
    const pushing = registry.pushManifest("a", content, "text/plain", { tags: ["t"] });
    content.fill(0);
    await pushing;
    expect(await (await registry.getTag("a", "t")).text()).toBe("new");
  });

  it("so the options of a push may be changed once the call returned its promise", async () => {
    const registry = createMemoryRegistry();
    await registry.pushManifest("a", bytes("old"), "text/plain", { tags: ["t"] });
    const options: { tags: string[]; ifNoneMatch?: "*" } = { tags: ["t"], ifNoneMatch: "*" };
    const pushing = registry.pushManifest("a", bytes("new"), "text/plain", options);
    options.tags = ["u"];
    delete options.ifNoneMatch;
    await expect(pushing).rejects.toMatchObject({ code: "PRECONDITION_FAILED", detail: { tag: "t" } });
  });
});

// clause 4
describe("a list in memory", () => {
  it.each<[string, (registry: Registry) => AsyncIterable<unknown>]>([
    ["tags", (it) => it.tags("A")],
    ["referrers", (it) => it.referrers("a", "x")],
    ["repositories", (it) => it.repositories({ limit: -1 })],
  ])("of %s fails at the first next(), not before", async (_name, list) => {
    const iterator = list(createMemoryRegistry())[Symbol.asyncIterator]();
    await expect(iterator.next()).rejects.toThrow();
  });

  it("is a snapshot of the moment when it began", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", image(), { tags: ["t", "u"] });
    const seen: string[] = [];
    for await (const tag of registry.tags("a")) {
      seen.push(tag);
      await registry.deleteTag("a", tag);
      await pushContent(registry, "a", image(), { tags: [`${tag}-more`] });
      if (tag === "t") await registry.deleteTag("a", "u");
      if (tag === "t") await pushContent(registry, "a", image(), { tags: ["u"] });
    }
    expect(seen).toEqual(["t", "u"]);
  });
});

// clause 5
describe("names in memory", () => {
  it.each(repositoryCalls)(
    "are validated by $name: an invalid repository name is rejected",
    async ({ run }) => {
      for (const repo of ["", "A", "a//b", "../a", "a/", "a:b"]) {
        const call = run(createMemoryRegistry(), { ...names, repo });
        await expect(call, repo).rejects.toMatchObject({ code: "NAME_INVALID" });
      }
    },
  );

  it.each(digestCalls)("are validated by $name: an invalid digest is rejected", async ({ run }) => {
    for (const digest of ["", "sha256:", "sha256:00", "nonsense", `md5:${"0".repeat(32)}`]) {
      const call = run(createMemoryRegistry(), { ...names, digest });
      await expect(call, digest).rejects.toMatchObject({ code: "DIGEST_INVALID" });
    }
  });

  // section 3
  it.each(tagCalls)("are validated by $name: an invalid tag is rejected", async ({ run }) => {
    for (const tag of ["", ".a", "a/b", hello.descriptor.digest]) {
      const call = run(createMemoryRegistry(), { ...names, tag });
      await expect(call, tag).rejects.toMatchObject({ code: "NAME_INVALID" });
    }
  });
});
