import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import { collect, emptyDescriptor, ociMediaTypes, octetStream } from "@ocilayout/oci-types";
import { bytes, descriptorOf, pushArtifact, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { discover } from "../src/discover.ts";
import { openPerRepository, type PerRepositoryRegistry } from "../src/index.ts";
import { componentsOf } from "../src/repository-path.ts";
import { blobPath, open } from "./helpers.ts";

const content = bytes("content");
const blob = descriptorOf(content);

// clause 28
describe("a repository of a tree", () => {
  it("called a/b is the layout in <directory>/a/b, complete for other tools", async () => {
    const registry = await open();
    await pushArtifact(registry, "a/b", "one", ["v1"]);
    expect(readdirSync(join(registry.directory, "a", "b")).sort()).toEqual([
      "_uploads",
      "blobs",
      "index.json",
      "oci-layout",
    ]);
    const layout = await openLayout(join(registry.directory, "a", "b"), { defaultRepository: "any" });
    expect(await collect(layout.tags("any"))).toEqual(["v1"]);
    await layout.close();
  });

  it("may lie below another repository", async () => {
    const registry = await open();
    const names = ["a", "a/b", "a/b/c", "a-b", "a.b/c"];
    const pushed: Map<string, string> = new Map();
    for (const name of names) pushed.set(name, (await pushArtifact(registry, name, name, ["v1"])).digest);
    expect(await collect(registry.repositories())).toEqual([...names].sort());
    for (const name of names) {
      expect((await registry.resolveTag(name, "v1")).digest).toBe(pushed.get(name));
      expect(await collect(registry.tags(name))).toEqual(["v1"]);
    }
    expect((await collect(registry.verify())).filter(({ severity }) => severity === "error")).toEqual([]);
  });

  // clause 24
  it("has bare tags, and only our annotation on untagged entries", async () => {
    const registry = await open();
    await pushArtifact(registry, "a/b", "one", ["v1"]);
    await pushArtifact(registry, "a/b", "two");
    const { manifests } = JSON.parse(
      readFileSync(join(registry.directory, "a", "b", "index.json"), "utf8"),
    ) as { manifests: { annotations?: object }[] };
    expect(manifests.map(({ annotations }) => annotations)).toEqual([
      { "org.opencontainers.image.ref.name": "v1" },
      { "dev.ocilayout.untagged": "true" },
    ]);
  });

  // clause 28
  it.each(["blobs", "a/blobs", "blobs/a", "a/index.json", "oci-layout", "a/oci-layout/b"])(
    "called %s is rejected by every call with NAME_INVALID and a reason, and creates nothing",
    async (name) => {
      const registry = await open();
      await pushArtifact(registry, "a", "one", ["v1"]);
      const before = readdirSync(registry.directory, { recursive: true });
      const calls = [
        () => registry.pushBlob(name, blob, content),
        () => registry.getBlob(name, blob.digest),
        () => registry.pushManifest(name, content, "application/x-thing"),
        () => registry.pushBlobChunked(name),
        () => registry.mountBlob("a", name, blob.digest),
        () => registry.mountBlob(name, "a", blob.digest),
        () => registry.deleteTag(name, "v1"),
        () => collect(registry.tags(name)),
        () => collect(registry.referrers(name, blob.digest)),
      ];
      for (const call of calls)
        await expect(call()).rejects.toMatchObject({
          code: "NAME_INVALID",
          message: expect.stringContaining("inside another repository's layout") as string,
        });
      expect(readdirSync(registry.directory, { recursive: true })).toEqual(before);
    },
  );

  // clause 5
  it.each(["A", "../x", "a//b", "a/../b", "", "_uploads", ".hidden", "a/_uploads", "a b", "a".repeat(256)])(
    "called %j is rejected with NAME_INVALID",
    async (name) => {
      const registry = await open();
      await expect(registry.pushBlob(name, blob, content)).rejects.toMatchObject({ code: "NAME_INVALID" });
      await expect(registry.resolveTag(name, "v1")).rejects.toMatchObject({ code: "NAME_INVALID" });
      expect(existsSync(registry.directory)).toBe(false);
    },
  );

  it.each(["con", "a/nul", "com1", "lpt9.txt", "aux.c"])(
    "called %s, a device on Windows, is rejected there with NAME_INVALID",
    (name) => {
      expect(() => componentsOf(name, "win32")).toThrow(expect.objectContaining({ code: "NAME_INVALID" }));
      expect(componentsOf(name, "linux")).toEqual(name.split("/"));
    },
  );

  it("never has upper-case letters in its name, so a file system may fold case", () => {
    for (const name of ["Con", "A", "a/B"])
      expect(() => componentsOf(name)).toThrow(expect.objectContaining({ code: "NAME_INVALID" }));
    for (const name of ["console", "common", "com10", "nulls"])
      expect(componentsOf(name, "win32")).toEqual([name]);
  });
});

describe("a missing repository", () => {
  // clause 28
  it("is not created by a read, and not remembered as empty", async () => {
    const registry = await open();
    await expect(registry.resolveTag("a/b", "v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    await expect(registry.getBlob("a/b", blob.digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    await expect(collect(registry.tags("a/b"))).rejects.toMatchObject({ code: "NAME_UNKNOWN" });
    expect(await collect(registry.referrers("a/b", blob.digest))).toEqual([]);
    expect(await collect(registry.repositories())).toEqual([]);
    expect(existsSync(registry.directory)).toBe(false);
    const other = await open({}, registry.directory);
    await pushArtifact(other, "a/b", "one", ["v1"]);
    await pushArtifact(registry, "a/b", "two", ["v2"]);
    expect(await collect(other.tags("a/b"))).toEqual(["v1", "v2"]);
  });

  // clause 20
  it("exists as soon as its layout does, even without an entry", async () => {
    const registry = await open();
    const { digest } = await pushArtifact(registry, "a", "one", ["v1"]);
    await registry.deleteManifest("a", digest);
    expect(await collect(registry.tags("a"))).toEqual([]);
    expect(await collect(registry.manifests("a"))).toEqual([]);
    expect(await collect(registry.repositories())).toEqual(["a"]);
    rmSync(join(registry.directory, "a"), { recursive: true });
    await expect(collect(registry.tags("a"))).rejects.toMatchObject({ code: "NAME_UNKNOWN" });
  });

  it("is not created by a push that fails", async () => {
    const registry = await open();
    await expect(registry.pushBlob("a", blob, bytes("CONTENT"))).rejects.toMatchObject({
      code: "DIGEST_INVALID",
    });
    await expect(registry.deleteTag("a", "v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    await expect(registry.deleteBlob("a", blob.digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    await expect(registry.pushManifest("a", bytes("{}"), ociMediaTypes.imageManifest)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
    await (await registry.pushBlobChunked("a")).cancel();
    await registry.gc();
    expect(await collect(registry.repositories())).toEqual([]);
  });

  it("leaves nothing in memory, however many names are requested; of existing ones at most maxOpenLayouts stay open", async () => {
    const registry = await open({ maxOpenLayouts: 3 });
    for (let i = 0; i < 10; i += 1) await pushArtifact(registry, `r${i}`, "one", ["v1"]);
    const open_ = (): number => readdirSync("/proc/self/fd").length;
    const before = process.platform === "linux" ? open_() : 0;
    for (let round = 0; round < 3; round += 1) {
      for (let i = 0; i < 10; i += 1) await registry.resolveTag(`r${i}`, "v1");
      for (let i = 0; i < 50; i += 1) await registry.resolveTag(`missing${i}`, "v1").catch(() => undefined);
    }
    if (process.platform === "linux") expect(open_()).toBeLessThanOrEqual(before);
  });

  it("never takes the place of one in use: an upload continues whatever else is opened", async () => {
    const registry = await open({ maxOpenLayouts: 1 });
    const writer = await registry.pushBlobChunked("a");
    await writer.write(content);
    for (let i = 0; i < 5; i += 1) await pushArtifact(registry, `r${i}`, "one", ["v1"]);
    expect(await writer.commit(blob.digest)).toMatchObject({ size: content.length });
    expect(await (await registry.getBlob("a", blob.digest)).text()).toBe("content");
  });

  it("loses nothing when many calls open its layout at once", async () => {
    const registry = await open({ maxOpenLayouts: 1 });
    await Promise.all(
      Array.from({ length: 30 }, (_, i) => pushArtifact(registry, `r${i % 3}`, String(i), [`t${i}`])),
    );
    for (let i = 0; i < 3; i += 1) expect(await collect(registry.tags(`r${i}`))).toHaveLength(10);
  });
});

// clause 11
describe("the blobs of a repository", () => {
  // clause 11
  it("are invisible to other repositories", async () => {
    const registry = await open();
    await registry.pushBlob("secret/repo", blob, content);
    await pushArtifact(registry, "public/repo", "one", ["v1"]);
    for (const call of [
      () => registry.getBlob("public/repo", blob.digest),
      () => registry.resolveBlob("public/repo", blob.digest),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    }
    const manifest = bytes(JSON.stringify({ schemaVersion: 2, config: emptyDescriptor, layers: [blob] }));
    await expect(
      registry.pushManifest("public/repo", manifest, ociMediaTypes.imageManifest),
    ).rejects.toMatchObject({ code: "MANIFEST_BLOB_UNKNOWN" });
  });

  it("have uploads that belong to their repository", async () => {
    const registry = await open();
    await pushArtifact(registry, "b", "one", ["v1"]);
    const writer = await registry.pushBlobChunked("a");
    await writer.close();
    await expect(registry.pushBlobChunkedResume("b", writer.id)).rejects.toMatchObject({
      code: "BLOB_UPLOAD_UNKNOWN",
    });
    expect(await registry.resolveUpload("a", writer.id)).toMatchObject({ size: 0 });
  });
});

// clause 10
describe("mountBlob between repositories", () => {
  // clause 10
  it("links the file, and the mounted blob outlives its source", async () => {
    const registry = await open();
    await registry.pushBlob("a", blob, content);
    expect(await registry.mountBlob("a", "b/c", blob.digest)).toEqual({
      mediaType: octetStream,
      digest: blob.digest,
      size: blob.size,
    });
    expect(statSync(blobPath(registry, "b/c", blob.digest)).ino).toBe(
      statSync(blobPath(registry, "a", blob.digest)).ino,
    );
    await registry.deleteBlob("a", blob.digest);
    expect(await (await registry.getBlob("b/c", blob.digest)).text()).toBe("content");
    await registry.gc({ graceMs: 0 });
    await expect(registry.getBlob("b/c", blob.digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  it("leaves each repository's gc independent of the other", async () => {
    const registry = await open();
    await registry.pushBlob("a", blob, content);
    await registry.mountBlob("a", "b", blob.digest);
    await registry.pushBlob("b", emptyDescriptor, bytes("{}"));
    const manifest = bytes(JSON.stringify({ schemaVersion: 2, config: emptyDescriptor, layers: [blob] }));
    await registry.pushManifest("b", manifest, ociMediaTypes.imageManifest, { tags: ["v1"] });
    expect((await registry.gc({ graceMs: 0 })).removed).toEqual([blob.digest]);
    await expect(registry.resolveBlob("a", blob.digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    expect(await (await registry.getBlob("b", blob.digest)).text()).toBe("content");
  });

  // clause 10
  it.each(["no/such", "a"])(
    "from %s, which lacks the blob, is rejected with BLOB_UNKNOWN and creates no repository",
    async (from) => {
      const registry = await open();
      await pushArtifact(registry, "a", "one", ["v1"]);
      await expect(registry.mountBlob(from, "b", blob.digest)).rejects.toMatchObject({
        code: "BLOB_UNKNOWN",
      });
      expect(await collect(registry.repositories())).toEqual(["a"]);
    },
  );

  it("without a source takes the blob from any repository that has it", async () => {
    const registry = await open();
    await pushArtifact(registry, "a", "one", ["v1"]);
    await registry.pushBlob("x/y", blob, content);
    expect(await registry.mountBlob(undefined, "b", blob.digest)).toMatchObject({ digest: blob.digest });
    await expect(
      registry.mountBlob(undefined, "b", descriptorOf(bytes("nowhere")).digest),
    ).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  it("renews a blob that the target has, and replaces one of the wrong size", async () => {
    const registry = await open();
    for (const name of ["a", "b"]) await registry.pushBlob(name, blob, content);
    const path = blobPath(registry, "b", blob.digest);
    utimesSync(path, 1, 1);
    await registry.mountBlob("a", "b", blob.digest);
    expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(60_000);
    truncateSync(path, 2);
    await registry.mountBlob("a", "b", blob.digest);
    expect(readFileSync(path, "utf8")).toBe("content");
    await registry.mountBlob("b", "b", blob.digest);
    expect(readFileSync(path, "utf8")).toBe("content");
  });

  it("copies a damaged source as it is, and reads of the copy fail with CONTENT_CORRUPT", async () => {
    const registry = await open();
    await registry.pushBlob("a", blob, content);
    writeFileSync(blobPath(registry, "a", blob.digest), "CONTENT");
    await registry.mountBlob("a", "b", blob.digest);
    await expect((await registry.getBlob("b", blob.digest)).bytes()).rejects.toMatchObject({
      code: "CONTENT_CORRUPT",
    });
  });
});

describe("listing repositories", () => {
  it("returns them in code-unit order: a-b before a/b, after startAfter, up to the limit", async () => {
    const registry = await open();
    const names = ["a", "a-b", "a-b/c", "a.c", "a/b", "a/b/c", "a0", "b__c", "z"];
    for (const name of names) await pushArtifact(registry, name, "one");
    expect([...names].sort()).toEqual(names);
    expect(await collect(registry.repositories())).toEqual(names);
    for (let i = 0; i < names.length; i += 1) {
      expect(await collect(registry.repositories({ startAfter: names[i] ?? "" }))).toEqual(
        names.slice(i + 1),
      );
      expect(await collect(registry.repositories({ startAfter: `${names[i] ?? ""}!`, limit: 2 }))).toEqual(
        names.slice(i + 1, i + 3),
      );
      expect(await collect(registry.repositories({ limit: i }))).toEqual(names.slice(0, i));
    }
  });

  // clause 28
  it("skips blobs, links and names that are not repository names", async () => {
    const registry = await open();
    await pushArtifact(registry, "a", "one");
    const outside = join(temporaryDirectory(), "outside");
    await (await openLayout(outside)).pushBlob("a", blob, content);
    symlinkSync(outside, join(registry.directory, "link"));
    symlinkSync(registry.directory, join(registry.directory, "a", "loop"));
    for (const path of ["a/blobs/x", "Upper", "with space", "a/b"])
      mkdirSync(join(registry.directory, path), { recursive: true });
    for (const path of ["a/blobs/x", "Upper", "with space"])
      writeFileSync(join(registry.directory, path, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    writeFileSync(join(registry.directory, "file"), "");
    expect(await collect(registry.repositories())).toEqual(["a"]);
  });

  // clause 28
  it("continues past a layout that is damaged or of another version, and verify() reports it", async () => {
    const registry = await open();
    for (const name of ["a", "b", "c"]) await pushArtifact(registry, name, name, ["v1"]);
    rmSync(join(registry.directory, "a", "index.json"));
    writeFileSync(join(registry.directory, "b", "oci-layout"), '{"imageLayoutVersion":"9.9.9"}');
    const other = await open({}, registry.directory);
    expect(await collect(other.repositories())).toEqual(["a", "b", "c"]);
    expect(await collect(other.tags("c"))).toEqual(["v1"]);
    await expect(collect(other.tags("b"))).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    const found = (await collect(other.verify())).filter(({ kind }) => kind === "damaged-layout");
    expect(found.map(({ repository }) => repository)).toEqual(["a", "b"]);
    expect((await other.gc({ graceMs: 0 })).refused).toEqual(["a", "b"]);
  });

  // clause 23
  it("skips and keeps an entry with another repository's name, and verify() reports it", async () => {
    const registry = await open();
    const { digest, size, mediaType } = await pushArtifact(registry, "a", "one", ["v1"]);
    const path = join(registry.directory, "a", "index.json");
    const index = JSON.parse(readFileSync(path, "utf8")) as { manifests: object[] };
    const entry = {
      mediaType,
      digest,
      size,
      annotations: { "org.opencontainers.image.ref.name": "other/name:v2" },
    };
    writeFileSync(path, JSON.stringify({ ...index, manifests: [...index.manifests, entry] }));
    expect(await collect(registry.repositories())).toEqual(["a"]);
    expect(await collect(registry.tags("a"))).toEqual(["v1"]);
    expect(await collect(registry.verify())).toMatchObject([
      { kind: "foreign-entry", repository: "a", refName: "other/name:v2" },
    ]);
    await pushArtifact(registry, "a", "two", ["v2"]);
    expect(readFileSync(path, "utf8")).toContain(JSON.stringify(entry));
  });

  // clause 4
  it("reads a directory when it is reached, and nothing before the first next()", async () => {
    const registry = await open();
    for (const name of ["a", "b"]) await pushArtifact(registry, name, "one");
    const names = registry.repositories()[Symbol.asyncIterator]();
    expect(await names.next()).toMatchObject({ value: "a" });
    await pushArtifact(registry, "b/c", "one");
    expect(await names.next()).toMatchObject({ value: "b" });
    expect(await names.next()).toMatchObject({ value: "b/c" });
    const controller = new AbortController();
    const aborted = discover(registry.directory, { signal: controller.signal });
    await aborted.next();
    controller.abort("enough");
    await expect(aborted.next()).rejects.toBe("enough");
  });
});

describe("a tree as a whole", () => {
  it("collects the garbage of every layout and returns one report", async () => {
    const registry = await open();
    for (const name of ["a", "a/b"]) {
      await pushArtifact(registry, name, "one", ["v1"]);
      await registry.pushBlob(name, blob, content);
    }
    expect(await registry.gc({ graceMs: 0 })).toEqual({
      removed: [blob.digest, blob.digest],
      bytes: 2 * blob.size,
      uploads: 0,
      refused: [],
    });
    expect(await collect(registry.verify())).toEqual([]);
  });

  it("is verified with the repository and the path from the directory in each finding", async () => {
    const registry = await open();
    await pushArtifact(registry, "a/b", "one", ["v1"]);
    writeFileSync(join(registry.directory, "a", "b", "README"), "x");
    expect(await collect(registry.verify())).toMatchObject([
      { repository: "a/b", path: "a/b/README", kind: "stray-file" },
    ]);
  });

  it("rejects every call with CLOSED after close, which is idempotent", async () => {
    const registry = await open();
    await pushArtifact(registry, "a", "one", ["v1"]);
    await registry.close();
    await registry.close();
    for (const call of [
      () => registry.resolveTag("a", "v1"),
      () => registry.pushBlob("a", blob, content),
      () => collect(registry.repositories()),
      () => collect(registry.tags("a")),
      () => registry.gc(),
      () => registry.mountBlob("a", "b", blob.digest),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: "CLOSED" });
    }
  });

  it("rejects calls with CLOSED as soon as close is called, and an upload that is being opened", async () => {
    const registry = await open();
    await registry.pushBlob("a", blob, content);
    const opening = expect(registry.pushBlobChunked("a")).rejects.toMatchObject({ code: "CLOSED" });
    const closing = registry.close();
    await expect(registry.pushBlobChunked("a")).rejects.toMatchObject({ code: "CLOSED" });
    await opening;
    await closing;
    const uploads = join(registry.directory, "a", "_uploads");
    expect(readdirSync(uploads).filter((name) => statSync(join(uploads, name)).isDirectory())).toEqual([]);
  });

  it.each([{ maxOpenLayouts: 0 }, { maxOpenLayouts: 1.5 }, { lockTimeoutMs: -1 }])(
    "rejects the option %j",
    async (options) => {
      await expect(openPerRepository(temporaryDirectory(), options)).rejects.toThrow(RangeError);
    },
  );

  it("with readOnly answers reads, and rejects writes with DENIED and creates nothing", async () => {
    const writer = await open();
    await pushArtifact(writer, "a", "one", ["v1"]);
    const reader = await open({ readOnly: true }, writer.directory);
    expect(await collect(reader.tags("a"))).toEqual(["v1"]);
    await expect(reader.pushBlob("b", blob, content)).rejects.toMatchObject({
      code: "DENIED",
      detail: { reason: "READ_ONLY" },
    });
    expect(existsSync(join(writer.directory, "b"))).toBe(false);
  });

  it("with readOnly rejects gc with DENIED even if there is no layout, but not a dry run", async () => {
    const reader = await open({ readOnly: true }, temporaryDirectory());
    await expect(reader.gc()).rejects.toMatchObject({ code: "DENIED", detail: { reason: "READ_ONLY" } });
    expect(await reader.gc({ dryRun: true })).toMatchObject({ removed: [], refused: [] });
  });

  // clause 2
  it("closes a pushed source whatever is wrong with the call", async () => {
    const registry = await open();
    let ended = false;
    const source = (async function* () {
      try {
        yield content;
        await Promise.resolve();
      } finally {
        ended = true;
      }
    })();
    await source.next();
    await expect(registry.pushBlob("blobs", blob, source)).rejects.toMatchObject({ code: "NAME_INVALID" });
    expect(ended).toBe(true);
  });
});

// clause 1
describe("an invalid argument", () => {
  it.each<[string, (it: PerRepositoryRegistry, options: object) => Promise<unknown>]>([
    ["getTag", (it, options) => it.getTag("a", "v1", options)],
    ["pushBlobChunked", (it, options) => it.pushBlobChunked("a", options)],
    ["mountBlob", (it, options) => it.mountBlob("a", "b", `sha256:${"0".repeat(64)}`, options)],
    ["tags", (it, options) => collect(it.tags("a", options))],
    ["repositories", (it, options) => collect(it.repositories(options))],
    ["manifests", (it, options) => collect(it.manifests("a", options))],
    ["verify", (it, options) => collect(it.verify(options))],
    ["gc", (it, options) => it.gc(options)],
  ])(
    "of %s that is a signal of the wrong type is rejected with a TypeError, while null counts as absent",
    async (_name, call) => {
      const registry = await open();
      await registry.pushManifest("a", bytes("x"), "application/x-a", { tags: ["v1"] });
      await call(registry, { signal: null }).catch((error: unknown) => {
        expect(error).toMatchObject({ code: "BLOB_UNKNOWN" });
      });
      for (const options of [{ signal: {} }, { signal: "abort" }, null])
        await expect(call(registry, options as object)).rejects.toThrow(TypeError);
    },
  );

  it("in a list's options is rejected before NAME_UNKNOWN", async () => {
    const registry = await open();
    for (const list of [registry.tags, registry.manifests]) {
      await expect(collect<unknown>(list("nowhere", { limit: -1 }))).rejects.toThrow(RangeError);
      await expect(collect<unknown>(list("nowhere", { startAfter: 7 as unknown as string }))).rejects.toThrow(
        TypeError,
      );
    }
  });
});

// clause 22
describe("an entry that is nested 20,000 deep", () => {
  it("disturbs no other entry, and is kept byte for byte", async () => {
    const registry = await open();
    const good = await pushArtifact(registry, "a", "good", ["good"]);
    const path = join(registry.directory, "a", "index.json");
    const entry = /\[(.*)\]/.exec(readFileSync(path, "utf8"))?.[1] ?? "";
    const deep = `{"mediaType":"${octetStream}","digest":"${blob.digest}","size":7,"x":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;
    writeFileSync(path, `{"schemaVersion":2,"manifests":[${deep},${entry}]}`);
    expect(await registry.resolveTag("a", "good")).toEqual(good);
    expect(await collect(registry.tags("a"))).toEqual(["good"]);
    await registry.pushManifest("a", bytes("x"), "application/x-a", { tags: ["x"] });
    expect(readFileSync(path, "utf8")).toContain(deep);
    expect((await collect(registry.verify())).filter(({ kind }) => kind !== "missing-blob")).toEqual([]);
  });
});
