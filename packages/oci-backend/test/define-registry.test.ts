import { probe, rejection } from "@ocilayout/testing";
import { describe, expect, it, vi } from "vitest";

import { defineRegistry } from "../src/index.ts";
import { collect, type Registry } from "@ocilayout/oci-types";

const digest = `sha256:${"0".repeat(64)}`;

const calls: Record<Exclude<keyof Registry, "capabilities">, (registry: Registry) => Promise<unknown>> = {
  getBlob: (registry) => registry.getBlob("a", digest),
  getBlobRange: (registry) => registry.getBlobRange("a", digest, { start: 0 }),
  getManifest: (registry) => registry.getManifest("a", digest),
  getTag: (registry) => registry.getTag("a", "t"),
  resolveBlob: (registry) => registry.resolveBlob("a", digest),
  resolveManifest: (registry) => registry.resolveManifest("a", digest),
  resolveTag: (registry) => registry.resolveTag("a", "t"),
  pushBlob: (registry) => registry.pushBlob("a", { digest }, new Uint8Array()),
  pushBlobChunked: (registry) => registry.pushBlobChunked("a"),
  pushBlobChunkedResume: (registry) => registry.pushBlobChunkedResume("a", "id"),
  resolveUpload: (registry) => registry.resolveUpload("a", "id"),
  cancelUpload: (registry) => registry.cancelUpload("a", "id"),
  mountBlob: (registry) => registry.mountBlob("a", "b", digest),
  pushManifest: (registry) => registry.pushManifest("a", new Uint8Array(), "x/y"),
  deleteBlob: (registry) => registry.deleteBlob("a", digest),
  deleteManifest: (registry) => registry.deleteManifest("a", digest),
  deleteTag: (registry) => registry.deleteTag("a", "t"),
  tags: (registry) => collect(registry.tags("a")),
  referrers: (registry) => collect(registry.referrers("a", digest)),
  repositories: (registry) => collect(registry.repositories()),
};

describe("defineRegistry", () => {
  it.each(Object.entries(calls))(
    "rejects %s with UNSUPPORTED when the backend lacks it",
    async (_name, call) => {
      expect(await rejection(call(defineRegistry({})))).toMatchObject({ code: "UNSUPPORTED" });
    },
  );

  it.each(Object.entries(calls))("passes %s on, with the backend as `this`", async (name, call) => {
    const receivers: unknown[] = [];
    const backend = {
      [name](this: unknown) {
        receivers.push(this);
        return name === "tags" || name === "referrers" || name === "repositories"
          ? probe([])
          : Promise.resolve();
      },
    } as Partial<Registry>;
    await call(defineRegistry(backend));
    expect(receivers).toEqual([backend]);
  });

  // clause 4
  it("calls a list method only when the first item is requested", async () => {
    const tags = vi.fn(async function* () {
      yield "v1";
    });
    const list = defineRegistry({ tags }).tags("a");
    expect(tags).not.toHaveBeenCalled();
    expect(await collect(list)).toEqual(["v1"]);
  });

  // clause 4
  it("returns the backend's iterator when the loop is left", async () => {
    let freed = false;
    const registry = defineRegistry({
      async *repositories() {
        try {
          for (;;) yield "a";
        } finally {
          freed = true;
        }
      },
    });
    for await (const name of registry.repositories()) if (name === "a") break;
    expect(freed).toBe(true);
  });

  // clause 1
  it("turns a synchronous throw of the backend into a rejection", async () => {
    const registry = defineRegistry({
      getTag() {
        throw new TypeError("at once");
      },
    });
    expect(await rejection(registry.getTag("a", "t"))).toBeInstanceOf(TypeError);
  });

  /** Each call with these options. */
  const calling = (registry: Registry, options: object): Record<string, () => Promise<unknown>> => ({
    getBlob: () => registry.getBlob("a", digest, options),
    getBlobRange: () => registry.getBlobRange("a", digest, { start: 0 }, options),
    getManifest: () => registry.getManifest("a", digest, options),
    getTag: () => registry.getTag("a", "t", options),
    resolveBlob: () => registry.resolveBlob("a", digest, options),
    resolveManifest: () => registry.resolveManifest("a", digest, options),
    resolveTag: () => registry.resolveTag("a", "t", options),
    pushBlob: () => registry.pushBlob("a", { digest }, new Uint8Array(), options),
    pushBlobChunked: () => registry.pushBlobChunked("a", options),
    pushBlobChunkedResume: () => registry.pushBlobChunkedResume("a", "id", options),
    resolveUpload: () => registry.resolveUpload("a", "id", options),
    cancelUpload: () => registry.cancelUpload("a", "id", options),
    mountBlob: () => registry.mountBlob("a", "b", digest, options),
    pushManifest: () => registry.pushManifest("a", new Uint8Array(), "x/y", options),
    deleteBlob: () => registry.deleteBlob("a", digest, options),
    deleteManifest: () => registry.deleteManifest("a", digest, options),
    deleteTag: () => registry.deleteTag("a", "t", options),
    tags: () => collect(registry.tags("a", options)),
    referrers: () => collect(registry.referrers("a", digest, options)),
    repositories: () => collect(registry.repositories(options)),
  });

  // clause 1
  it.each(Object.keys(calls))("passes no null and no invalid signal to the backend of %s", async (name) => {
    const received: unknown[] = [];
    const backend = {
      [name](...args: unknown[]) {
        received.push(args.at(-1));
        return name === "tags" || name === "referrers" || name === "repositories"
          ? probe([])
          : Promise.resolve();
      },
    } as Partial<Registry>;
    const call = async (options: unknown): Promise<unknown> =>
      calling(defineRegistry(backend), options as object)[name]?.();
    await call({ signal: null, mark: 1 });
    const { signal } = new AbortController();
    const own = { signal };
    await call(own);
    expect(received).toEqual([{ signal: undefined, mark: 1 }, own]);
    expect(received[1]).toBe(own);
    for (const wrong of [null, "text", { signal: {} }, { signal: 0 }])
      expect(await rejection(call(wrong))).toBeInstanceOf(TypeError);
    expect(received).toHaveLength(2);
  });

  it("closes the content of a push that has an invalid signal", async () => {
    const source = probe([new Uint8Array(1)]);
    const registry = defineRegistry({ pushBlob: vi.fn() });
    expect(
      await rejection(registry.pushBlob("a", { digest }, source, { signal: {} as AbortSignal })),
    ).toBeInstanceOf(TypeError);
    expect(source.log).toEqual(["return"]);
  });

  it("closes the content of a push that it rejects", async () => {
    const source = probe([new Uint8Array(1)]);
    await rejection(defineRegistry({}).pushBlob("a", { digest }, source));
    expect(source.log).toEqual(["return"]);
  });

  it("keeps the backend's capabilities", () => {
    expect(defineRegistry({ capabilities: { mount: false } }).capabilities).toEqual({ mount: false });
    expect(defineRegistry({}).capabilities).toBeUndefined();
  });
});
