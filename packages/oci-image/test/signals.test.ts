import { collect, type CallOptions } from "@ocilayout/oci-types";
import { openLayout, type LayoutRegistry } from "@ocilayout/layout-core";
import { freshLayout, pushArtifact, rejection } from "@ocilayout/testing";
import { describe, expect, it, onTestFinished } from "vitest";

import { resolvePlatform, walkManifest } from "../src/index.ts";

const calls: Record<
  string,
  (registry: LayoutRegistry, digest: string, options: CallOptions) => Promise<unknown>
> = {
  walkManifest: (it, digest, options) => collect(walkManifest(it, "a", digest, options)),
  resolvePlatform: (it, digest, options) =>
    resolvePlatform(it, "a", digest, { os: "linux", architecture: "amd64" }, options),
};

async function fill(): Promise<{ registry: LayoutRegistry; digest: string }> {
  const registry = await openLayout(freshLayout(), { durability: "none" });
  onTestFinished(() => registry.close());
  return { registry, digest: (await pushArtifact(registry, "a", "one")).digest };
}

describe.each(Object.entries(calls))("a signal in %s", (_name, call) => {
  it("counts as absent when it is null", async () => {
    const { registry, digest } = await fill();
    await call(registry, digest, { signal: null as unknown as undefined });
  });

  it("is rejected with a TypeError when it is not an AbortSignal", async () => {
    const { registry, digest } = await fill();
    for (const signal of [{}, "abort", new AbortController()] as unknown[] as AbortSignal[])
      expect(await rejection(call(registry, digest, { signal }))).toMatchObject({
        name: "TypeError",
        message: expect.stringMatching(/^signal must be/) as string,
      });
    for (const options of [null, "text"])
      expect(await rejection(call(registry, digest, options as unknown as object))).toMatchObject({
        name: "TypeError",
        message: expect.stringMatching(/^options must be/) as string,
      });
  });
});
