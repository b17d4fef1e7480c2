import {
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

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
  pushArtifact,
  temporaryDirectory,
} from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { openLayout, type Finding, type LayoutRegistry } from "../src/index.ts";
import { readIndex } from "./helpers.ts";

const { imageManifest } = ociMediaTypes;

/** Rewrites the index of a layout with changed entries. */
function editEntries(directory: string, change: (entry: Descriptor) => object): void {
  const index = readIndex(directory);
  writeFileSync(
    join(directory, "index.json"),
    JSON.stringify({ ...index, manifests: index.manifests.map((entry) => change(entry as Descriptor)) }),
  );
}

/** Returns the results of every call about the manifest with the tag `v1` of `a`. */
async function answers(registry: LayoutRegistry, digest: string): Promise<Descriptor[]> {
  const [tag, manifest] = [await registry.getTag("a", "v1"), await registry.getManifest("a", digest)];
  const read = [tag.descriptor, manifest.descriptor];
  await Promise.all([tag.bytes(), manifest.bytes()]);
  const [listing] = await collect(registry.manifests("a"));
  return [
    ...read,
    await registry.resolveTag("a", "v1"),
    await registry.resolveManifest("a", digest),
    ...(listing === undefined ? [] : [listing.descriptor]),
  ];
}

async function findings(registry: LayoutRegistry, ...kinds: readonly string[]): Promise<Finding[]> {
  return (await collect(registry.verify())).filter(({ kind }) => kinds.includes(kind));
}

// clause 12
describe("the bytes of a manifest decide its type:", () => {
  it.each<[string, (entry: Descriptor) => object, string]>([
    ["another type", (entry) => ({ ...entry, mediaType: dockerMediaTypes.manifest }), "wrong-media-type"],
    ["an unknown type", (entry) => ({ ...entry, mediaType: "application/octet-stream" }), "wrong-media-type"],
    ["no type", (entry) => ({ ...entry, mediaType: undefined }), "wrong-media-type"],
    ["another size", (entry) => ({ ...entry, size: 1 }), "wrong-size"],
  ])("an entry that claims %s changes no answer, and verify reports it", async (_, change, kind) => {
    const directory = freshLayout();
    const writer = await openLayout(directory);
    const one = await pushArtifact(writer, "a", "one", ["v1"]);
    await writer.close();
    editEntries(directory, change);
    await using registry = await openLayout(directory);
    expect(await answers(registry, one.digest)).toEqual(Array.from({ length: 5 }, () => one));
    expect(await findings(registry, "wrong-media-type", "wrong-size")).toMatchObject([
      { kind, digest: one.digest },
    ]);
    // Another push does not conflict, and corrects the entry.
    await pushArtifact(registry, "a", "one", ["v1"]);
    expect(readIndex(directory).manifests).toMatchObject([one]);
    expect(await findings(registry, "wrong-media-type", "wrong-size")).toEqual([]);
  });

  it("without any mediaType, its members decide", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    const content = bytes(JSON.stringify({ schemaVersion: 2, config: emptyDescriptor, layers: [] }));
    await registry.pushBlob("a", emptyDescriptor, bytes("{}"));
    const one = await registry.pushManifest("a", content, imageManifest, { tags: ["v1"] });
    editEntries(directory, (entry) => ({ ...entry, mediaType: undefined }));
    await using other = await openLayout(directory);
    expect(await other.resolveTag("a", "v1")).toEqual(one);
  });

  it("bytes without a mediaType have in each repository the type that they were pushed as there", async () => {
    await using registry = await openLayout(freshLayout());
    const content = bytes(JSON.stringify({ schemaVersion: 2, config: emptyDescriptor, layers: [] }));
    await registry.pushBlob("a", emptyDescriptor, bytes("{}"));
    const one = await registry.pushManifest("a", content, imageManifest, { tags: ["v1"] });
    const two = await registry.pushManifest("b", content, dockerMediaTypes.manifest, { tags: ["v1"] });
    for (const [repo, descriptor] of [
      ["a", one],
      ["b", two],
    ] as const) {
      expect(await registry.resolveTag(repo, "v1")).toEqual(descriptor);
      expect(await registry.resolveManifest(repo, descriptor.digest)).toEqual(descriptor);
    }
  });

  it("an entry with a wrong type hides no referrer", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    const one = await pushArtifact(registry, "a", "one", ["v1"]);
    const signature = await registry.pushManifest(
      "a",
      artifact("signature", { subject: one }),
      imageManifest,
    );
    editEntries(directory, (entry) => ({ ...entry, mediaType: "application/octet-stream" }));
    await using other = await openLayout(directory);
    expect((await collect(other.referrers("a", one.digest))).map(({ digest }) => digest)).toEqual([
      signature.digest,
    ]);
  });
});

// clause 22
describe("an index.json", () => {
  const documents: Record<string, object> = {
    "an image manifest without a media type": { schemaVersion: 2, config: emptyDescriptor, layers: [] },
    "an image config": { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [] } },
    "the content of oci-layout": { imageLayoutVersion: "1.0.0" },
    "an artifact manifest": { artifactType: "a/b", blobs: [] },
    "an image manifest whose list of manifests is null": {
      schemaVersion: 2,
      manifests: null,
      config: emptyDescriptor,
      layers: [],
    },
    "something with the media type of a manifest": { mediaType: imageManifest, manifests: [] },
  };

  it.each(Object.entries(documents))(
    "with %s is rejected with LAYOUT_INVALID, and gc removes nothing",
    async (_, document) => {
      const directory = freshLayout();
      const writer = await openLayout(directory);
      await pushArtifact(writer, "a", "one", ["v1"]);
      await writer.close();
      writeFileSync(join(directory, "index.json"), JSON.stringify(document));
      const before = readdirSync(join(directory, "blobs/sha256"));
      await using registry = await openLayout(directory);
      const calls = [
        () => collect(registry.repositories()),
        () => registry.gc({ graceMs: 0 }),
        () => pushArtifact(registry, "a", "two", ["v2"]),
      ];
      for (const call of calls)
        await expect(call()).rejects.toMatchObject({
          code: "LAYOUT_INVALID",
          message: expect.stringContaining("index.json is not an image index") as string,
        });
      expect(await findings(registry, "damaged-layout")).toHaveLength(1);
      expect(readdirSync(join(directory, "blobs/sha256"))).toEqual(before);
    },
  );

  it.each(["index.json", "oci-layout"])(
    "may begin with a byte order mark, and so may oci-layout: %s",
    async (name) => {
      const directory = freshLayout();
      const writer = await openLayout(directory);
      const one = await pushArtifact(writer, "a", "one", ["v1"]);
      await writer.close();
      writeFileSync(join(directory, name), `\ufeff${readFileSync(join(directory, name), "utf8")}`);
      await using registry = await openLayout(directory);
      expect(await registry.resolveTag("a", "v1")).toEqual(one);
      await pushArtifact(registry, "a", "two", ["v2"]);
      expect(await collect(registry.tags("a"))).toEqual(["v1", "v2"]);
      expect((await collect(registry.verify())).filter(({ severity }) => severity === "error")).toEqual([]);
    },
  );
});

describe("verify and gc", () => {
  /** Creates a layout with a blob that only `document` refers to. */
  async function layoutOf(
    document: object,
    mediaType: string,
  ): Promise<{ registry: LayoutRegistry; part: string }> {
    const registry = await openLayout(freshLayout(), { allowSparse: true });
    const part = bytes("a part");
    await registry.pushBlob("a", descriptorOf(part), part);
    await registry.pushManifest("a", bytes(JSON.stringify(document)), mediaType, { tags: ["v1"] });
    return { registry, part: descriptorOf(part).digest };
  }
  const part = descriptorOf(bytes("a part"));
  const artifactManifest = "application/vnd.oci.artifact.manifest.v1+json";

  it.each([
    ["an unknown type", { anything: [{ deep: part }] }, "application/x-thing"],
    [
      "an artifact manifest",
      { mediaType: artifactManifest, artifactType: "a/b", blobs: [part] },
      artifactManifest,
    ],
  ])("read the same references of a document of %s", async (_, document, mediaType) => {
    const { registry, part: digest } = await layoutOf(document, mediaType);
    expect(await findings(registry, "unreachable-blob")).toEqual([]);
    await registry.gc({ graceMs: 0 });
    expect((await registry.resolveBlob("a", digest)).size).toBe(6);
    // A missing target is not reported, because the digest may not be a reference.
    rmSync(blobPath(registry.directory, digest));
    expect((await collect(registry.verify())).filter(({ severity }) => severity === "error")).toEqual([]);
  });

  it("keep the references of a manifest that a document of an unknown type contains", async () => {
    await using registry = await openLayout(freshLayout());
    const inner = await pushArtifact(registry, "b", "inner", ["x"]);
    await registry.pushManifest("a", bytes(JSON.stringify({ list: [inner] })), "application/x-thing", {
      tags: ["v1"],
    });
    await registry.deleteManifest("b", inner.digest);
    expect(await findings(registry, "unreachable-blob")).toEqual([]);
    expect((await registry.gc({ graceMs: 0 })).removed).toEqual([]);
  });

  it("treat an artifact manifest as a referrer of its subject", async () => {
    await using registry = await openLayout(freshLayout());
    const one = await pushArtifact(registry, "a", "one", ["v1"]);
    const document = {
      mediaType: artifactManifest,
      artifactType: "a/b",
      blobs: [],
      subject: one,
      annotations: { note: "x" },
    };
    const { digest, size } = await registry.pushManifest(
      "a",
      bytes(JSON.stringify(document)),
      artifactManifest,
    );
    expect(await collect(registry.referrers("a", one.digest))).toEqual([
      { mediaType: artifactManifest, digest, size, artifactType: "a/b", annotations: { note: "x" } },
    ]);
  });

  it("report a referrer without an entry before gc removes it", async () => {
    await using registry = await openLayout(freshLayout());
    const one = await pushArtifact(registry, "a", "one", ["v1"]);
    const signature = artifact("signature", { subject: one });
    await registry.pushBlob("a", descriptorOf(signature), signature);
    const [finding] = await findings(registry, "unlisted-referrer", "unreachable-blob");
    expect(finding).toMatchObject({
      severity: "warning",
      kind: "unlisted-referrer",
      digest: descriptorOf(signature).digest,
    });
    expect(finding?.message).toContain(`is a referrer of ${one.digest}`);
    expect((await registry.gc({ graceMs: 0 })).removed).toEqual([descriptorOf(signature).digest]);
  });
});

describe("a partial or shared layout", () => {
  it("gets warnings instead of errors about missing blobs if it is sparse on purpose", async () => {
    await using registry = await openLayout(freshLayout());
    const one = await pushArtifact(registry, "a", "one", ["v1"]);
    rmSync(blobPath(registry.directory, one.digest));
    const severities = async (allowSparse?: boolean): Promise<string[]> =>
      (await collect(registry.verify({ allowSparse })))
        .filter(({ kind }) => kind === "missing-blob")
        .map(({ severity }) => severity);
    expect(await severities()).toEqual(["error"]);
    expect(await severities(true)).toEqual(["warning"]);
  });

  it("has no stray files if they are those of a Docker archive", async () => {
    await using registry = await openLayout(freshLayout());
    await pushArtifact(registry, "a", "one", ["v1"]);
    for (const name of ["manifest.json", "repositories", "other.json"])
      writeFileSync(join(registry.directory, name), "[]");
    expect((await findings(registry, "stray-file")).map(({ path }) => path)).toEqual(["other.json"]);
  });

  it("has blobs that are links out of the layout reported as such", async () => {
    await using registry = await openLayout(freshLayout());
    const content = bytes("linked");
    const { digest } = await registry.pushBlob("a", descriptorOf(content), content);
    const elsewhere = join(temporaryDirectory(), "blob");
    renameSync(blobPath(registry.directory, digest), elsewhere);
    symlinkSync(elsewhere, blobPath(registry.directory, digest));
    for (const call of [() => registry.getBlob("a", digest), () => registry.resolveBlob("a", digest)]) {
      await expect(call()).rejects.toMatchObject({
        code: "BLOB_UNKNOWN",
        message: expect.stringContaining("followSymlinks") as string,
      });
    }
    await using following = await openLayout(registry.directory, { followSymlinks: true });
    expect((await following.resolveBlob("a", digest)).size).toBe(6);
  });

  it("may share its blobDirectory, and its gc keeps the blobs of the others", async () => {
    const blobDirectory = join(temporaryDirectory(), "shared");
    const [one, two] = [freshLayout(), freshLayout()];
    await using first = await openLayout(one, { blobDirectory });
    await using second = await openLayout(two, { blobDirectory });
    await pushArtifact(first, "a", "one", ["v1"]);
    const kept = await pushArtifact(second, "a", "two", ["v1"]);
    expect(readdirSync(join(one, "blobs"))).toEqual([]);
    expect(readdirSync(join(blobDirectory, "sha256"))).toHaveLength(3);
    const old = new Date(Date.now() - 7 * 86_400_000);
    for (const name of readdirSync(join(blobDirectory, "sha256")))
      utimesSync(join(blobDirectory, "sha256", name), old, old);
    expect(await first.gc()).toMatchObject({ removed: [], withheld: [kept.digest] });
    await using sharing = await openLayout(one, { blobDirectory, sharedWith: [two] });
    expect(await sharing.gc()).toMatchObject({ removed: [] });
    expect(await (await second.getTag("a", "v1")).json()).toMatchObject({ annotations: { name: "two" } });
    await second.deleteManifest("a", kept.digest);
    expect(await sharing.gc()).toMatchObject({ removed: [kept.digest] });
    expect((await collect(second.verify())).filter(({ severity }) => severity === "error")).toEqual([]);
  });
});
