import type { ByteRange } from "@ocilayout/oci-types";
import { computeDigest } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { defineBackend } from "../src/index.ts";

const content = new TextEncoder().encode("content");
const { digest } = await computeDigest(content);
const descriptor = { mediaType: "application/x-a", digest, size: content.length };

describe("a backend that finds and reads a manifest in one step", () => {
  const registry = defineBackend({
    loadManifest: (call) => (call.digest === digest ? { descriptor, content } : undefined),
    loadTag: ({ tag }) => (tag === "v1" ? { descriptor: { ...descriptor, data: "x" }, content } : undefined),
  });

  it("reads manifests and tags without its other methods", async () => {
    for (const reader of [await registry.getManifest("app", digest), await registry.getTag("app", "v1")]) {
      expect(reader.descriptor).toEqual(descriptor);
      expect(await reader.text()).toBe("content");
    }
  });

  it("reports missing content with MANIFEST_UNKNOWN", async () => {
    const missing = { code: "MANIFEST_UNKNOWN" };
    await expect(registry.getTag("app", "v2")).rejects.toMatchObject(missing);
    await expect(registry.getManifest("app", `sha256:${"0".repeat(64)}`)).rejects.toMatchObject(missing);
  });

  it("is verified", async () => {
    const wrong = defineBackend({
      loadTag: () => ({ descriptor, content: new TextEncoder().encode("CONTENT") }),
    });
    await expect((await wrong.getTag("app", "v1")).bytes()).rejects.toMatchObject({
      code: "CONTENT_CORRUPT",
    });
  });
});

it("openBlob receives the requested range, and none for the whole blob", async () => {
  const ranges: (ByteRange | undefined)[] = [];
  const registry = defineBackend({
    openBlob({ range }) {
      ranges.push(range);
      return content;
    },
  });
  expect(await (await registry.getBlobRange("app", digest, { start: 2, end: 5 })).text()).toBe("nte");
  await (await registry.getBlobRange("app", digest, { start: 2 })).close();
  await (await registry.getBlob("app", digest)).close();
  expect(ranges).toEqual([{ start: 2, end: 5 }, { start: 2, end: undefined }, undefined]);
});
