import { collect, octetStream, type Registry } from "@ocilayout/oci-types";
import { bytes, descriptorOf, digestOf, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import type { Backend } from "../src/index.ts";
import { backendOf, defineBackend, sameBackend } from "../src/index.ts";
import { content, descriptor, digest, recordingBackend, type Asked } from "./recording-backend.ts";
import { calls } from "./registry-calls.ts";

const names = Object.keys(calls) as (keyof typeof calls)[];

/** Calls a registry, and returns the calls of its backend, except `begin`. */
async function askedBy(call: (registry: Registry) => Promise<unknown>): Promise<Asked[]> {
  const backend = recordingBackend();
  await call(defineBackend(backend));
  return backend.asked.filter(([name]) => name !== "begin");
}

describe("the methods of a backend receive", () => {
  const signal = undefined;
  const page = { startAfter: undefined, limit: undefined };

  it.each<[keyof typeof calls, Asked[]]>([
    ["getBlob", [["openBlob", { repository: "a", digest, chunks: "owned", chunkSize: undefined, signal }]]],
    [
      "getBlobRange",
      [
        [
          "openBlob",
          {
            repository: "a",
            digest,
            chunks: "owned",
            chunkSize: undefined,
            range: { start: 1, end: undefined },
            signal,
          },
        ],
      ],
    ],
    ["resolveBlob", [["sizeOfBlob", { repository: "a", digest, signal }]]],
    [
      "getManifest",
      [
        ["findManifest", { repository: "a", digest, signal }],
        ["openManifest", { repository: "a", descriptor, signal }],
      ],
    ],
    [
      "getTag",
      [
        ["findTag", { repository: "a", tag: "t", signal }],
        ["openManifest", { repository: "a", descriptor, signal }],
      ],
    ],
    ["resolveManifest", [["findManifest", { repository: "a", digest, signal }]]],
    ["resolveTag", [["findTag", { repository: "a", tag: "t", signal }]]],
    ["mountBlob", [["mountBlob", { repository: "a", from: "b", digest, signal }]]],
    ["pushBlobChunked", [["startUpload", { repository: "a", algorithm: "sha256", signal }]]],
    ["pushBlobChunkedResume", [["resumeUpload", { repository: "a", id: "one", signal }]]],
    ["resolveUpload", [["findUpload", { repository: "a", id: "one", signal }]]],
    ["cancelUpload", [["resumeUpload", { repository: "a", id: "one", signal }]]],
    ["deleteBlob", [["deleteBlob", { repository: "a", digest, signal }]]],
    ["deleteManifest", [["deleteManifest", { repository: "a", digest, signal }]]],
    ["deleteTag", [["deleteTag", { repository: "a", tag: "t", precondition: {}, signal }]]],
    ["tags", [["tags", { repository: "a", ...page, signal }]]],
    ["referrers", [["referrers", { repository: "a", digest, artifactType: undefined, ...page, signal }]]],
    ["repositories", [["repositories", { ...page, signal }]]],
  ])("the complete arguments of %s", async (name, expected) => {
    expect(await askedBy(calls[name])).toEqual(expected);
  });

  it("the options of a read", async () => {
    const [asked] = await askedBy((registry) =>
      registry.getBlob("a", digest, { chunks: "reused", chunkSize: 9 }),
    );
    expect(asked?.[1]).toMatchObject({ chunks: "reused", chunkSize: 9 });
  });

  it("the page of a list, with an empty startAfter as absent", async () => {
    const [asked] = await askedBy((registry) => collect(registry.tags("a", { startAfter: "b", limit: 2 })));
    expect(asked?.[1]).toMatchObject({ startAfter: "b", limit: 2 });
    const [empty] = await askedBy((registry) => collect(registry.repositories({ startAfter: "" })));
    expect(empty?.[1]).toMatchObject({ startAfter: undefined });
  });

  it("a hashed and parsed manifest, its tags without duplicates, and the preconditions", async () => {
    const text = bytes('{"mediaType":"application/x-thing"}');
    const tags = ["t", "u", "t"];
    const [asked] = await askedBy((registry) =>
      registry.pushManifest("a", text, "application/x-thing; charset=utf-8", { tags, ifNoneMatch: "*" }),
    );
    expect(asked).toEqual([
      "pushManifest",
      {
        repository: "a",
        tags: ["t", "u"],
        precondition: { ifNoneMatch: "*" },
        manifest: {
          content: text,
          descriptor: descriptorOf(text, "application/x-thing"),
          parsed: { kind: "opaque", mediaType: "application/x-thing" },
        },
        signal,
      },
    ]);
  });

  it("the bytes of a manifest at the time of the push", async () => {
    const text = bytes("hello");
    const [asked] = await askedBy(async (registry) => {
      const pushing = registry.pushManifest("a", text, "text/plain");
      text.fill(0);
      await pushing;
    });
    expect(asked?.[1]["manifest"]).toMatchObject({ content: bytes("hello") });
  });

  it("a digest of the algorithm that the caller chose", async () => {
    const sha512 = `sha512:${"0".repeat(128)}`;
    const [asked] = await askedBy((registry) => registry.getBlob("a", sha512));
    expect(asked?.[1]).toMatchObject({ digest: sha512 });
    const [upload] = await askedBy((registry) =>
      registry.pushBlobChunked("a", { digestAlgorithm: "sha512" }),
    );
    expect(upload?.[1]).toMatchObject({ algorithm: "sha512" });
  });
});

describe("the content of a pushed blob", () => {
  const push = (
    pushBlob: Required<Backend>["pushBlob"],
    pushed: Uint8Array | Iterable<Uint8Array> = content,
    size?: number,
  ): Promise<unknown> => defineBackend({ pushBlob }).pushBlob("a", { digest, size }, pushed);

  it("is verified while it is read, in one piece or chunk by chunk", async () => {
    const whole: Required<Backend>["pushBlob"] = async (call) => (await call.content.bytes()).length;
    const inChunks: Required<Backend>["pushBlob"] = async (call) => {
      let size = 0;
      for await (const chunk of call.content) size += chunk.length;
      return size;
    };
    for (const pushBlob of [whole, inChunks]) {
      expect(await push(pushBlob)).toEqual({ mediaType: octetStream, digest, size: 5 });
      expect(await push(pushBlob, content, 5)).toMatchObject({ size: 5 });
      expect(await rejection(push(pushBlob, bytes("jello")))).toMatchObject({ code: "DIGEST_INVALID" });
      expect(await rejection(push(pushBlob, content, 4))).toMatchObject({ code: "SIZE_INVALID" });
      expect(await rejection(push(pushBlob, content, 6))).toMatchObject({ code: "SIZE_INVALID" });
    }
  });

  // clause 3
  it("belongs to the backend, even if the source reuses its memory", async () => {
    function* reusing(): Generator<Uint8Array, void, undefined> {
      const memory = new Uint8Array(1);
      for (const byte of content) {
        memory[0] = byte;
        yield memory;
      }
      memory[0] = 0;
    }
    const kept: Uint8Array[] = [];
    await push(async (call) => {
      for await (const chunk of call.content) kept.push(chunk);
      return 5;
    }, reusing());
    expect(kept.map(([byte]) => byte)).toEqual([...content]);
  });

  it("is also available unverified", async () => {
    const chunks: Uint8Array[] = [];
    await push(async ({ unverified }) => {
      for await (const chunk of unverified) chunks.push(chunk);
      return 5;
    }, bytes("jello"));
    expect(chunks).toEqual([bytes("jello")]);
  });
});

describe("missing content", () => {
  const missing: Partial<Backend> = {
    openBlob: () => undefined,
    sizeOfBlob: () => undefined,
    findManifest: () => undefined,
    findTag: () => undefined,
    mountBlob: () => undefined,
    resumeUpload: () => undefined,
    findUpload: () => undefined,
    deleteBlob: () => false,
    deleteManifest: () => false,
    deleteTag: () => false,
    tags: () => undefined,
  };

  it.each<[keyof typeof calls, string]>([
    ["getBlob", "BLOB_UNKNOWN"],
    ["getBlobRange", "BLOB_UNKNOWN"],
    ["resolveBlob", "BLOB_UNKNOWN"],
    ["mountBlob", "BLOB_UNKNOWN"],
    ["deleteBlob", "BLOB_UNKNOWN"],
    ["getManifest", "MANIFEST_UNKNOWN"],
    ["getTag", "MANIFEST_UNKNOWN"],
    ["resolveManifest", "MANIFEST_UNKNOWN"],
    ["resolveTag", "MANIFEST_UNKNOWN"],
    ["deleteManifest", "MANIFEST_UNKNOWN"],
    ["deleteTag", "MANIFEST_UNKNOWN"],
    ["pushBlobChunkedResume", "BLOB_UPLOAD_UNKNOWN"],
    ["resolveUpload", "BLOB_UPLOAD_UNKNOWN"],
    ["cancelUpload", "BLOB_UPLOAD_UNKNOWN"],
    ["tags", "NAME_UNKNOWN"],
  ])("makes %s fail with %s", async (name, code) => {
    expect(await rejection(calls[name](defineBackend(recordingBackend(missing))))).toMatchObject({ code });
  });

  it("may be undefined for a deletion too, as a lookup in a missing Map returns", async () => {
    const stores: Map<string, Map<string, unknown>> = new Map();
    const registry = defineBackend({
      deleteBlob: ({ repository, digest }) => stores.get(repository)?.delete(digest),
      deleteManifest: async ({ repository, digest }) =>
        Promise.resolve(stores.get(repository)?.delete(digest)),
      deleteTag: ({ repository, tag }) => stores.get(repository)?.delete(tag),
    });
    expect(await rejection(registry.deleteBlob("a", digest))).toMatchObject({ code: "BLOB_UNKNOWN" });
    expect(await rejection(registry.deleteManifest("a", digest))).toMatchObject({ code: "MANIFEST_UNKNOWN" });
    expect(await rejection(registry.deleteTag("a", "t"))).toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });

  it("makes getManifest and getTag fail with MANIFEST_UNKNOWN if only the descriptor is stored", async () => {
    const registry = defineBackend(recordingBackend({ openManifest: () => undefined }));
    for (const name of ["getManifest", "getTag"] as const)
      expect(await rejection(calls[name](registry))).toMatchObject({ code: "MANIFEST_UNKNOWN" });
  });
});

describe("a missing method of a backend", () => {
  it.each(names)("makes %s fail with UNSUPPORTED, after the arguments are checked", async (name) => {
    const registry = defineBackend({});
    expect(await rejection(calls[name](registry))).toMatchObject({ code: "UNSUPPORTED" });
    if (name === "repositories") return;
    expect(await rejection(calls[name](registry, { repo: "" }))).toMatchObject({ code: "NAME_INVALID" });
  });

  it("makes its capability false", () => {
    const none = {
      deleteBlob: false,
      deleteManifest: false,
      deleteTag: false,
      resumableUploads: false,
      mount: false,
      repositories: false,
      referrers: false,
    };
    expect(defineBackend({}).capabilities).toEqual(none);
    expect(defineBackend(recordingBackend()).capabilities).toEqual({});
    expect(defineBackend({ manifests: () => [] }).capabilities).toEqual({ ...none, referrers: undefined });
    const said = { persistent: false, mount: true };
    expect(defineBackend({ capabilities: said }).capabilities).toEqual({ ...none, ...said });
  });
});

describe("a registry from defineBackend", () => {
  it("calls the methods of a class instance with it as this", async () => {
    class Store implements Backend {
      readonly #size = 5;
      sizeOfBlob(): number {
        return this.#size;
      }
    }
    expect(await defineBackend(new Store()).resolveBlob("a", digest)).toMatchObject({ size: 5 });
  });

  it("rejects fields with the name of a method, and invalid settings", () => {
    for (const [wrong, type] of [
      [null, TypeError],
      [{ repositories: new Map() }, TypeError],
      [{ tags: [] }, TypeError],
      [{ openBlob: null }, TypeError],
      [{ capabilities: "all" }, TypeError],
      [{ verifyOnRead: "yes" }, TypeError],
      [{ maxManifestBytes: -1 }, RangeError],
    ] as const)
      expect(() => defineBackend(wrong as unknown as Backend)).toThrow(type);
  });

  it("has a backend, which sameBackend shares with a wider object", () => {
    const backend: Backend = {};
    const made = defineBackend(backend);
    expect(backendOf(made)).toBe(backend);
    const wider = { ...made, close: () => undefined };
    expect(backendOf(wider)).toBeUndefined();
    expect(sameBackend(made, wider)).toBe(wider);
    expect(backendOf(wider)).toBe(backend);
    const foreign = { ...made };
    expect(backendOf(sameBackend({ ...made }, foreign))).toBeUndefined();
  });

  it("passes on other errors of a method unchanged", async () => {
    const error = new Error("the disk is full");
    const registry = defineBackend({
      openBlob: () => {
        throw error;
      },
      deleteBlob: async () => Promise.reject(error),
      tags: async () => Promise.reject(error),
    });
    for (const name of ["getBlob", "deleteBlob", "tags"] as const)
      expect(await rejection(calls[name](registry))).toBe(error);
  });

  // clauses 3 and 18
  it("returns descriptors that are copies, with no other members", async () => {
    const kept = { ...descriptor, annotations: { a: "b" } };
    const registry = defineBackend(recordingBackend({ findManifest: () => kept, findTag: () => kept }));
    for (const found of [await registry.resolveManifest("a", digest), await registry.resolveTag("a", "t")]) {
      expect(found).toEqual(descriptor);
      expect(found).not.toBe(kept);
    }
    expect((await registry.getManifest("a", digest)).descriptor).toEqual(kept);
  });

  it("calls resolveManifest, if it exists, instead of findManifest", async () => {
    const better = descriptorOf(bytes("better"));
    const backend = { ...recordingBackend(), resolveManifest: () => better };
    expect(await defineBackend(backend).resolveManifest("a", digest)).toEqual(better);
    const none = { ...recordingBackend(), resolveManifest: () => undefined };
    expect(await rejection(defineBackend(none).resolveManifest("a", digest))).toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
  });

  it("opens and closes a blob to get its size if the backend has no sizeOfBlob", async () => {
    const log: string[] = [];
    const registry = defineBackend({
      openBlob: () => ({ size: 7, read: () => bytes("never"), close: () => void log.push("close") }),
    });
    expect(await registry.resolveBlob("a", digestOf(content))).toMatchObject({ size: 7 });
    expect(log).toEqual(["close"]);
  });
});
