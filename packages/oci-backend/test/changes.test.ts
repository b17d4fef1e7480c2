import {
  collect,
  emptyDescriptor,
  ociMediaTypes,
  type Descriptor,
  type Registry,
} from "@ocilayout/oci-types";
import { artifact, bytes, descriptorOf, imageIndex, rejection } from "@ocilayout/testing";
import { beforeEach, describe, expect, it } from "vitest";

import {
  defineBackend,
  type Backend,
  type OpenContent,
  type PushedManifest,
  type StoredManifest,
} from "../src/index.ts";

const { imageManifest, imageIndex: index } = ociMediaTypes;
const empty = bytes("{}");
const app = artifact("app");
const appDescriptor = descriptorOf(app, imageManifest);
const list = imageIndex(appDescriptor);

/** Creates a backend with one repository that only stores, and a registry over it. */
class Store {
  readonly blobs: Map<string, Uint8Array> = new Map();
  readonly manifests: Map<string, PushedManifest> = new Map();
  readonly tags: Map<string, Descriptor> = new Map();
  readonly registry: Registry;

  constructor(own: Partial<Backend> = {}) {
    this.registry = defineBackend({
      openBlob: ({ digest }) => this.blobs.get(digest),
      pushBlob: async ({ digest, content }) => {
        const pushed = await content.bytes();
        this.blobs.set(digest, pushed);
        return pushed.length;
      },
      deleteBlob: ({ digest }) => this.blobs.delete(digest),
      manifests: () => this.manifests.values(),
      findManifest: ({ digest }) => this.manifests.get(digest)?.descriptor,
      findTag: ({ tag }) => this.tags.get(tag),
      openManifest: ({ descriptor }) => this.manifests.get(descriptor.digest)?.content,
      pushManifest: ({ manifest, tags }) => {
        this.manifests.set(manifest.descriptor.digest, manifest);
        for (const tag of tags) this.tags.set(tag, manifest.descriptor);
      },
      deleteManifest: ({ digest }) => this.manifests.delete(digest),
      deleteTag: ({ tag }) => this.tags.delete(tag),
      tags: () => this.tags.keys(),
      repositories: () => ["a"],
      ...own,
    });
  }

  blob(content: Uint8Array): Promise<Descriptor> {
    return this.registry.pushBlob("a", descriptorOf(content), content);
  }

  push(content: Uint8Array, mediaType: string = imageManifest, options = {}): Promise<Descriptor> {
    return this.registry.pushManifest("a", content, mediaType, options);
  }
}

describe("for a backend with manifests(), defineBackend checks that", () => {
  let store: Store;
  beforeEach(async () => {
    store = new Store();
    await store.blob(empty);
  });

  // clause 14
  it("the references of a manifest exist", async () => {
    const missing = descriptorOf(bytes("missing"));
    const push = store.push(artifact("app", { layers: [missing] }));
    expect(await rejection(push)).toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
      detail: { missing: [missing.digest] },
    });
    expect(store.manifests.size).toBe(0);
  });

  it("references may be missing if checksReferences is false", async () => {
    const sparse = new Store({ capabilities: { checksReferences: false } });
    await sparse.push(app);
    expect(sparse.manifests.size).toBe(1);
  });

  it("a digest of an unknown algorithm counts as missing", async () => {
    const layer = { ...emptyDescriptor, digest: `blake3:${"0".repeat(64)}` as const };
    expect(await rejection(store.push(artifact("app", { layers: [layer] })))).toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
    });
  });

  it("a stored manifest is not checked again", async () => {
    await store.push(app);
    store.blobs.clear();
    await store.push(app, imageManifest, { tags: ["t"] });
    expect(store.tags.get("t")).toEqual(appDescriptor);
  });

  // clause 12
  it("bytes keep their media type", async () => {
    await store.push(bytes("thing"), "application/x-one");
    expect(await rejection(store.push(bytes("thing"), "application/x-two"))).toMatchObject({
      code: "MANIFEST_INVALID",
    });
  });

  // clauses 17 and 18
  it("children that were pushed as blobs are pushed as manifests, the deepest first", async () => {
    const inner = descriptorOf(list, index);
    const outer = imageIndex(inner);
    for (const content of [app, list]) await store.blob(content);
    await store.push(outer, index, { tags: ["t"] });
    expect([...store.manifests.keys()]).toEqual(
      [appDescriptor, inner, descriptorOf(outer, index)].map(({ digest }) => digest),
    );
    expect([...store.tags.keys()]).toEqual(["t"]);
    expect(await (await store.registry.getManifest("a", appDescriptor.digest)).bytes()).toEqual(app);
  });

  it("a child is as its index describes it, or the index is rejected and nothing is stored", async () => {
    await store.blob(app);
    const lying = imageIndex({ ...appDescriptor, mediaType: index });
    expect(await rejection(store.push(lying, index))).toMatchObject({ code: "MANIFEST_INVALID" });
    expect(store.manifests.size).toBe(0);
  });

  // clause 15
  it("preconditions hold for every tag, or nothing changes", async () => {
    const pushed = await store.push(app, imageManifest, { tags: ["t"], ifNoneMatch: "*" });
    const other = artifact("other");
    for (const options of [{ ifNoneMatch: "*" }, { ifMatch: descriptorOf(other).digest }])
      expect(await rejection(store.push(other, imageManifest, { tags: ["t"], ...options }))).toMatchObject({
        code: "PRECONDITION_FAILED",
      });
    expect(store.manifests.size).toBe(1);
    const { registry } = store;
    const wrong = registry.deleteTag("a", "t", { ifMatch: descriptorOf(other).digest });
    expect(await rejection(wrong)).toMatchObject({ code: "PRECONDITION_FAILED" });
    await registry.deleteTag("a", "t", { ifMatch: pushed.digest });
    expect(await rejection(registry.deleteTag("a", "t"))).toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  // clause 16
  it("a blob that a manifest refers to, or that is a manifest, is not deleted", async () => {
    const { registry } = store;
    await store.blob(app);
    await store.push(app);
    expect(await rejection(registry.deleteBlob("a", emptyDescriptor.digest))).toMatchObject({
      code: "DENIED",
      detail: { reason: "REFERENCED", referencedBy: [appDescriptor.digest] },
    });
    expect(await rejection(registry.deleteBlob("a", appDescriptor.digest))).toMatchObject({
      code: "DENIED",
      detail: { reason: "REFERENCED", referencedBy: [] },
    });
    await registry.deleteManifest("a", appDescriptor.digest);
    await registry.deleteBlob("a", emptyDescriptor.digest);
    expect(await rejection(registry.deleteBlob("a", emptyDescriptor.digest))).toMatchObject({
      code: "BLOB_UNKNOWN",
    });
  });

  it("a manifest that an index contains is not deleted, and any other is deleted with its tags", async () => {
    const { registry } = store;
    await store.push(app, imageManifest, { tags: ["t", "u"] });
    const pushed = await store.push(list, index, { tags: ["v"] });
    expect(await rejection(registry.deleteManifest("a", appDescriptor.digest))).toMatchObject({
      code: "DENIED",
      detail: { reason: "REFERENCED", referencedBy: [pushed.digest] },
    });
    await registry.deleteManifest("a", pushed.digest);
    expect([...store.tags.keys()]).toEqual(["t", "u"]);
    await registry.deleteManifest("a", appDescriptor.digest);
    expect([...store.tags.keys()]).toEqual([]);
    expect(await rejection(registry.deleteManifest("a", pushed.digest))).toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
  });

  it("a shared blob that a manifest of another repository refers to is not deleted", async () => {
    const manifests: Required<Backend>["manifests"] = ({ repository }) =>
      repository === "b" ? other.manifests.values() : [];
    const other = new Store({
      manifests,
      capabilities: { repositoryScopedBlobs: false },
      repositories: () => ["a", "b"],
    });
    await other.blob(empty);
    await other.push(app);
    expect(await rejection(other.registry.deleteBlob("a", emptyDescriptor.digest))).toMatchObject({
      code: "DENIED",
      detail: { referencedBy: [appDescriptor.digest] },
    });
  });

  // clause 21
  it("referrers are computed from the manifests, unless the backend has the method", async () => {
    const signature = artifact("signature", { subject: appDescriptor });
    await store.push(app);
    await store.push(signature);
    const expected = {
      ...descriptorOf(signature, imageManifest),
      artifactType: "application/vnd.example",
      annotations: { name: "signature" },
    };
    expect(await collect(store.registry.referrers("a", appDescriptor.digest))).toEqual([expected]);
    const own = new Store({ referrers: () => [appDescriptor] });
    expect(await collect(own.registry.referrers("a", appDescriptor.digest))).toEqual([appDescriptor]);
  });

  it("manifests that were read from storage are parsed", async () => {
    const stored: StoredManifest = {
      descriptor: appDescriptor,
      content: artifact("app", { subject: descriptorOf(list, index) }),
    };
    const reading = new Store({ manifests: () => [stored] });
    const found = await collect(reading.registry.referrers("a", descriptorOf(list).digest));
    expect(found.map(({ digest }) => digest)).toEqual([appDescriptor.digest]);
  });

  it("a change begins after the one before it, even if that failed", async () => {
    const digests = [...Array(10).keys()].map((name) =>
      store.push(artifact(String(name)), imageManifest, { tags: ["t"], ifNoneMatch: "*" }),
    );
    const outcomes = await Promise.allSettled(digests);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("a blob is not deleted while a manifest that refers to it is pushed", async () => {
    const both = [store.push(app), store.registry.deleteBlob("a", emptyDescriptor.digest)];
    const outcomes = await Promise.allSettled(both);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(store.blobs.size).toBe(store.manifests.size);
  });

  // clause 2
  it("a change whose signal is aborted while it waits does not begin", async () => {
    const other = await store.push(artifact("other"));
    await store.push(app);
    const controller = new AbortController();
    const [first, second] = [
      store.registry.deleteManifest("a", appDescriptor.digest),
      rejection(store.registry.deleteManifest("a", other.digest, controller)),
    ] as const;
    controller.abort();
    await first;
    expect(await second).toMatchObject({ name: "AbortError" });
    expect([...store.manifests.keys()]).toEqual([other.digest]);
  });
});

describe("a backend without manifests()", () => {
  it("checks its changes itself, and is called at once", async () => {
    const pushed: string[] = [];
    const registry = defineBackend({
      pushManifest: ({ manifest }) => void pushed.push(manifest.descriptor.digest),
      deleteBlob: () => true,
    });
    await registry.pushManifest("a", app, imageManifest);
    await registry.deleteBlob("a", emptyDescriptor.digest);
    expect(pushed).toEqual([appDescriptor.digest]);
  });
});

describe("a child of an index that is stored as a blob", () => {
  it("is not read into memory if it is larger than a manifest may be", async () => {
    const log: string[] = [];
    const size = 8 * 1024 * 1024 + 1;
    const open = (): OpenContent => ({
      size,
      read: () => {
        log.push("read");
        return [app];
      },
      close: () => void log.push("close"),
    });
    const { registry } = new Store({ openBlob: open, sizeOfBlob: () => size });
    const push = (mediaType: string): Promise<Descriptor> =>
      registry.pushManifest("a", imageIndex({ ...appDescriptor, mediaType, size }), index);
    expect(await rejection(push(imageManifest))).toMatchObject({ code: "MANIFEST_INVALID" });
    expect(log).toEqual(["close"]);
    // It may well be content of an unknown type.
    await push("application/vnd.unknown");
    expect(log).not.toContain("read");
  });

  it("is freed if it cannot be read", async () => {
    const log: string[] = [];
    const broken = new Error("the disk is gone");
    const open = (): OpenContent => ({
      size: app.length,
      read: () => {
        throw broken;
      },
      close: () => void log.push("close"),
    });
    const store = new Store({ openBlob: open, sizeOfBlob: () => app.length });
    expect(await rejection(store.push(list, index))).toBe(broken);
    expect(log).toEqual(["close"]);
  });
});
