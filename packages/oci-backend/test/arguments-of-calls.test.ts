import { runInNewContext } from "node:vm";

import { collect, type BlobDescriptor, type Registry } from "@ocilayout/oci-types";
import { bytes, probe, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { defineBackend } from "../src/index.ts";
import { digest, recordingBackend, type RecordingBackend } from "./recording-backend.ts";
import { calls, taking } from "./registry-calls.ts";

const names = Object.keys(calls) as (keyof typeof calls)[];

function make(): { registry: Registry; backend: RecordingBackend } {
  const backend = recordingBackend();
  return { registry: defineBackend(backend), backend };
}

/** Returns the calls of a backend, except `begin`. */
function asked({ asked: all }: RecordingBackend): string[] {
  return all.map(([name]) => name).filter((name) => name !== "begin");
}

// clauses 1 and 5
describe("before a method of a backend runs", () => {
  it.each(taking.repo)("an invalid repository fails with NAME_INVALID in %s", async (name) => {
    const { registry, backend } = make();
    for (const repo of ["", "A", "a//b", "../a", "a".repeat(300)])
      expect(await rejection(calls[name](registry, { repo }))).toMatchObject({ code: "NAME_INVALID" });
    expect(await rejection(calls[name](registry, { repo: 7 }))).toBeInstanceOf(TypeError);
    expect(asked(backend)).toEqual([]);
  });

  it.each(taking.digest)("an invalid digest fails with DIGEST_INVALID in %s", async (name) => {
    const { registry, backend } = make();
    for (const wrong of ["", "sha256:0", digest.toUpperCase(), `md5:${"0".repeat(32)}`])
      expect(await rejection(calls[name](registry, { digest: wrong }))).toMatchObject({
        code: "DIGEST_INVALID",
      });
    expect(await rejection(calls[name](registry, { digest: undefined }))).toBeInstanceOf(TypeError);
    expect(asked(backend)).toEqual([]);
  });

  it.each(taking.tag)("an invalid tag fails with NAME_INVALID in %s", async (name) => {
    const { registry, backend } = make();
    for (const tag of ["", "-t", "a b", "t".repeat(129)])
      expect(await rejection(calls[name](registry, { tag }))).toMatchObject({ code: "NAME_INVALID" });
    expect(await rejection(calls[name](registry, { tag: null }))).toBeInstanceOf(TypeError);
    expect(asked(backend)).toEqual([]);
  });

  it.each(names)("invalid options and signals are a TypeError in %s", async (name) => {
    const { registry, backend } = make();
    for (const options of [null, "text", { signal: {} }, { signal: 0 }])
      expect(await rejection(calls[name](registry, { options }))).toBeInstanceOf(TypeError);
    expect(backend.asked).toEqual([]);
  });

  it.each(names)("an aborted signal rejects with its reason in %s", async (name) => {
    const { registry, backend } = make();
    const reason = new Error("enough");
    const options = { signal: AbortSignal.abort(reason) };
    expect(await rejection(calls[name](registry, { options }))).toBe(reason);
    expect(asked(backend)).toEqual([]);
  });

  it.each(names)("a signal that is null counts as absent in %s", async (name) => {
    const { registry, backend } = make();
    await calls[name](registry, { options: { signal: null } });
    const methods = backend.asked.filter(([method]) => method !== "begin");
    expect(methods.length).toBeGreaterThan(0);
    for (const [, call] of methods) expect(call.signal).toBeUndefined();
  });

  it.each(names)("a signal of another realm is passed on in %s", async (name) => {
    const { registry, backend } = make();
    const signal = foreignSignal();
    expect(signal).not.toBeInstanceOf(AbortSignal);
    await calls[name](registry, { options: { signal } });
    for (const [method, call] of backend.asked) if (method !== "begin") expect(call.signal).toBe(signal);
  });

  it.each([
    ["a range that is not an object", null, TypeError],
    ["a start that is not a number", { start: "1" }, TypeError],
    ["a negative start", { start: -1 }, RangeError],
    ["a start that is NaN", { start: NaN }, RangeError],
    ["an end with a fraction", { start: 0, end: 0.5 }, RangeError],
    ["an end that is null", { start: 0, end: null }, TypeError],
  ])("%s is rejected", async (_what, range, type) => {
    const { registry, backend } = make();
    const call = registry.getBlobRange("a", digest, range as { start: number });
    expect(await rejection(call)).toBeInstanceOf(type);
    expect(asked(backend)).toEqual([]);
  });

  it("a range that ends before it starts fails with RANGE_INVALID", async () => {
    const { registry, backend } = make();
    const call = registry.getBlobRange("a", digest, { start: 2, end: 1 });
    expect(await rejection(call)).toMatchObject({ code: "RANGE_INVALID" });
    expect(asked(backend)).toEqual([]);
  });

  it("the options of reading are checked", async () => {
    const { registry, backend } = make();
    for (const [options, type] of [
      [{ verify: "no" }, TypeError],
      [{ chunks: "mine" }, TypeError],
      [{ chunks: null }, TypeError],
      [{ chunkSize: -1 }, RangeError],
      [{ chunkSize: "1" }, TypeError],
    ] as const) {
      expect(await rejection(registry.getBlob("a", digest, options as object))).toBeInstanceOf(type);
      const range = registry.getBlobRange("a", digest, { start: 0 }, options as object);
      expect(await rejection(range)).toBeInstanceOf(type);
    }
    expect(asked(backend)).toEqual([]);
  });

  it("the options of uploads are checked", async () => {
    const { registry, backend } = make();
    for (const [options, type] of [
      [{ chunkSize: -1 }, RangeError],
      [{ chunkSize: null }, TypeError],
      [{ offset: 0.5 }, RangeError],
      [{ offset: "3" }, TypeError],
    ] as const)
      expect(await rejection(registry.pushBlobChunkedResume("a", "one", options as object))).toBeInstanceOf(
        type,
      );
    for (const digestAlgorithm of ["", "md5"])
      expect(await rejection(registry.pushBlobChunked("a", { digestAlgorithm }))).toMatchObject({
        code: "DIGEST_INVALID",
      });
    for (const id of [undefined, 7])
      expect(await rejection(registry.resolveUpload("a", id as unknown as string))).toBeInstanceOf(TypeError);
    expect(asked(backend)).toEqual([]);
  });

  it("the options of lists are checked", async () => {
    const { registry, backend } = make();
    for (const list of ["tags", "referrers", "repositories"] as const) {
      for (const [options, type] of [
        [{ limit: -1 }, RangeError],
        [{ limit: "1" }, TypeError],
        [{ startAfter: 7 }, TypeError],
      ] as const)
        expect(await rejection(calls[list](registry, { options }))).toBeInstanceOf(type);
    }
    const wrong = { artifactType: 7 } as unknown as { artifactType: string };
    expect(await rejection(collect(registry.referrers("a", digest, wrong)))).toBeInstanceOf(TypeError);
    expect(asked(backend)).toEqual([]);
  });

  it("a manifest, its tags and its preconditions are checked", async () => {
    const { registry, backend } = make();
    const push = (content: unknown, mediaType: unknown, options: object = {}): Promise<unknown> =>
      rejection(registry.pushManifest("a", content as Uint8Array, mediaType as string, options));
    const good = bytes("hello");
    expect(await push("hello", "text/plain")).toBeInstanceOf(TypeError);
    expect(await push(good, 7)).toBeInstanceOf(TypeError);
    expect(await push(good, "plain")).toMatchObject({ code: "MANIFEST_INVALID" });
    expect(await push(bytes("[]"), "application/vnd.oci.image.manifest.v1+json")).toMatchObject({
      code: "MANIFEST_INVALID",
    });
    expect(await push(good, "text/plain", { tags: "v1" })).toBeInstanceOf(TypeError);
    expect(await push(good, "text/plain", { ifMatch: "*" })).toBeInstanceOf(TypeError);
    expect(await push(good, "text/plain", { tags: ["t"], ifMatch: "x" })).toMatchObject({
      code: "DIGEST_INVALID",
    });
    expect(await push(good, "text/plain", { digest: "x" })).toMatchObject({ code: "DIGEST_INVALID" });
    expect(await push(good, "text/plain", { digest: `sha256:${"0".repeat(64)}` })).toMatchObject({
      code: "DIGEST_INVALID",
    });
    expect(await push(new Uint8Array(1025), "text/plain")).toMatchObject({
      code: "SIZE_INVALID",
      detail: { limit: 1024 },
    });
    expect(asked(backend)).toEqual([]);
  });

  it("a descriptor and its size are checked", async () => {
    const { registry, backend } = make();
    for (const [descriptor, type] of [
      [null, TypeError],
      [{ digest, size: -1 }, RangeError],
      [{ digest, size: "5" }, TypeError],
    ] as const)
      expect(
        await rejection(registry.pushBlob("a", descriptor as BlobDescriptor, bytes("hello"))),
      ).toBeInstanceOf(type);
    expect(asked(backend)).toEqual([]);
  });
});

describe("the source of a push", () => {
  it.each([
    ["whose repository is invalid", "", { digest }, undefined],
    ["whose digest is invalid", "a", { digest: "x" }, undefined],
    ["whose descriptor is null", "a", null, undefined],
    ["whose signal is aborted", "a", { digest }, { signal: AbortSignal.abort() }],
    ["whose signal is invalid", "a", { digest }, { signal: 7 }],
  ])("%s is ended", async (_what, repo, descriptor, options) => {
    const source = probe([bytes("hello")]);
    const push = make().registry.pushBlob(repo, descriptor as { digest: string }, source, options as object);
    await rejection(push);
    expect(source.log).toEqual(["return"]);
  });

  it("is ended if the backend has no pushBlob, rejects writes, or does not read it", async () => {
    const refusing = recordingBackend({
      begin() {
        throw new Error("closed");
      },
    });
    for (const backend of [{}, refusing, recordingBackend()]) {
      const source = probe([bytes("hello")]);
      await defineBackend(backend)
        .pushBlob("a", { digest }, source)
        .catch(() => undefined);
      expect(source.log).toEqual(["return"]);
    }
  });
});

describe("the method begin", () => {
  it.each(names)("is called once, with the access of %s, before the names are checked", async (name) => {
    const { registry, backend } = make();
    const writes = /^(push|mount|delete|cancel)/.test(name);
    await calls[name](registry);
    expect(backend.asked.filter(([method]) => method === "begin")).toEqual([
      ["begin", { signal: undefined, access: writes ? "write" : "read" }],
    ]);
    if (name === "repositories") return;
    const failing = defineBackend(
      recordingBackend({
        begin() {
          throw new Error("closed");
        },
      }),
    );
    expect(await rejection(calls[name](failing, { repo: "" }))).toMatchObject({ message: "closed" });
  });
});

/** Returns a signal of another class, like that of a polyfill or of another realm. */
function foreignSignal(): AbortSignal {
  const { signal } = new AbortController();
  return runInNewContext(
    `({
      get [Symbol.toStringTag]() { return "AbortSignal"; },
      get aborted() { return signal.aborted; },
      throwIfAborted: () => signal.throwIfAborted(),
      addEventListener: (...args) => signal.addEventListener(...args),
      removeEventListener: (...args) => signal.removeEventListener(...args),
    })`,
    { signal },
  ) as AbortSignal;
}
