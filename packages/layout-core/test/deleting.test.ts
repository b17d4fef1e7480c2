import { existsSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { collect, emptyDescriptor, ociMediaTypes, type Descriptor } from "@ocilayout/oci-types";
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

import { openLayout, type LayoutRegistry } from "../src/index.ts";
import { readIndex, refNames, snapshot } from "./helpers.ts";

const { imageManifest, imageIndex: indexType } = ociMediaTypes;

function pushIndex(
  registry: LayoutRegistry,
  children: readonly Descriptor[],
  tags: readonly string[] = [],
): Promise<Descriptor> {
  return registry.pushManifest("a", imageIndex(...children), indexType, { tags });
}

// clause 16
describe("deleteTag", () => {
  // clause 16
  it("removes the tag only: the manifest and the repository stay", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    const one = await pushArtifact(registry, "a", "one", ["v1", "latest"]);
    await registry.deleteTag("a", "v1");
    expect(await collect(registry.tags("a"))).toEqual(["latest"]);
    await registry.deleteTag("a", "latest");
    expect(await collect(registry.tags("a"))).toEqual([]);
    expect(await registry.resolveManifest("a", one.digest)).toEqual(one);
    expect(await collect(registry.repositories())).toEqual(["a"]);
    expect(refNames(directory)).toEqual([`a@${one.digest}`]);
  });

  // clause 5
  it("rejects an empty tag instead of treating it as a wildcard", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    await pushArtifact(registry, "a", "one");
    await pushArtifact(registry, "a", "two", ["v1", "v2"]);
    const before = snapshot(directory);
    await expect(registry.deleteTag("a", "")).rejects.toMatchObject({ code: "NAME_INVALID" });
    expect(snapshot(directory)).toEqual(before);
  });

  it("rejects a missing tag, in every repository", async () => {
    await using registry = await openLayout(freshLayout());
    await pushArtifact(registry, "a", "one", ["v1"]);
    for (const [repo, tag] of [
      ["a", "v2"],
      ["b", "v1"],
    ] as const) {
      await expect(registry.deleteTag(repo, tag)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    }
  });

  // clause 15
  it("deletes only if its precondition holds", async () => {
    await using registry = await openLayout(freshLayout());
    const one = await pushArtifact(registry, "a", "one", ["v1"]);
    const two = await pushArtifact(registry, "a", "two");
    await expect(registry.deleteTag("a", "v1", { ifMatch: two.digest })).rejects.toMatchObject({
      code: "PRECONDITION_FAILED",
      detail: { tag: "v1", digest: one.digest },
    });
    await registry.deleteTag("a", "v1", { ifMatch: one.digest });
    await expect(registry.deleteTag("a", "v1", { ifMatch: "*" })).rejects.toMatchObject({
      code: "PRECONDITION_FAILED",
    });
  });

  // clause 23
  it("removes every entry of a duplicate tag, and keeps their manifests reachable by digest", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    const one = await pushArtifact(registry, "a", "one", ["v1"]);
    const two = await pushArtifact(registry, "a", "two", ["v2"]);
    const index = readIndex(directory);
    const annotations = { "org.opencontainers.image.ref.name": "a:v1" };
    writeFileSync(
      join(directory, "index.json"),
      JSON.stringify({ ...index, manifests: [one, two].map((it) => ({ ...it, annotations })) }),
    );
    await registry.deleteTag("a", "v1");
    expect(await collect(registry.tags("a"))).toEqual([]);
    for (const { digest } of [one, two]) await registry.resolveManifest("a", digest);
  });

  it("leaves no entry of its own for a manifest that an index contains", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    const child = await pushArtifact(registry, "a", "child", ["child"]);
    await pushIndex(registry, [child], ["list"]);
    expect(refNames(directory)).toEqual(["a:child", "a:list"]);
    await registry.deleteTag("a", "child");
    expect(refNames(directory)).toEqual(["a:list"]);
    expect(await registry.resolveManifest("a", child.digest)).toEqual(child);
  });
});

// clause 16
describe("deleteManifest", () => {
  it("removes every entry of the repository for the digest, tags included, and none of other repositories", async () => {
    await using registry = await openLayout(freshLayout());
    const one = await pushArtifact(registry, "a", "one", ["v1", "v2"]);
    const two = await pushArtifact(registry, "a", "two", ["v3"]);
    await pushArtifact(registry, "b", "one", ["v1"]);
    await registry.deleteManifest("a", one.digest);
    expect(await collect(registry.tags("a"))).toEqual(["v3"]);
    await expect(registry.getManifest("a", one.digest)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    expect(await registry.resolveManifest("a", two.digest)).toEqual(two);
    expect(await registry.resolveTag("b", "v1")).toEqual(one);
  });

  it("ends the repository when it removes the last manifest", async () => {
    await using registry = await openLayout(freshLayout());
    const one = await pushArtifact(registry, "a", "one", ["v1"]);
    await registry.deleteManifest("a", one.digest);
    expect(await collect(registry.repositories())).toEqual([]);
  });

  // clause 5
  it("rejects an empty digest instead of treating it as a wildcard", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    await pushArtifact(registry, "a", "one", ["v1"]);
    const before = snapshot(directory);
    await expect(registry.deleteManifest("a", "")).rejects.toMatchObject({ code: "DIGEST_INVALID" });
    expect(snapshot(directory)).toEqual(before);
  });

  // clause 16
  it("rejects a child of an index with DENIED and names the indexes; without them it deletes the child for good", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    const child = await pushArtifact(registry, "a", "child", ["child"]);
    const list = await pushIndex(registry, [child], ["list"]);
    const outer = await pushIndex(registry, [list], ["outer"]);
    const before = snapshot(directory);
    for (const [digest, by] of [
      [child.digest, list.digest],
      [list.digest, outer.digest],
    ] as const) {
      await expect(registry.deleteManifest("a", digest)).rejects.toMatchObject({
        code: "DENIED",
        detail: { reason: "REFERENCED", referencedBy: [by] },
      });
    }
    expect(snapshot(directory)).toEqual(before);
    for (const { digest } of [outer, list, child]) {
      await registry.deleteManifest("a", digest);
      await expect(registry.resolveManifest("a", digest)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
      await expect(registry.deleteManifest("a", digest)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    }
  });

  it("deletes a subject even if it has referrers", async () => {
    await using registry = await openLayout(freshLayout());
    const subject = await pushArtifact(registry, "a", "subject", ["v1"]);
    const referrer = await registry.pushManifest("a", artifact("referrer", { subject }), imageManifest);
    await registry.deleteManifest("a", subject.digest);
    expect(await collect(registry.referrers("a", subject.digest))).toMatchObject([
      { digest: referrer.digest },
    ]);
  });

  it("ignores the indexes of other repositories", async () => {
    await using registry = await openLayout(freshLayout());
    const child = await pushArtifact(registry, "a", "child", ["v1"]);
    await registry.pushManifest("b", imageIndex(child), indexType, { tags: ["list"] });
    await registry.deleteManifest("a", child.digest);
    expect(await registry.resolveManifest("b", child.digest)).toEqual(child);
  });

  // clause 17
  it("gives manifests that only the deleted index contained entries of their own", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    const [one, two, three] = await Promise.all(
      ["one", "two", "three"].map((name) => pushArtifact(registry, "a", name)),
    );
    if (one === undefined || two === undefined || three === undefined) throw new Error("three were pushed");
    const inner = await pushIndex(registry, [one]);
    const outer = await pushIndex(registry, [inner, two], ["outer"]);
    await pushIndex(registry, [two, three], ["other"]);
    expect(refNames(directory)).toEqual(["a:outer", "a:other"]);
    await registry.deleteManifest("a", outer.digest);
    // The inner index reaches the children below it; the other index reaches the second child.
    expect(refNames(directory)).toEqual(["a:other", `a@${inner.digest}`]);
    for (const { digest } of [inner, one, two, three]) await registry.resolveManifest("a", digest);
  });

  it("keeps an index's damaged children, so that they can be repaired, and drops missing ones", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory, { allowSparse: true });
    const child = await pushArtifact(registry, "a", "child");
    const list = await pushIndex(
      registry,
      [child, descriptorOf(artifact("absent"), imageManifest)],
      ["list"],
    );
    truncateSync(blobPath(directory, child.digest), 5);
    await using other = await openLayout(directory);
    await other.deleteManifest("a", list.digest);
    expect(refNames(directory)).toEqual([`a@${child.digest}`]);
    await pushArtifact(other, "a", "child");
    expect(await (await other.getManifest("a", child.digest)).json()).toMatchObject({
      annotations: { name: "child" },
    });
  });

  it("deletes a manifest whose file is missing", async () => {
    await using registry = await openLayout(freshLayout());
    const one = await pushArtifact(registry, "a", "one", ["v1"]);
    rmSync(blobPath(registry.directory, one.digest));
    await registry.deleteManifest("a", one.digest);
    expect(await collect(registry.repositories())).toEqual([]);
  });
});

// clause 16
describe("deleteBlob", () => {
  const content = bytes("content");
  const blob = descriptorOf(content);

  // clause 16
  it("removes an unreferenced blob", async () => {
    await using registry = await openLayout(freshLayout());
    await registry.pushBlob("a", blob, content);
    await registry.deleteBlob("a", blob.digest);
    expect(existsSync(blobPath(registry.directory, blob.digest))).toBe(false);
    await expect(registry.resolveBlob("a", blob.digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    await expect(registry.deleteBlob("a", blob.digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  it("rejects a config, a layer or a child with DENIED and names what references it", async () => {
    await using registry = await openLayout(freshLayout());
    await registry.pushBlob("a", blob, content);
    const child = await pushArtifact(registry, "a", "child");
    const image = await registry.pushManifest("a", artifact("image", { layers: [blob] }), imageManifest, {
      tags: ["v1"],
    });
    const list = await pushIndex(registry, [child], ["list"]);
    for (const [digest, by] of [
      [blob.digest, [image.digest]],
      [emptyDescriptor.digest, [child.digest, image.digest].sort()],
      [child.digest, []],
      [list.digest, []],
    ] as const) {
      const detail = { reason: "REFERENCED", referencedBy: by };
      await expect(registry.deleteBlob("b", digest)).rejects.toMatchObject({ code: "DENIED", detail });
      await registry.resolveBlob("a", digest);
    }
  });

  it("rejects a blob that a foreign entry or a document of an unknown type references with DENIED", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory, { defaultRepository: null });
    await registry.pushBlob("a", blob, content);
    const document = bytes(JSON.stringify({ anything: [{ deep: { digest: blob.digest } }] }));
    await registry.pushManifest("a", document, "application/x-thing", { tags: ["v1"] });
    await expect(registry.deleteBlob("a", blob.digest)).rejects.toMatchObject({ code: "DENIED" });
    const index = readIndex(directory);
    const entries = index.manifests.map((entry) => ({ ...entry, annotations: undefined }));
    writeFileSync(join(directory, "index.json"), JSON.stringify({ ...index, manifests: entries }));
    expect(await collect(registry.repositories())).toEqual([]);
    await expect(registry.deleteBlob("a", blob.digest)).rejects.toMatchObject({ code: "DENIED" });
  });

  it("rejects with DENIED while a damaged manifest may reference the blob, and works once that is deleted", async () => {
    await using registry = await openLayout(freshLayout());
    await registry.pushBlob("a", blob, content);
    const image = await registry.pushManifest(
      "a",
      artifact("image", { config: blob, layers: [blob] }),
      imageManifest,
      { tags: ["v1"] },
    );
    truncateSync(blobPath(registry.directory, image.digest), 10);
    await using other = await openLayout(registry.directory);
    await expect(other.deleteBlob("a", blob.digest)).rejects.toMatchObject({
      code: "DENIED",
      detail: { reason: "REFERENCED", damaged: [image.digest] },
    });
    await other.deleteManifest("a", image.digest);
    await other.deleteBlob("a", blob.digest);
  });

  it("removes the bytes of a deleted manifest", async () => {
    await using registry = await openLayout(freshLayout());
    const one = await pushArtifact(registry, "a", "one", ["v1"]);
    await registry.deleteManifest("a", one.digest);
    await registry.deleteBlob("a", one.digest);
    await registry.deleteBlob("a", emptyDescriptor.digest);
  });

  // clauses 6, 16
  it("makes a later push store the blob again", async () => {
    await using registry = await openLayout(freshLayout());
    await registry.pushBlob("a", blob, content);
    await registry.deleteBlob("a", blob.digest);
    await expect(
      registry.pushManifest("a", artifact("image", { layers: [blob] }), imageManifest),
    ).rejects.toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
      detail: { missing: [emptyDescriptor.digest, blob.digest] },
    });
  });
});
