import { rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import {
  collect,
  dockerMediaTypes,
  emptyDescriptor,
  ociMediaTypes,
  type Descriptor,
  type ImageManifest,
} from "@ocilayout/oci-types";
import {
  artifact,
  blobPath,
  bytes,
  descriptorOf,
  freshLayout,
  imageIndex,
  pushArtifact,
} from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { nodeDisk, type Disk } from "../src/disk/disk.ts";
import { openLayout, type LayoutRegistry } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";
import { readIndex } from "./helpers.ts";

const { imageManifest, imageIndex: indexType } = ociMediaTypes;
const absent = descriptorOf(bytes("nowhere"), imageManifest);

async function pushReferrer(
  registry: LayoutRegistry,
  name: string,
  extra: Partial<ImageManifest>,
  repository = "a",
): Promise<Descriptor> {
  await registry.pushBlob(repository, emptyDescriptor, bytes("{}"));
  return registry.pushManifest(repository, artifact(name, extra), imageManifest);
}

async function digests(registry: LayoutRegistry, digest: string, options = {}): Promise<string[]> {
  return (await collect(registry.referrers("a", digest, options))).map((descriptor) => descriptor.digest);
}

// clause 21
describe("referrers", () => {
  it("are the manifests with that subject, with artifact type and annotations, sorted by digest", async () => {
    await using registry = await openLayout(freshLayout());
    const subject = await pushArtifact(registry, "a", "subject", ["v1"]);
    const pushed = await Promise.all(
      ["x", "y", "z"].map((name) => pushReferrer(registry, name, { subject })),
    );
    await pushReferrer(registry, "other", { subject: absent });
    const found = await collect(registry.referrers("a", subject.digest));
    const name = new Map(pushed.map((descriptor, i) => [descriptor.digest, "xyz"[i]]));
    expect(found).toEqual(
      [...pushed]
        .sort((a, b) => (a.digest < b.digest ? -1 : 1))
        .map((it) => ({
          ...it,
          artifactType: "application/vnd.example",
          annotations: { name: name.get(it.digest) },
        })),
    );
  });

  // clause 21
  it("are an empty list for an unknown repository or subject", async () => {
    await using registry = await openLayout(freshLayout());
    await pushArtifact(registry, "a", "one", ["v1"]);
    expect(await digests(registry, absent.digest)).toEqual([]);
    expect(await collect(registry.referrers("other/repo", absent.digest))).toEqual([]);
  });

  // clause 5
  it.each(["", "sha256:zz", "latest"])(
    "reject the subject %j with DIGEST_INVALID at the first next()",
    async (digest) => {
      await using registry = await openLayout(freshLayout());
      await pushArtifact(registry, "a", "one", ["v1"]);
      await expect(collect(registry.referrers("a", digest))).rejects.toMatchObject({
        code: "DIGEST_INVALID",
      });
    },
  );

  it("have the config's media type if a manifest has no artifactType, and none if an index has none", async () => {
    await using registry = await openLayout(freshLayout());
    const config = { ...emptyDescriptor, mediaType: "application/vnd.signature" };
    const signature = await pushReferrer(registry, "s", { artifactType: undefined, config, subject: absent });
    const list = bytes(
      JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: [], subject: absent }),
    );
    const index = await registry.pushManifest("a", list, indexType);
    const found = await collect(registry.referrers("a", absent.digest));
    expect(found.find((it) => it.digest === signature.digest)).toMatchObject({
      artifactType: "application/vnd.signature",
    });
    expect(found.find((it) => it.digest === index.digest)).toEqual(index);
    expect(await digests(registry, absent.digest, { artifactType: "application/vnd.signature" })).toEqual([
      signature.digest,
    ]);
    expect(await digests(registry, absent.digest, { artifactType: "application/vnd.other" })).toEqual([]);
  });

  it("start after startAfter and end at the limit", async () => {
    await using registry = await openLayout(freshLayout());
    const pushed = await Promise.all(
      ["w", "x", "y", "z"].map((name) => pushReferrer(registry, name, { subject: absent })),
    );
    const all = pushed.map(({ digest }) => digest).sort();
    expect(await digests(registry, absent.digest, { startAfter: all[1] })).toEqual(all.slice(2));
    expect(await digests(registry, absent.digest, { startAfter: all[0], limit: 2 })).toEqual(all.slice(1, 3));
    expect(await digests(registry, absent.digest, { limit: 0 })).toEqual([]);
  });

  it("exclude those of other repositories", async () => {
    await using registry = await openLayout(freshLayout());
    await pushReferrer(registry, "x", { subject: absent }, "b");
    await pushArtifact(registry, "a", "one", ["v1"]);
    expect(await digests(registry, absent.digest)).toEqual([]);
  });

  it("include children of the referrers tag only if their own subject matches", async () => {
    await using registry = await openLayout(freshLayout(), { allowSparse: true });
    const subject = await pushArtifact(registry, "a", "subject", ["v1"]);
    const right = await pushReferrer(registry, "right", { subject });
    const wrong = await pushReferrer(registry, "wrong", { subject: absent });
    const missing = descriptorOf(artifact("missing", { subject }), imageManifest);
    const tag = subject.digest.replace(":", "-");
    await registry.pushManifest("a", imageIndex(right, wrong, missing), indexType, { tags: [tag] });
    expect(readIndex(registry.directory).manifests).toHaveLength(2);
    expect(await digests(registry, subject.digest)).toEqual([right.digest]);
    await using other = await openLayout(registry.directory);
    expect(await digests(other, subject.digest)).toEqual([right.digest]);
  });

  it("follow pushes and deletions by any instance", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    await using other = await openLayout(directory);
    const one = await pushReferrer(registry, "one", { subject: absent });
    expect(await digests(other, absent.digest)).toEqual([one.digest]);
    const two = await pushReferrer(other, "two", { subject: absent });
    expect(await digests(registry, absent.digest)).toEqual([one.digest, two.digest].sort());
    await registry.deleteManifest("a", one.digest);
    for (const it of [registry, other]) expect(await digests(it, absent.digest)).toEqual([two.digest]);
  });

  // clauses 19, 21
  it("omit only a missing or damaged manifest, until it is repaired", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    const names = ["one", "two", "three"];
    const [one, two, three] = await Promise.all(
      names.map((name) => pushReferrer(registry, name, { subject: absent })),
    );
    if (one === undefined || two === undefined || three === undefined) throw new Error("three were pushed");
    rmSync(blobPath(directory, one.digest));
    truncateSync(blobPath(directory, two.digest), 20);
    await using other = await openLayout(directory);
    expect(await digests(other, absent.digest)).toEqual([three.digest]);
    await pushReferrer(registry, "one", { subject: absent });
    await pushReferrer(registry, "two", { subject: absent });
    expect(await digests(other, absent.digest)).toEqual([one.digest, two.digest, three.digest].sort());
  });
});

// clause 18
describe("what an index claims about a child", () => {
  it("is not believed over the child's bytes", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    const child = await pushArtifact(registry, "a", "child");
    const forged = bytes(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: indexType,
        manifests: [{ ...child, mediaType: "text/plain", size: 1 }],
      }),
    );
    const { digest } = descriptorOf(forged);
    writeFileSync(blobPath(directory, digest), forged);
    const annotations = { "org.opencontainers.image.ref.name": "a:forged" };
    const entry = { mediaType: indexType, digest, size: forged.length, annotations };
    writeFileSync(join(directory, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
    expect(await registry.resolveManifest("a", child.digest)).toEqual(child);
    expect((await (await registry.getManifest("a", child.digest)).bytes()).length).toBe(child.size);
  });

  it("is returned if the child is not read", async () => {
    await using registry = await openLayout(freshLayout());
    const thing = await registry.pushManifest("a", bytes("thing"), "application/x-thing");
    await registry.pushManifest("a", imageIndex(thing), indexType, { tags: ["list"] });
    expect(readIndex(registry.directory).manifests).toHaveLength(1);
    expect(await registry.resolveManifest("a", thing.digest)).toEqual(thing);
    const lie = { ...thing, mediaType: "application/x-other" };
    await expect(registry.pushManifest("a", bytes("thing"), "application/x-other")).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
    await registry.pushManifest("a", bytes("thing"), "application/x-thing", { tags: ["t"] });
    await expect(registry.pushManifest("a", imageIndex(lie), indexType)).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });
});

// clause 12
it("an index that gives a manifest another type than it was pushed as is rejected", async () => {
  await using registry = await openLayout(freshLayout());
  const thing = await registry.pushManifest("a", bytes("thing"), "application/x-thing", { tags: ["t"] });
  const lie = imageIndex({ ...thing, mediaType: "application/x-other" });
  await expect(registry.pushManifest("a", lie, indexType)).rejects.toMatchObject({
    code: "MANIFEST_INVALID",
  });
});

describe("a graph of manifests", () => {
  /** Returns a disk that counts how often each file below `blobs/` is opened. */
  function countingDisk(): { disk: Disk; opened: Map<string, number> } {
    const opened: Map<string, number> = new Map();
    const open: Disk["open"] = (path, flags) => {
      if (path.includes("/blobs/")) opened.set(path, (opened.get(path) ?? 0) + 1);
      return nodeDisk.open(path, flags);
    };
    return { disk: { ...nodeDisk, open }, opened };
  }

  /** Pushes `depth` indexes, each of which lists the one before it `times` times. Returns the outermost. */
  async function nest(registry: LayoutRegistry, depth: number, times: number): Promise<Descriptor[]> {
    const chain = [await pushArtifact(registry, "a", "bottom")];
    for (let i = 0; i < depth; i += 1) {
      const below = chain.at(-1);
      if (below === undefined) throw new Error("there is one");
      const twins = Array.from({ length: times }, (_, n) => ({ ...below, annotations: { n: String(n) } }));
      chain.push(await registry.pushManifest("a", imageIndex(...twins), indexType));
    }
    return chain;
  }

  it("that is a diamond of 30 levels is read once per manifest", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory, { durability: "none" });
    const chain = await nest(registry, 30, 2);
    const { disk, opened } = countingDisk();
    await using other = openLayoutOn(disk, directory);
    const bottom = chain[0]?.digest ?? "";
    await other.resolveManifest("a", bottom);
    await collect(other.referrers("a", bottom));
    for (const { digest } of chain) await other.resolveManifest("a", digest);
    expect([...opened.values()].every((times) => times === 1)).toBe(true);
    expect(opened.size).toBe(31);
  });

  it("that is a lattice, whose indexes each list both of the level below, is read once per manifest", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory, { durability: "none" });
    const bottom = await pushArtifact(registry, "a", "bottom");
    let level = [bottom];
    for (let i = 0; i < 25; i += 1) {
      const lists = [imageIndex(...level), imageIndex(...[...level].reverse(), ...level)];
      level = await Promise.all(lists.map((list) => registry.pushManifest("a", list, indexType)));
    }
    const { disk, opened } = countingDisk();
    await using other = openLayoutOn(disk, directory);
    await other.resolveManifest("a", bottom.digest);
    await expect(other.deleteManifest("a", bottom.digest)).rejects.toMatchObject({ code: "DENIED" });
    await expect(other.resolveManifest("b", bottom.digest)).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
    expect([...opened.values()].every((times) => times === 1)).toBe(true);
  });

  it("that is nested 100 deep has one entry", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory, { durability: "none" });
    const chain = await nest(registry, 100, 1);
    expect(readIndex(directory).manifests).toHaveLength(1);
    await using other = await openLayout(directory);
    for (const descriptor of chain)
      expect(await other.resolveManifest("a", descriptor.digest)).toEqual(descriptor);
    expect(await collect(other.manifests("a"))).toHaveLength(101);
  });

  it("is read once per manifest, however often it is queried", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory, { durability: "none" });
    const pushed = await Promise.all(
      Array.from({ length: 20 }, (_, i) => pushReferrer(registry, `r${i}`, { subject: absent })),
    );
    const { disk, opened } = countingDisk();
    await using other = openLayoutOn(disk, directory);
    for (let round = 0; round < 3; round += 1) {
      expect(await digests(other, absent.digest)).toHaveLength(20);
      for (const { digest } of pushed) await other.resolveManifest("a", digest);
    }
    expect([...opened.values()]).toEqual(Array.from({ length: 20 }, () => 1));
    await pushReferrer(registry, "late", { subject: absent });
    expect(await digests(other, absent.digest)).toHaveLength(21);
    expect(opened.size).toBe(21);
  });

  it("is not read when a manifest with an entry is looked up", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory, { durability: "none" });
    const one = await pushArtifact(registry, "a", "one", ["v1"]);
    await pushArtifact(registry, "a", "two", ["v2"]);
    const { disk, opened } = countingDisk();
    await using other = openLayoutOn(disk, directory);
    for (let round = 0; round < 2; round += 1) {
      await other.resolveManifest("a", one.digest);
      await other.resolveTag("a", "v1");
      await other.resolveBlob("a", one.digest);
    }
    expect([...opened.values()]).toEqual([1]);
  });

  it("may contain Docker lists, whose children are found", async () => {
    await using registry = await openLayout(freshLayout());
    await registry.pushBlob("a", emptyDescriptor, bytes("{}"));
    const manifest = artifact("docker", { mediaType: dockerMediaTypes.manifest });
    const child = await registry.pushManifest("a", manifest, dockerMediaTypes.manifest);
    const list = bytes(
      JSON.stringify({ schemaVersion: 2, mediaType: dockerMediaTypes.manifestList, manifests: [child] }),
    );
    await registry.pushManifest("a", list, dockerMediaTypes.manifestList, { tags: ["list"] });
    expect(readIndex(registry.directory).manifests).toHaveLength(1);
    expect(await registry.resolveManifest("a", child.digest)).toEqual(child);
  });
});

describe("manifests()", () => {
  it("lists each manifest with its tags, children of indexes included, sorted by digest", async () => {
    await using registry = await openLayout(freshLayout());
    const one = await pushArtifact(registry, "a", "one", ["v1", "latest"]);
    const two = await pushArtifact(registry, "a", "two");
    const list = await registry.pushManifest("a", imageIndex(two), indexType, { tags: ["list"] });
    await pushArtifact(registry, "b", "three", ["v3"]);
    const expected = [
      { descriptor: one, tags: ["latest", "v1"], unreadableNames: [] },
      { descriptor: two, tags: [], unreadableNames: [] },
      { descriptor: list, tags: ["list"], unreadableNames: [] },
    ].sort((a, b) => (a.descriptor.digest < b.descriptor.digest ? -1 : 1));
    expect(await collect(registry.manifests("a"))).toEqual(expected);
    expect(
      await collect(registry.manifests("a", { startAfter: expected[0]?.descriptor.digest, limit: 1 })),
    ).toEqual(expected.slice(1, 2));
  });

  it("rejects an unknown repository with NAME_UNKNOWN", async () => {
    await using registry = await openLayout(freshLayout());
    await expect(collect(registry.manifests("a"))).rejects.toMatchObject({ code: "NAME_UNKNOWN" });
  });
});
