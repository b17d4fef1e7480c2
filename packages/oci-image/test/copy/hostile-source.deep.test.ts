import { ociMediaTypes } from "@ocilayout/oci-types";
import { descriptorOf } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { FakeRegistry } from "../fake-registry.ts";
import { expectCode, sourceOf } from "./hostile.ts";

const { imageIndex, imageManifest } = ociMediaTypes;

/** Expects that `run` takes less than a second, and the size of the process does not grow by more than 64 MiB. */
async function expectCheap(run: () => Promise<void>): Promise<void> {
  const before = process.memoryUsage.rss();
  const started = performance.now();
  await run();
  expect(performance.now() - started).toBeLessThan(1_000);
  expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024);
}

describe("a very large hostile source", () => {
  it("of 100,000 nested levels fails with MANIFEST_INVALID within a second", async () => {
    const fake = new FakeRegistry();
    let top = fake.putIndex();
    for (let level = 0; level < 100_000; level += 1) top = fake.putIndex(top);
    for (const options of [
      {},
      { platforms: ["linux/amd64"] },
      { referrers: true },
      { check: "deep" } as const,
    ])
      await expectCheap(() => expectCode(sourceOf(fake, top), "MANIFEST_INVALID", options));
  });

  it("with an index of a million children fails with SIZE_INVALID within a second", async () => {
    const fake = new FakeRegistry();
    const child = `{"mediaType":"${imageManifest}","digest":"sha256:${"0".repeat(64)}","size":1},`;
    const text = Buffer.from(`{"schemaVersion":2,"manifests":[${child.repeat(1_000_000).slice(0, -1)}]}`);
    const index = fake.serve(descriptorOf(text, imageIndex), text);
    await expectCheap(() => expectCode(sourceOf(fake, index), "SIZE_INVALID"));
    fake.state(index, { ...index, size: 8 * 1024 * 1024 });
    await expectCheap(() => expectCode(sourceOf(fake, index), "CONTENT_CORRUPT"));
  });
});
