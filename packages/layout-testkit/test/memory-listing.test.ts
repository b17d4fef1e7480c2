import { collect, ociMediaTypes, type Descriptor } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import {
  artifact,
  blob,
  emptyBlob,
  image,
  index,
  json,
  pushContent,
  type Content,
} from "../src/content/index.ts";
import { createMemoryRegistry, type MemoryRegistry } from "../src/memory/index.ts";

const app = await image();
const { digest } = app.descriptor;
const signature = "application/vnd.example.signature";

const byDigest = (items: readonly Content[]): string[] =>
  items.map(({ descriptor }) => descriptor.digest).sort();
const digests = async (referrers: AsyncIterable<Descriptor>): Promise<string[]> =>
  (await collect(referrers)).map((it) => it.digest);

// clause 20
describe("tags in memory", () => {
  /** A registry where repository "a" has tags that sort differently everywhere but by code units. */
  async function open(): Promise<MemoryRegistry> {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", app, { tags: ["b", "a", "B", "_", "v10", "v9", "a-1", "a.1"] });
    return registry;
  }

  it("are listed in code-unit order", async () => {
    expect(await collect((await open()).tags("a"))).toEqual(["B", "_", "a", "a-1", "a.1", "b", "v10", "v9"]);
  });

  it.each([
    [{ startAfter: "a.1" }, ["b", "v10", "v9"]],
    [{ startAfter: "a0" }, ["b", "v10", "v9"]],
    [{ startAfter: "v9" }, []],
    [{ startAfter: "", limit: 2 }, ["B", "_"]],
    [{ startAfter: "b", limit: 1 }, ["v10"]],
    [{ limit: 0 }, []],
    [{ limit: 3 }, ["B", "_", "a"]],
  ])("are listed in part: %j", async (options, tags) => {
    expect(await collect((await open()).tags("a", options))).toEqual(tags);
  });

  it.each<[string, (registry: MemoryRegistry) => Promise<unknown>]>([
    ["nothing", () => Promise.resolve()],
    ["an upload session", (it) => it.pushBlobChunked("a")],
    [
      "a push that failed",
      (it) => it.pushManifest("a", app.content, app.descriptor.mediaType).catch(() => undefined),
    ],
    [
      "a manifest that was deleted with its blobs",
      async (it) => {
        const { digest: thing } = await it.pushManifest("a", new Uint8Array([1]), "application/x-thing");
        await it.deleteManifest("a", thing);
        await it.deleteBlob("a", thing);
      },
    ],
  ])("of a repository that has %s fail with NAME_UNKNOWN", async (_name, prepare) => {
    const registry = createMemoryRegistry();
    await prepare(registry);
    await expect(collect(registry.tags("a"))).rejects.toMatchObject({ code: "NAME_UNKNOWN" });
    expect(await collect(registry.repositories())).toEqual([]);
  });

  it("are an empty list in a repository without tags", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", app);
    expect(await collect(registry.tags("a"))).toEqual([]);
  });
});

// clause 20
describe("repositories in memory", () => {
  it("are listed in code-unit order, each once, and in part", async () => {
    const registry = createMemoryRegistry();
    for (const repo of ["z", "a_b", "a/b", "a-b", "a", "a.b", "a"]) await pushContent(registry, repo, app);
    expect(await collect(registry.repositories())).toEqual(["a", "a-b", "a.b", "a/b", "a_b", "z"]);
    expect(await collect(registry.repositories({ startAfter: "a-b", limit: 2 }))).toEqual(["a.b", "a/b"]);
    expect(await collect(registry.repositories({ startAfter: "b" }))).toEqual(["z"]);
    expect(await collect(registry.repositories({ limit: 0 }))).toEqual([]);
  });

  it("are listed if they have a manifest or a blob", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", emptyBlob);
    expect(await collect(registry.repositories())).toEqual(["a"]);
    expect(await collect(registry.tags("a"))).toEqual([]);
    await registry.deleteBlob("a", emptyBlob.descriptor.digest);
    expect(await collect(registry.repositories())).toEqual([]);
  });

  it("are listed only if they have a manifest, if blobs are shared", async () => {
    const registry = createMemoryRegistry({ repositoryScopedBlobs: false });
    await pushContent(registry, "a", app);
    await pushContent(registry, "b", emptyBlob);
    expect(await collect(registry.repositories())).toEqual(["a"]);
    await registry.deleteManifest("a", digest);
    expect(await collect(registry.repositories())).toEqual([]);
  });
});

// clause 21
describe("referrers in memory", () => {
  it("of an unknown repository or subject are an empty list", async () => {
    const registry = createMemoryRegistry();
    expect(await collect(registry.referrers("nosuch", digest))).toEqual([]);
    await pushContent(registry, "a", app);
    expect(await collect(registry.referrers("a", emptyBlob.descriptor.digest))).toEqual([]);
  });

  it("are described by their own content", async () => {
    const registry = createMemoryRegistry();
    const annotations = { name: "it" };
    const signed = await artifact({ subject: app, artifactType: signature, annotations });
    await pushContent(registry, "a", signed, { tags: ["t"] });
    expect(await collect(registry.referrers("a", digest))).toEqual([
      { ...signed.descriptor, artifactType: signature, annotations },
    ]);
  });

  it("without an artifact type have their config's media type", async () => {
    const registry = createMemoryRegistry();
    const about = await image({ subject: app });
    await pushContent(registry, "a", about);
    expect(await collect(registry.referrers("a", digest))).toEqual([
      { ...about.descriptor, artifactType: ociMediaTypes.imageConfig },
    ]);
  });

  it.each([undefined, signature])(
    "that are indexes have their own artifact type or none: %s",
    async (artifactType) => {
      const registry = createMemoryRegistry();
      const list = await index([], { subject: app, artifactType });
      await pushContent(registry, "a", list);
      const expected = { ...list.descriptor, ...(artifactType === undefined ? {} : { artifactType }) };
      expect(await collect(registry.referrers("a", digest))).toStrictEqual([expected]);
    },
  );

  it("are filtered by their computed artifact type", async () => {
    const registry = createMemoryRegistry();
    const [signed, about] = [
      await artifact({ subject: app, artifactType: signature }),
      await image({ subject: app }),
    ];
    for (const it of [signed, about, await index([], { subject: app })]) await pushContent(registry, "a", it);
    expect(await digests(registry.referrers("a", digest, { artifactType: signature }))).toEqual([
      signed.descriptor.digest,
    ]);
    expect(
      await digests(registry.referrers("a", digest, { artifactType: ociMediaTypes.imageConfig })),
    ).toEqual([about.descriptor.digest]);
    expect(await digests(registry.referrers("a", digest, { artifactType: "application/x-other" }))).toEqual(
      [],
    );
  });

  // clause 5
  it('of the artifact type "" are an empty list', async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", index([], { subject: app }));
    await pushContent(registry, "a", artifact({ subject: app }));
    expect(await digests(registry.referrers("a", digest, { artifactType: "" }))).toEqual([]);
  });

  it("are sorted by digest, and listed in part", async () => {
    const registry = createMemoryRegistry();
    const names = ["one", "two", "three", "four"];
    const all = await Promise.all(names.map((name) => artifact({ subject: app, annotations: { name } })));
    for (const it of all) await pushContent(registry, "a", it);
    const sorted = byDigest(all);
    expect(await digests(registry.referrers("a", digest))).toEqual(sorted);
    const startAfter = sorted[1] ?? "";
    expect(await digests(registry.referrers("a", digest, { startAfter, limit: 1 }))).toEqual(
      sorted.slice(2, 3),
    );
    expect(await digests(registry.referrers("a", digest, { limit: 0 }))).toEqual([]);
  });

  it("have the given subject only", async () => {
    const registry = createMemoryRegistry();
    const about = await artifact({ subject: app });
    for (const it of [about, await artifact({ subject: about })]) await pushContent(registry, "a", it);
    expect(await digests(registry.referrers("a", digest))).toEqual([about.descriptor.digest]);
  });

  it("belong to one repository", async () => {
    const registry = createMemoryRegistry({ repositoryScopedBlobs: false });
    await pushContent(registry, "a", artifact({ subject: app }));
    await pushContent(registry, "b", app);
    expect(await digests(registry.referrers("b", digest))).toEqual([]);
  });

  it("may be contained by an index, the referrers tag's or another, if their own subject matches", async () => {
    const registry = createMemoryRegistry();
    const [about, unrelated] = [await artifact({ subject: app }), await artifact()];
    await pushContent(registry, "a", index([about, unrelated]), { tags: [digest.replace(":", "-")] });
    expect(await digests(registry.referrers("a", digest))).toEqual([about.descriptor.digest]);
  });

  it("disappear when they are deleted", async () => {
    const registry = createMemoryRegistry();
    const about = await artifact({ subject: app });
    await pushContent(registry, "a", about);
    await registry.deleteManifest("a", about.descriptor.digest);
    expect(await digests(registry.referrers("a", digest))).toEqual([]);
  });

  it("never include a manifest of an unknown type", async () => {
    const registry = createMemoryRegistry();
    const { content } = await json({ subject: app.descriptor }, "application/x-thing");
    await registry.pushManifest("a", content, "application/x-thing");
    expect(await digests(registry.referrers("a", digest))).toEqual([]);
  });

  // clause 3
  it("are copies that the caller may change", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", artifact({ subject: app, annotations: { name: "it" } }));
    for (const it of await collect(registry.referrers("a", digest)))
      Object.assign(it.annotations ?? {}, { name: "other" });
    expect(await collect(registry.referrers("a", digest))).toMatchObject([{ annotations: { name: "it" } }]);
  });

  it("may have a subject that is not a manifest", async () => {
    const registry = createMemoryRegistry();
    const notes = await blob("notes");
    const about = await artifact({ subject: notes });
    await pushContent(registry, "a", about);
    expect(await digests(registry.referrers("a", notes.descriptor.digest))).toEqual([
      about.descriptor.digest,
    ]);
  });
});
