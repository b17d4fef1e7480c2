import { existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";

import {
  collect,
  dockerMediaTypes,
  emptyDescriptor,
  ociMediaTypes,
  type Descriptor,
} from "@ocilayout/oci-types";
import {
  artifact,
  blobPath,
  bytes,
  descriptorOf,
  freshLayout,
  imageIndex,
  pushArtifact,
  rejection,
} from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { openLayout, type LayoutRegistry } from "../src/index.ts";
import { readIndex, refNames, snapshot } from "./helpers.ts";

const { imageManifest, imageIndex: indexType } = ociMediaTypes;

/** Opens a layout that contains the empty blob of all artifacts in these tests. */
async function openPrepared(directory = freshLayout()): Promise<LayoutRegistry> {
  const registry = await openLayout(directory);
  await registry.pushBlob("a", emptyDescriptor, bytes("{}"));
  return registry;
}

// clause 12
describe("a pushed manifest", () => {
  it("is stored byte for byte, including white space and unknown members", async () => {
    await using registry = await openPrepared();
    const odd = bytes(`\n {"x": 1.0, ${new TextDecoder().decode(artifact("m")).slice(1)}  `);
    const { digest } = await registry.pushManifest("a", odd, imageManifest, { tags: ["t"] });
    for (const reader of [await registry.getManifest("a", digest), await registry.getTag("a", "t")]) {
      expect(reader.descriptor).toEqual({ mediaType: imageManifest, digest, size: odd.length });
      expect(Buffer.compare(await reader.bytes(), odd)).toBe(0);
    }
  });

  // clause 12
  it("is checked with the parameters of its media type stripped", async () => {
    await using registry = await openPrepared();
    const withParameter = `${imageManifest}; charset=utf-8`;
    const pushed = await registry.pushManifest("a", artifact("m"), withParameter);
    expect(pushed.mediaType).toBe(imageManifest);
    await expect(registry.pushManifest("a", bytes("{}"), withParameter)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  // clause 12
  it("is rejected if its mediaType differs from the argument, and accepted if it has none", async () => {
    await using registry = await openPrepared();
    await expect(registry.pushManifest("a", artifact("m"), dockerMediaTypes.manifest)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
      detail: { problems: [{ path: "$.mediaType" }] },
    });
    const silent = artifact("silent", { mediaType: undefined });
    expect(await registry.pushManifest("a", silent, dockerMediaTypes.manifest)).toMatchObject({
      mediaType: dockerMediaTypes.manifest,
    });
  });

  // clause 12
  it("is rejected if the same bytes are stored under another media type", async () => {
    await using registry = await openPrepared();
    const silent = artifact("silent", { mediaType: undefined });
    await registry.pushManifest("a", silent, imageManifest);
    await expect(registry.pushManifest("a", silent, dockerMediaTypes.manifest)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  it("of an unknown media type is stored and served unchanged", async () => {
    await using registry = await openLayout(freshLayout());
    const content = new Uint8Array([0, 255, 1]);
    const { digest } = await registry.pushManifest("a", content, "application/x-thing", { tags: ["t"] });
    const reader = await registry.getManifest("a", digest);
    expect(reader.descriptor.mediaType).toBe("application/x-thing");
    expect(Buffer.compare(await reader.bytes(), content)).toBe(0);
  });

  // clause 3
  it("may be overwritten by the caller as soon as pushManifest returned its promise", async () => {
    await using registry = await openPrepared();
    const content = artifact("m");
    const { digest } = descriptorOf(content);
    const pushing = registry.pushManifest("a", content, imageManifest);
    content.fill(0);
    expect((await pushing).digest).toBe(digest);
    expect(await (await registry.getManifest("a", digest)).json()).toMatchObject({
      annotations: { name: "m" },
    });
  });
});

// clause 13
describe("a manifest of a known type", () => {
  const valid = JSON.parse(new TextDecoder().decode(artifact("m"))) as Record<string, unknown>;
  // clause 13
  it.each<[string, unknown]>([
    ["an array instead of an object", []],
    ["null", null],
    ["nothing in it", {}],
    ["schemaVersion 7", { ...valid, schemaVersion: 7 }],
    ["manifests beside layers", { ...valid, manifests: [] }],
    ["no config", { ...valid, config: undefined }],
    ["a negative size", { ...valid, config: { ...emptyDescriptor, size: -1 } }],
    ["a size beyond 2^53", { ...valid, config: { ...emptyDescriptor, size: 2 ** 53 } }],
    ["another size than the stored blob's", { ...valid, config: { ...emptyDescriptor, size: 3 } }],
    ["an annotation that is not a string", { ...valid, annotations: { a: 1 } }],
  ])("with %s is rejected with MANIFEST_INVALID, and nothing is written", async (_name, document) => {
    const directory = freshLayout();
    await using registry = await openPrepared(directory);
    const before = snapshot(directory);
    const error = (await rejection(
      registry.pushManifest("a", bytes(JSON.stringify(document)), imageManifest, { tags: ["t"] }),
    )) as Error;
    expect(error).toMatchObject({ code: "MANIFEST_INVALID" });
    // The code names the kind of error; the message names the problem, once.
    expect(error.message).not.toMatch(/manifest invalid/i);
    expect(snapshot(directory)).toEqual(before);
  });

  // clause 13
  it.each([bytes(""), bytes("{"), new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d]), new Uint8Array([0xff])])(
    "that is not JSON is rejected with MANIFEST_INVALID",
    async (content) => {
      await using registry = await openPrepared();
      await expect(registry.pushManifest("a", content, imageManifest)).rejects.toMatchObject({
        code: "MANIFEST_INVALID",
      });
    },
  );

  // clause 13
  it("cannot be the index `{}`", async () => {
    await using registry = await openPrepared();
    await expect(registry.pushManifest("a", bytes("{}"), indexType)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  // clause 13
  it("is rejected with SIZE_INVALID over the size limit, and accepted at the limit", async () => {
    await using registry = await openLayout(freshLayout(), { maxManifestBytes: 4 * 1024 * 1024 });
    const limit = new Uint8Array(4 * 1024 * 1024);
    await registry.pushManifest("a", limit, "application/x-thing");
    await expect(
      registry.pushManifest("a", new Uint8Array(limit.length + 1), "application/x-thing"),
    ).rejects.toMatchObject({
      code: "SIZE_INVALID",
      detail: { limit: limit.length },
    });
  });

  it("is verified against the digest option, which chooses the algorithm", async () => {
    await using registry = await openPrepared();
    const content = artifact("m");
    const wrong = descriptorOf(bytes("other")).digest;
    await expect(registry.pushManifest("a", content, imageManifest, { digest: wrong })).rejects.toMatchObject(
      { code: "DIGEST_INVALID" },
    );
    const { createHash } = await import("node:crypto");
    const digest = `sha512:${createHash("sha512").update(content).digest("hex")}`;
    expect(await registry.pushManifest("a", content, imageManifest, { digest, tags: ["t"] })).toMatchObject({
      digest,
    });
    expect(await registry.resolveTag("a", "t")).toMatchObject({ digest });
  });
});

// clause 14
describe("pushManifest", () => {
  const absent = descriptorOf(bytes("absent"), ociMediaTypes.layer);
  const alsoAbsent = descriptorOf(bytes("also absent"), ociMediaTypes.layer);

  // clause 14
  it("rejects missing configs and layers, and names each", async () => {
    await using registry = await openPrepared();
    const error = await rejection(
      registry.pushManifest("a", artifact("m", { layers: [absent, alsoAbsent] }), imageManifest),
    );
    expect(error).toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
      detail: { missing: [absent.digest, alsoAbsent.digest] },
    });
  });

  it("rejects a missing child of an index, and names it", async () => {
    await using registry = await openPrepared();
    const child = { ...absent, mediaType: imageManifest };
    const error = await rejection(registry.pushManifest("a", imageIndex(child), indexType));
    expect(error).toMatchObject({ code: "MANIFEST_BLOB_UNKNOWN", detail: { missing: [child.digest] } });
  });

  // clause 14
  it("does not count a directory as a stored blob", async () => {
    const directory = freshLayout();
    await using registry = await openPrepared(directory);
    mkdirSync(blobPath(directory, absent.digest));
    const error = await rejection(
      registry.pushManifest("a", artifact("m", { layers: [absent] }), imageManifest),
    );
    expect(error).toMatchObject({ code: "MANIFEST_BLOB_UNKNOWN" });
  });

  it("accepts missing layers with urls, and a missing subject", async () => {
    await using registry = await openPrepared();
    const foreign = { ...absent, urls: ["https://example.com/layer"] };
    const subject = { ...alsoAbsent, mediaType: imageManifest };
    await registry.pushManifest("a", artifact("m", { layers: [foreign], subject }), imageManifest);
  });

  // clause 14
  it("rejects a child whose content contradicts its descriptor", async () => {
    await using registry = await openPrepared();
    const text = bytes("just text");
    await registry.pushBlob("a", descriptorOf(text), text);
    const child = { ...descriptorOf(text), mediaType: imageManifest };
    await expect(registry.pushManifest("a", imageIndex(child), indexType)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
    const manifest = await pushArtifact(registry, "a", "m");
    const asIndex = { ...manifest, mediaType: indexType };
    await expect(registry.pushManifest("a", imageIndex(asIndex), indexType)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  // clauses 13, 14
  it("rejects a child whose size differs from its descriptor", async () => {
    await using registry = await openPrepared();
    const manifest = await pushArtifact(registry, "a", "m");
    const lying = { ...manifest, size: 1 };
    await expect(registry.pushManifest("a", imageIndex(lying), indexType)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  it("with allowSparse accepts missing references and still rejects wrong ones", async () => {
    const directory = freshLayout();
    await (await openPrepared(directory)).close();
    await using registry = await openLayout(directory, { allowSparse: true });
    await registry.pushManifest("a", artifact("m", { layers: [absent] }), imageManifest);
    await registry.pushManifest("a", imageIndex({ ...alsoAbsent, mediaType: imageManifest }), indexType);
    const wrong = artifact("wrong", { config: { ...emptyDescriptor, size: 5 } });
    await expect(registry.pushManifest("a", wrong, imageManifest)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  it("tags a stored manifest again even if its references are gone", async () => {
    const directory = freshLayout();
    await using registry = await openPrepared(directory);
    const manifest = await pushArtifact(registry, "a", "m", ["one"]);
    rmSync(blobPath(directory, emptyDescriptor.digest));
    await registry.pushManifest("a", artifact("m"), imageManifest, { tags: ["two"] });
    expect(await registry.resolveTag("a", "two")).toEqual(manifest);
    await expect(registry.pushManifest("b", artifact("m"), imageManifest)).rejects.toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
    });
  });
});

// clause 15
describe("tags", () => {
  it("given together are applied together", async () => {
    const directory = freshLayout();
    await using registry = await openPrepared(directory);
    await pushArtifact(registry, "a/b", "m", ["v1", "latest", "v1"]);
    expect(await collect(registry.tags("a/b"))).toEqual(["latest", "v1"]);
    expect(refNames(directory)).toEqual(["a/b:v1", "a/b:latest"]);
  });

  it("are rejected before anything is written if one is invalid", async () => {
    const directory = freshLayout();
    await using registry = await openPrepared(directory);
    const before = snapshot(directory);
    for (const tag of ["", "a:b", "-x", "x".repeat(129), "a/b"]) {
      const pushing = registry.pushManifest("a", artifact("m"), imageManifest, { tags: ["good", tag] });
      await expect(pushing).rejects.toMatchObject({ code: "NAME_INVALID" });
      await expect(registry.getTag("a", tag)).rejects.toMatchObject({ code: "NAME_INVALID" });
      await expect(registry.resolveTag("a", tag)).rejects.toMatchObject({ code: "NAME_INVALID" });
    }
    expect(snapshot(directory)).toEqual(before);
  });

  // clause 15
  it("can be moved, and the old manifest stays reachable by digest", async () => {
    const directory = freshLayout();
    await using registry = await openPrepared(directory);
    const old = await pushArtifact(registry, "a", "old", ["latest"]);
    const now = await pushArtifact(registry, "a", "new", ["latest"]);
    expect(await registry.resolveTag("a", "latest")).toEqual(now);
    expect(await (await registry.getManifest("a", old.digest)).json()).toMatchObject({
      annotations: { name: "old" },
    });
    expect(refNames(directory)).toEqual([`a@${old.digest}`, "a:latest"]);
  });

  it("leave index.json unchanged when the same push is repeated", async () => {
    const directory = freshLayout();
    await using registry = await openPrepared(directory);
    await pushArtifact(registry, "a", "m", ["latest"]);
    const before = readFileSync(`${directory}/index.json`, "utf8");
    await pushArtifact(registry, "a", "m", ["latest"]);
    await pushArtifact(registry, "a", "m");
    expect(readFileSync(`${directory}/index.json`, "utf8")).toBe(before);
  });

  describe("of a push with preconditions", () => {
    it("are changed only if the precondition holds", async () => {
      const directory = freshLayout();
      await using registry = await openPrepared(directory);
      const push = (name: string, options: object): Promise<Descriptor> =>
        registry.pushManifest("a", artifact(name), imageManifest, { tags: ["t"], ...options });
      await expect(push("one", { ifMatch: "*" })).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
      const one = await push("one", { ifNoneMatch: "*" });
      await expect(push("two", { ifNoneMatch: "*" })).rejects.toMatchObject({
        code: "PRECONDITION_FAILED",
        detail: { digest: one.digest },
      });
      expect(await registry.resolveTag("a", "t")).toEqual(one);
      const two = await push("two", { ifMatch: one.digest });
      await expect(push("three", { ifMatch: one.digest })).rejects.toMatchObject({
        code: "PRECONDITION_FAILED",
      });
      expect(await registry.resolveTag("a", "t")).toEqual(two);
      await push("three", { ifMatch: "*" });
      expect(refNames(directory)).not.toContain(`a@${descriptorOf(artifact("four")).digest}`);
    });

    it("must all meet the precondition", async () => {
      await using registry = await openPrepared();
      await pushArtifact(registry, "a", "one", ["t"]);
      const pushing = registry.pushManifest("a", artifact("two"), imageManifest, {
        tags: ["new", "t"],
        ifNoneMatch: "*",
      });
      await expect(pushing).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
      expect(await collect(registry.tags("a"))).toEqual(["t"]);
    });

    it("are created by exactly one of twenty concurrent pushes with ifNoneMatch", async () => {
      await using registry = await openPrepared();
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) =>
          registry.pushManifest("a", artifact(`m${i}`), imageManifest, { tags: ["t"], ifNoneMatch: "*" }),
        ),
      );
      expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
    });

    it("are required: a precondition without a tag, or an invalid one, is a TypeError", async () => {
      await using registry = await openPrepared();
      const { digest } = descriptorOf(artifact("m"));
      for (const options of [
        { ifMatch: digest },
        { tags: [], ifNoneMatch: "*" },
        { tags: ["t"], ifNoneMatch: digest },
        { tags: ["t"], ifNoneMatch: "*", ifMatch: "*" },
      ]) {
        await expect(
          registry.pushManifest("a", artifact("m"), imageManifest, options as object),
        ).rejects.toThrow(TypeError);
      }
      const invalid = registry.pushManifest("a", artifact("m"), imageManifest, {
        tags: ["t"],
        ifMatch: "latest",
      });
      await expect(invalid).rejects.toMatchObject({ code: "DIGEST_INVALID" });
    });
  });
});

// clause 17
describe("an untagged child of an index", () => {
  it("has no entry of its own, and is found all the same", async () => {
    const directory = freshLayout();
    await using registry = await openPrepared(directory);
    const child = await pushArtifact(registry, "a", "child");
    const tagged = await pushArtifact(registry, "a", "tagged child", ["child"]);
    expect(refNames(directory)).toEqual([`a@${child.digest}`, "a:child"]);
    const index = await registry.pushManifest("a", imageIndex(child, tagged), indexType, { tags: ["all"] });
    expect(refNames(directory)).toEqual(["a:child", "a:all"]);
    expect((await registry.getManifest("a", child.digest)).descriptor).toEqual(child);
    expect(await registry.resolveTag("a", "all")).toEqual(index);
    await pushArtifact(registry, "a", "child");
    expect(refNames(directory)).toEqual(["a:child", "a:all"]);
  });

  it("does not belong to other repositories", async () => {
    await using registry = await openPrepared();
    const child = await pushArtifact(registry, "a", "child");
    await registry.pushManifest("a", imageIndex(child), indexType, { tags: ["all"] });
    await pushArtifact(registry, "b", "other");
    await expect(registry.getManifest("b", child.digest)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  // clause 18
  it("is described by its bytes, whatever an index claims", async () => {
    const directory = freshLayout();
    await using registry = await openPrepared(directory);
    const child = await pushArtifact(registry, "a", "child");
    const forged = imageIndex({ ...child, size: 1, mediaType: "text/plain" });
    const { digest, size } = descriptorOf(forged);
    writeFileSync(blobPath(directory, digest), forged);
    const entry = {
      mediaType: indexType,
      digest,
      size,
      annotations: { "org.opencontainers.image.ref.name": "a:x" },
    };
    writeFileSync(`${directory}/index.json`, JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
    expect((await registry.getManifest("a", child.digest)).descriptor).toEqual(child);
  });
});

// clauses 18, 19
describe("resolving and reading", () => {
  // clauses 3, 18
  it("returns exactly media type, digest and size, in an object of the caller's own", async () => {
    const directory = freshLayout();
    await using registry = await openPrepared(directory);
    const manifest = await pushArtifact(registry, "a", "m", ["t"]);
    const resolved = await registry.resolveTag("a", "t");
    expect(Object.keys(resolved).sort()).toEqual(["digest", "mediaType", "size"]);
    Object.assign(resolved, { digest: "sha256:nonsense", annotations: {} });
    expect(await registry.resolveTag("a", "t")).toEqual(manifest);
  });

  // clause 19
  it("fails with MANIFEST_UNKNOWN for a tag whose file is missing, which stays listed and disturbs no other call", async () => {
    const directory = freshLayout();
    await using registry = await openPrepared(directory);
    const lost = await pushArtifact(registry, "a", "lost", ["lost"]);
    const kept = await pushArtifact(registry, "a", "kept", ["kept"]);
    rmSync(blobPath(directory, lost.digest));
    for (const read of [() => registry.getTag("a", "lost"), () => registry.getManifest("a", lost.digest)]) {
      const error = (await rejection(read())) as Error;
      expect(error).toMatchObject({ code: "MANIFEST_UNKNOWN" });
      expect(error.message).not.toContain(directory);
    }
    expect(await collect(registry.tags("a"))).toEqual(["kept", "lost"]);
    expect((await registry.getTag("a", "kept")).descriptor).toEqual(kept);
    await pushArtifact(registry, "a", "lost", ["lost"]);
    expect((await registry.getTag("a", "lost")).descriptor).toEqual(lost);
  });

  // clause 19
  it("a damaged index hides only its own children", async () => {
    const directory = freshLayout();
    await using registry = await openPrepared(directory);
    const one = await pushArtifact(registry, "a", "one");
    const two = await pushArtifact(registry, "a", "two");
    const whole = await registry.pushManifest("a", imageIndex(one), indexType, { tags: ["whole"] });
    const torn = await registry.pushManifest("a", imageIndex(two), indexType, { tags: ["torn"] });
    truncateSync(blobPath(directory, torn.digest), 10);
    await using fresh = await openLayout(directory);
    expect((await fresh.getManifest("a", one.digest)).descriptor).toEqual(one);
    await expect(fresh.getManifest("a", two.digest)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    expect(await fresh.resolveTag("a", "whole")).toEqual(whole);
    expect(await rejection((await fresh.getTag("a", "torn")).bytes())).toMatchObject({
      code: "CONTENT_CORRUPT",
    });
  });

  it("fails for a plain blob, an absent digest and an unknown repository", async () => {
    await using registry = await openPrepared();
    const { digest } = emptyDescriptor;
    await pushArtifact(registry, "a", "m");
    await expect(registry.getManifest("a", digest)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    await expect(registry.getManifest("a", descriptorOf(bytes("x")).digest)).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
    await expect(registry.getManifest("nobody", digest)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    await expect(registry.resolveTag("a", "nothing")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });
});

// clause 20
describe("lists of tags and repositories", () => {
  it("are in code-unit order, without duplicates", async () => {
    await using registry = await openPrepared();
    const tags = ["b", "a", "B", "a.1", "a-1", "_", "10", "9", "a_1"];
    await pushArtifact(registry, "x", "m", tags);
    await pushArtifact(registry, "x", "n", ["a"]);
    for (const repository of ["b/c", "b", "b-c", "b.c", "b__c"])
      await pushArtifact(registry, repository, "m");
    expect(await collect(registry.tags("x"))).toEqual([...tags].sort());
    expect(await collect(registry.repositories())).toEqual(["b", "b-c", "b.c", "b/c", "b__c", "x"]);
  });

  it("start after startAfter, which need not exist, and end at the limit", async () => {
    await using registry = await openPrepared();
    await pushArtifact(registry, "x", "m", ["a", "b", "c", "d"]);
    const tags = (options: object): Promise<string[]> => collect(registry.tags("x", options));
    expect(await tags({ startAfter: "b" })).toEqual(["c", "d"]);
    expect(await tags({ startAfter: "bb" })).toEqual(["c", "d"]);
    expect(await tags({ startAfter: "" })).toEqual(["a", "b", "c", "d"]);
    expect(await tags({ startAfter: "z" })).toEqual([]);
    expect(await tags({ limit: 0 })).toEqual([]);
    expect(await tags({ limit: 2, startAfter: "a" })).toEqual(["b", "c"]);
    expect(await tags({ limit: 9 })).toEqual(["a", "b", "c", "d"]);
    expect(await collect(registry.repositories({ startAfter: "a", limit: 1 }))).toEqual(["x"]);
    for (const limit of [-1, NaN, 1.5]) await expect(tags({ limit })).rejects.toThrow(RangeError);
    await expect(tags({ startAfter: 1 })).rejects.toThrow(TypeError);
  });

  // clauses 4, 2
  it("do nothing before the first next(), and end when the signal aborts", async () => {
    await using registry = await openPrepared();
    const unknown = registry.tags("nobody")[Symbol.asyncIterator]();
    await expect(unknown.next()).rejects.toMatchObject({ code: "NAME_UNKNOWN" });
    await expect(collect(registry.tags("NOT A NAME"))).rejects.toMatchObject({ code: "NAME_INVALID" });
    await pushArtifact(registry, "x", "m", ["a", "b"]);
    const controller = new AbortController();
    const list = registry.tags("x", { signal: controller.signal })[Symbol.asyncIterator]();
    expect(await list.next()).toEqual({ done: false, value: "a" });
    controller.abort();
    expect(await rejection(list.next())).toBe(controller.signal.reason);
  });

  // clause 4
  it("are snapshots, unaffected by pushes during the iteration", async () => {
    await using registry = await openPrepared();
    await pushArtifact(registry, "x", "m", ["a", "c"]);
    const seen: string[] = [];
    for await (const tag of registry.tags("x")) {
      seen.push(tag);
      await pushArtifact(registry, "x", "m", ["b", "d"]);
    }
    expect(seen).toEqual(["a", "c"]);
  });

  // clause 20
  it("contain a repository while it has an entry, and none that has only blobs", async () => {
    await using registry = await openPrepared();
    expect(await collect(registry.repositories())).toEqual([]);
    await expect(collect(registry.tags("a"))).rejects.toMatchObject({ code: "NAME_UNKNOWN" });
    await pushArtifact(registry, "a", "m");
    expect(await collect(registry.tags("a"))).toEqual([]);
    expect(await collect(registry.repositories())).toEqual(["a"]);
  });
});

// clause 24
it("index.json contains what the image-spec requires and nothing more", async () => {
  const directory = freshLayout();
  await using registry = await openPrepared(directory);
  const { digest, size } = await pushArtifact(registry, "team/app", "m", ["v1"]);
  expect(readIndex(directory)).toEqual({
    schemaVersion: 2,
    mediaType: indexType,
    manifests: [
      {
        mediaType: imageManifest,
        digest,
        size,
        annotations: { "org.opencontainers.image.ref.name": "team/app:v1" },
      },
    ],
  });
  expect(JSON.parse(readFileSync(`${directory}/oci-layout`, "utf8"))).toEqual({
    imageLayoutVersion: "1.0.0",
  });
  expect(existsSync(`${directory}/.index.json.lock`)).toBe(false);
});
