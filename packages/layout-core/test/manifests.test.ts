import { existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";

import {
  collect,
  dockerMediaTypes,
  emptyDescriptor,
  ociMediaTypes,
  type Descriptor,
} from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { openLayout, type LayoutRegistry } from "../src/index.ts";
import {
  artifact,
  blobPath,
  bytes,
  describe as descriptorOf,
  freshLayout,
  imageIndex,
  pushArtifact,
  readIndex,
  refNames,
  rejection,
  snapshot,
} from "./helpers.ts";

const { imageManifest, imageIndex: indexType } = ociMediaTypes;

/** A layout with the empty blob that every artifact of these tests needs. */
async function openPrepared(directory = freshLayout()): Promise<LayoutRegistry> {
  const registry = await openLayout(directory);
  await registry.pushBlob("a", emptyDescriptor, bytes("{}"));
  return registry;
}

describe("clause 12: manifests are stored as they are", () => {
  it("byte for byte, white space and unknown members too", async () => {
    await using registry = await openPrepared();
    const odd = bytes(`\n {"x": 1.0, ${new TextDecoder().decode(artifact("m")).slice(1)}  `);
    const { digest } = await registry.pushManifest("a", odd, imageManifest, { tags: ["t"] });
    for (const reader of [await registry.getManifest("a", digest), await registry.getTag("a", "t")]) {
      expect(reader.descriptor).toEqual({ mediaType: imageManifest, digest, size: odd.length });
      expect(Buffer.compare(await reader.bytes(), odd)).toBe(0);
    }
  });

  it("D44: parameters of the media type are stripped and disable no check", async () => {
    await using registry = await openPrepared();
    const withParameter = `${imageManifest}; charset=utf-8`;
    const pushed = await registry.pushManifest("a", artifact("m"), withParameter);
    expect(pushed.mediaType).toBe(imageManifest);
    await expect(registry.pushManifest("a", bytes("{}"), withParameter)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  it("D44: a document of another media type than the argument is refused, one without any takes the argument", async () => {
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

  it("D45: the same bytes under another media type are refused", async () => {
    await using registry = await openPrepared();
    const silent = artifact("silent", { mediaType: undefined });
    await registry.pushManifest("a", silent, imageManifest);
    await expect(registry.pushManifest("a", silent, dockerMediaTypes.manifest)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  it("of an unknown media type anything is stored, and served as it is", async () => {
    await using registry = await openLayout(freshLayout());
    const content = new Uint8Array([0, 255, 1]);
    const { digest } = await registry.pushManifest("a", content, "application/x-thing", { tags: ["t"] });
    const reader = await registry.getManifest("a", digest);
    expect(reader.descriptor.mediaType).toBe("application/x-thing");
    expect(Buffer.compare(await reader.bytes(), content)).toBe(0);
  });

  it("clause 3: the content may be overwritten as soon as the call returned its promise", async () => {
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

describe("clause 13: known types are checked", () => {
  const valid = JSON.parse(new TextDecoder().decode(artifact("m"))) as Record<string, unknown>;
  it.each<[string, unknown]>([
    ["an array", []],
    ["null", null],
    ["nothing in it", {}],
    ["schemaVersion 7", { ...valid, schemaVersion: 7 }],
    ["manifests beside layers", { ...valid, manifests: [] }],
    ["no config", { ...valid, config: undefined }],
    ["a negative size", { ...valid, config: { ...emptyDescriptor, size: -1 } }],
    ["a size no number holds", { ...valid, config: { ...emptyDescriptor, size: 2 ** 53 } }],
    ["another size than the stored blob's", { ...valid, config: { ...emptyDescriptor, size: 3 } }],
    ["an annotation that is no string", { ...valid, annotations: { a: 1 } }],
  ])("D44: %s is MANIFEST_INVALID, and nothing is written", async (_name, document) => {
    const directory = freshLayout();
    await using registry = await openPrepared(directory);
    const before = snapshot(directory);
    const error = (await rejection(
      registry.pushManifest("a", bytes(JSON.stringify(document)), imageManifest, { tags: ["t"] }),
    )) as Error;
    expect(error).toMatchObject({ code: "MANIFEST_INVALID" });
    // D50: the code says what it is; the message says what is wrong, once.
    expect(error.message).not.toMatch(/manifest invalid/i);
    expect(snapshot(directory)).toEqual(before);
  });

  it.each([bytes(""), bytes("{"), new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d]), new Uint8Array([0xff])])(
    "D44: what is not JSON is MANIFEST_INVALID",
    async (content) => {
      await using registry = await openPrepared();
      await expect(registry.pushManifest("a", content, imageManifest)).rejects.toMatchObject({
        code: "MANIFEST_INVALID",
      });
    },
  );

  it("D44: `{}` is no index", async () => {
    await using registry = await openPrepared();
    await expect(registry.pushManifest("a", bytes("{}"), indexType)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  it("D44: one that is too large is SIZE_INVALID, one at the limit is taken", async () => {
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

  it("the digest option is verified, and chooses the algorithm", async () => {
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

describe("clause 14: what a manifest refers to must be there", () => {
  const absent = descriptorOf(bytes("absent"), ociMediaTypes.layer);
  const alsoAbsent = descriptorOf(bytes("also absent"), ociMediaTypes.layer);

  it("D33: each absent config and layer is named", async () => {
    await using registry = await openPrepared();
    const error = await rejection(
      registry.pushManifest("a", artifact("m", { layers: [absent, alsoAbsent] }), imageManifest),
    );
    expect(error).toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
      detail: { missing: [absent.digest, alsoAbsent.digest] },
    });
  });

  it("an absent child of an index is named", async () => {
    await using registry = await openPrepared();
    const child = { ...absent, mediaType: imageManifest };
    const error = await rejection(registry.pushManifest("a", imageIndex(child), indexType));
    expect(error).toMatchObject({ code: "MANIFEST_BLOB_UNKNOWN", detail: { missing: [child.digest] } });
  });

  it("D34: a directory does not count as a stored blob", async () => {
    const directory = freshLayout();
    await using registry = await openPrepared(directory);
    mkdirSync(blobPath(directory, absent.digest));
    const error = await rejection(
      registry.pushManifest("a", artifact("m", { layers: [absent] }), imageManifest),
    );
    expect(error).toMatchObject({ code: "MANIFEST_BLOB_UNKNOWN" });
  });

  it("layers with urls may be absent, and so may the subject", async () => {
    await using registry = await openPrepared();
    const foreign = { ...absent, urls: ["https://example.com/layer"] };
    const subject = { ...alsoAbsent, mediaType: imageManifest };
    await registry.pushManifest("a", artifact("m", { layers: [foreign], subject }), imageManifest);
  });

  it("D32: a child of an index must be what its descriptor says", async () => {
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

  it("D35: a child of another size than its descriptor says is refused", async () => {
    await using registry = await openPrepared();
    const manifest = await pushArtifact(registry, "a", "m");
    const lying = { ...manifest, size: 1 };
    await expect(registry.pushManifest("a", imageIndex(lying), indexType)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  it("allowSparse lets pass what is absent, not what is wrong", async () => {
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

  it("a manifest that the repository has can be tagged whatever became of its parts", async () => {
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

describe("clause 15: tags", () => {
  it("given together are applied together", async () => {
    const directory = freshLayout();
    await using registry = await openPrepared(directory);
    await pushArtifact(registry, "a/b", "m", ["v1", "latest", "v1"]);
    expect(await collect(registry.tags("a/b"))).toEqual(["latest", "v1"]);
    expect(refNames(directory)).toEqual(["a/b:v1", "a/b:latest"]);
  });

  it("an invalid one is refused before anything is written", async () => {
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

  it("D26: moving one keeps the old manifest reachable by digest", async () => {
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

  it("pushing the same again changes no byte", async () => {
    const directory = freshLayout();
    await using registry = await openPrepared(directory);
    await pushArtifact(registry, "a", "m", ["latest"]);
    const before = readFileSync(`${directory}/index.json`, "utf8");
    await pushArtifact(registry, "a", "m", ["latest"]);
    await pushArtifact(registry, "a", "m");
    expect(readFileSync(`${directory}/index.json`, "utf8")).toBe(before);
  });

  describe("preconditions", () => {
    it("decide whether the change is made", async () => {
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

    it("of several tags all must hold", async () => {
      await using registry = await openPrepared();
      await pushArtifact(registry, "a", "one", ["t"]);
      const pushing = registry.pushManifest("a", artifact("two"), imageManifest, {
        tags: ["new", "t"],
        ifNoneMatch: "*",
      });
      await expect(pushing).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
      expect(await collect(registry.tags("a"))).toEqual(["t"]);
    });

    it("of twenty at once that each want to be first, one is", async () => {
      await using registry = await openPrepared();
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) =>
          registry.pushManifest("a", artifact(`m${i}`), imageManifest, { tags: ["t"], ifNoneMatch: "*" }),
        ),
      );
      expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
    });

    it("without a tag, or that make no sense, are a mistake of the program", async () => {
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

describe("clause 17: children of an index", () => {
  it("have no entry of their own while they are not tagged, and are found all the same", async () => {
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

  it("of another repository's index are not this one's", async () => {
    await using registry = await openPrepared();
    const child = await pushArtifact(registry, "a", "child");
    await registry.pushManifest("a", imageIndex(child), indexType, { tags: ["all"] });
    await pushArtifact(registry, "b", "other");
    await expect(registry.getManifest("b", child.digest)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  it("clause 18: are what their bytes say, whatever an index claims", async () => {
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

describe("clause 18, 19: what is resolved and read", () => {
  it("D19, D41: exactly media type, digest and size; what the caller does with it stays with him", async () => {
    const directory = freshLayout();
    await using registry = await openPrepared(directory);
    const manifest = await pushArtifact(registry, "a", "m", ["t"]);
    const resolved = await registry.resolveTag("a", "t");
    expect(Object.keys(resolved).sort()).toEqual(["digest", "mediaType", "size"]);
    Object.assign(resolved, { digest: "sha256:nonsense", annotations: {} });
    expect(await registry.resolveTag("a", "t")).toEqual(manifest);
  });

  it("D38, D39: a tag whose file is missing is MANIFEST_UNKNOWN, still listed, and disturbs no other", async () => {
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

  it("D38: an index that is damaged hides only what it contains", async () => {
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

  it("a plain blob is no manifest, an absent one neither, and an unknown repository has none", async () => {
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

describe("clause 20: lists", () => {
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

  it("begin after startAfter, which need not exist, and end at the limit", async () => {
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

  it("D47: clause 4: nothing happens before the first next(), and a signal ends the iteration", async () => {
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

  it("clause 4: are of one moment, whatever is pushed meanwhile", async () => {
    await using registry = await openPrepared();
    await pushArtifact(registry, "x", "m", ["a", "c"]);
    const seen: string[] = [];
    for await (const tag of registry.tags("x")) {
      seen.push(tag);
      await pushArtifact(registry, "x", "m", ["b", "d"]);
    }
    expect(seen).toEqual(["a", "c"]);
  });

  it("D48: a repository is there while it has an entry; blobs alone make none", async () => {
    await using registry = await openPrepared();
    expect(await collect(registry.repositories())).toEqual([]);
    await expect(collect(registry.tags("a"))).rejects.toMatchObject({ code: "NAME_UNKNOWN" });
    await pushArtifact(registry, "a", "m");
    expect(await collect(registry.tags("a"))).toEqual([]);
    expect(await collect(registry.repositories())).toEqual(["a"]);
  });
});

it("clause 24: what is written is what the image-spec asks for, and nothing more", async () => {
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
