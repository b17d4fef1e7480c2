import { readdirSync } from "node:fs";
import { join } from "node:path";

import { collect, type CallOptions } from "@ocilayout/oci-types";
import { artifact, bytes, descriptorOf, freshLayout, pushArtifact, rejection } from "@ocilayout/testing";
import { describe, expect, it, onTestFinished } from "vitest";

import { isReserve } from "../src/lock/reserve.ts";
import { openLayout, type LayoutRegistry } from "../src/index.ts";

const hello = descriptorOf(bytes("hello"));

/** Every method of a layout that takes options, called with existing content. */
const calls: Record<string, (it: LayoutRegistry, digest: string, options: CallOptions) => Promise<unknown>> =
  {
    getBlob: async (it, _digest, options) => (await it.getBlob("a", hello.digest, options)).close(),
    getBlobRange: async (it, _digest, options) =>
      (await it.getBlobRange("a", hello.digest, { start: 1 }, options)).close(),
    getManifest: async (it, digest, options) => (await it.getManifest("a", digest, options)).close(),
    getTag: async (it, _digest, options) => (await it.getTag("a", "v1", options)).close(),
    resolveBlob: (it, _digest, options) => it.resolveBlob("a", hello.digest, options),
    resolveManifest: (it, digest, options) => it.resolveManifest("a", digest, options),
    resolveTag: (it, _digest, options) => it.resolveTag("a", "v1", options),
    pushBlob: (it, _digest, options) => it.pushBlob("a", hello, bytes("hello"), options),
    pushManifest: (it, _digest, options) =>
      it.pushManifest("a", artifact("two"), "application/vnd.oci.image.manifest.v1+json", options),
    pushBlobChunked: async (it, _digest, options) => (await it.pushBlobChunked("a", options)).cancel(),
    mountBlob: (it, _digest, options) => it.mountBlob("a", "b", hello.digest, options),
    tags: (it, _digest, options) => collect(it.tags("a", options)),
    referrers: (it, digest, options) => collect(it.referrers("a", digest, options)),
    repositories: (it, _digest, options) => collect(it.repositories(options)),
    manifests: (it, _digest, options) => collect(it.manifests("a", options)),
    verify: (it, _digest, options) => collect(it.verify(options)),
    gc: (it, _digest, options) => it.gc(options),
  };

/** Returns the number of open files, if the system reports it. */
function openFiles(): number {
  return process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
}

async function fill(): Promise<{ registry: LayoutRegistry; digest: string; sessions: () => string[] }> {
  const registry = await openLayout(freshLayout(), { durability: "none" });
  onTestFinished(() => registry.close());
  await registry.pushBlob("a", hello, bytes("hello"));
  const { digest } = await pushArtifact(registry, "a", "one", ["v1"]);
  return {
    registry,
    digest,
    sessions: () => readdirSync(join(registry.directory, "_uploads")).filter((name) => !isReserve(name)),
  };
}

// clause 1
describe("a signal", () => {
  it.each(Object.entries(calls))("counts as absent if it is null in %s", async (_name, call) => {
    const { registry, digest, sessions } = await fill();
    await call(registry, digest, {});
    const before = openFiles();
    for (let i = 0; i < 5; i += 1) await call(registry, digest, { signal: null as unknown as undefined });
    expect(openFiles()).toBeLessThanOrEqual(before);
    expect(sessions()).toEqual([]);
  });

  it.each(Object.entries(calls))(
    "is rejected with a TypeError before anything is opened if it is invalid in %s",
    async (_name, call) => {
      const { registry, digest, sessions } = await fill();
      const before = openFiles();
      for (const signal of [
        {},
        { aborted: false, throwIfAborted: () => undefined },
        "abort",
        new AbortController(),
      ] as unknown[] as AbortSignal[]) {
        expect(await rejection(call(registry, digest, { signal }))).toMatchObject({
          name: "TypeError",
          message: expect.stringMatching(/^signal must be/) as string,
        });
      }
      for (const options of [null, "text"]) {
        expect(await rejection(call(registry, digest, options as unknown as object))).toMatchObject({
          name: "TypeError",
          message: expect.stringMatching(/^options must be/) as string,
        });
      }
      expect(openFiles()).toBeLessThanOrEqual(before);
      expect(sessions()).toEqual([]);
    },
  );

  it("leaves a session free to be resumed if it is invalid", async () => {
    const { registry } = await fill();
    const writer = await registry.pushBlobChunked("a");
    await writer.close();
    await expect(
      registry.pushBlobChunkedResume("a", writer.id, { signal: {} as AbortSignal }),
    ).rejects.toThrow(TypeError);
    const resumed = await registry.pushBlobChunkedResume("a", writer.id, {
      signal: null as unknown as undefined,
    });
    await resumed.write(bytes("hello"));
    expect(await resumed.commit(hello.digest)).toMatchObject({ size: 5 });
  });
});

// clause 1
describe("an argument of the wrong type", () => {
  it.each<[string, (it: LayoutRegistry) => Promise<unknown>]>([
    [
      "a range that is null",
      (it) => it.getBlobRange("a", hello.digest, null as unknown as { start: number }),
    ],
    ["a descriptor that is null", (it) => it.pushBlob("a", null as unknown as typeof hello, bytes("hello"))],
    ["verify that is text", (it) => it.getBlob("a", hello.digest, { verify: "no" as unknown as boolean })],
    ["chunks that are a number", (it) => it.getBlob("a", hello.digest, { chunks: 1 as unknown as "owned" })],
  ])("is rejected with a TypeError that names the mistake: %s", async (_what, call) => {
    const { registry } = await fill();
    const before = openFiles();
    expect(await rejection(call(registry))).toMatchObject({
      name: "TypeError",
      message: expect.stringMatching(/ must be /) as string,
    });
    expect(openFiles()).toBeLessThanOrEqual(before);
  });

  it("of openLayout is rejected with a TypeError that names the mistake", async () => {
    for (const options of [null, "text"])
      await expect(openLayout(freshLayout(), options as unknown as object)).rejects.toThrow(
        /^options must be an object, not /,
      );
  });

  it.each(["tags", "manifests"] as const)("of %s is rejected before NAME_UNKNOWN", async (name) => {
    const { registry } = await fill();
    await expect(collect<unknown>(registry[name]("nowhere", { limit: -1 }))).rejects.toThrow(RangeError);
    await expect(
      collect<unknown>(registry[name]("nowhere", { startAfter: 7 as unknown as string })),
    ).rejects.toThrow(TypeError);
    await expect(collect<unknown>(registry[name]("nowhere"))).rejects.toMatchObject({
      code: "NAME_UNKNOWN",
    });
  });
});
