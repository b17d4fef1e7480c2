import { collect, ociMediaTypes, type CallOptions, type RegistryReader } from "@ocilayout/oci-types";
import { openLayout } from "@ocilayout/layout-core";
import { bytes, descriptorOf, freshLayout, probe, rejection } from "@ocilayout/testing";
import { describe, expect, it, onTestFinished } from "vitest";

import { readImage, readManifest, walkManifest, type Place } from "../../src/index.ts";
import { FakeRegistry } from "../fake-registry.ts";
import { pushImage } from "../images.ts";

const linux = { os: "linux", architecture: "amd64" };

const calls: Record<string, (at: Place<RegistryReader>, options: CallOptions) => Promise<unknown>> = {
  readManifest: (at, options) => readManifest(at, options),
  readImage: (at, options) => readImage(at, options),
  walkManifest: (at, options) => collect(walkManifest(at, options)),
};

async function fill(): Promise<Place<RegistryReader>> {
  const registry = await openLayout(freshLayout(), { durability: "none" });
  onTestFinished(() => registry.close());
  return { registry, repository: "a", reference: (await pushImage(registry, linux)).digest };
}

describe.each(Object.entries(calls))("a signal in %s", (name, call) => {
  it("counts as absent when it is null", async () => {
    await call(await fill(), { signal: null as unknown as undefined });
  });

  it("is rejected with a TypeError when it is not an AbortSignal", async () => {
    const at = await fill();
    for (const signal of [{}, "abort", new AbortController()] as unknown[] as AbortSignal[])
      expect(await rejection(call(at, { signal }))).toMatchObject({
        name: "TypeError",
        message: expect.stringMatching(/^signal must be/) as string,
      });
    for (const options of [null, "text"])
      expect(await rejection(call(at, options as unknown as object))).toMatchObject({
        name: "TypeError",
        message: expect.stringMatching(/^options must be/) as string,
      });
  });

  // clause 2
  it("ends the call before the first request when it is aborted already", async () => {
    const fake = new FakeRegistry();
    const at = fake.tagged(fake.putImage(linux));
    expect(await rejection(call(at, { signal: AbortSignal.abort("never") }))).toBe("never");
    expect(fake.asked).toEqual([]);
  });

  // clause 2
  it("reaches every request", async () => {
    const fake = new FakeRegistry();
    const at = fake.tagged(fake.putIndex(fake.putImage(linux)));
    const { signal } = new AbortController();
    const got: unknown[] = [];
    const record = (options: CallOptions | undefined): void => void got.push(options?.signal);
    const { getManifest, getTag, getBlob } = fake.registry;
    const registry: RegistryReader = {
      ...fake.registry,
      getManifest: async (repository, digest, options) => {
        record(options);
        return getManifest(repository, digest, options);
      },
      getTag: async (repository, tag, options) => {
        record(options);
        return getTag(repository, tag, options);
      },
      getBlob: async (repository, digest, options) => {
        record(options);
        return getBlob(repository, digest, options);
      },
    };
    await call({ ...at, registry }, { signal });
    expect(got).toHaveLength(fake.asked.length);
    expect(new Set(got)).toEqual(new Set([signal]));
  });

  // clause 2
  it("ends the call before its next request, if the signal is aborted between two", async () => {
    const fake = new FakeRegistry();
    const at = fake.tagged(fake.putIndex(fake.putImage(linux)));
    const all = fake.asked;
    await call(at, {});
    for (let last = all.splice(0).length; last > 1; last -= 1) {
      const controller = new AbortController();
      fake.onClose = () => {
        if (all.length === last - 1) controller.abort("enough");
      };
      expect(await rejection(call(at, { signal: controller.signal }))).toBe("enough");
      expect(all.splice(0)).toHaveLength(last - 1);
    }
  });

  // clause 2
  it("ends the call while it waits for content", async () => {
    for (const media of [ociMediaTypes.imageManifest, ociMediaTypes.imageConfig]) {
      const fake = new FakeRegistry();
      const content = descriptorOf(bytes("{}"), media);
      const source = probe([bytes("{")], true);
      fake.serve(content, source);
      const isConfig = media === ociMediaTypes.imageConfig;
      const at = fake.tagged(isConfig ? fake.putManifest(content) : content);
      if (isConfig && name !== "readImage") continue;
      const controller = new AbortController();
      const waiting = rejection(call(at, { signal: controller.signal }));
      await expect.poll(() => source.log.length).toBeGreaterThan(1);
      controller.abort("enough");
      expect(await waiting).toBe("enough");
      expect(source.log).toContain("return");
      expect(fake.open).toBe(0);
    }
  });
});
