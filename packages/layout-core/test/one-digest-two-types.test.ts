import { ociMediaTypes, type Descriptor } from "@ocilayout/oci-types";
import { bytes, freshLayout, pushArtifact, rejection } from "@ocilayout/testing";
import { describe, expect, it, onTestFinished } from "vitest";

import { openLayout, type LayoutRegistry } from "../src/index.ts";

const opaque = "application/vnd.unknown";

/** Opens a layout in which "a" has an index without a media type, and "b" has the same bytes under an unknown type. */
async function open(): Promise<{ registry: LayoutRegistry; child: Descriptor; index: Descriptor }> {
  const registry = await openLayout(freshLayout(), { durability: "none" });
  onTestFinished(() => registry.close());
  const child = await pushArtifact(registry, "a", "child");
  const content = bytes(JSON.stringify({ schemaVersion: 2, manifests: [child] }));
  const index = await registry.pushManifest("a", content, ociMediaTypes.imageIndex, { tags: ["index"] });
  await registry.pushManifest("b", content, opaque, { tags: ["opaque"] });
  return { registry, child, index };
}

// clauses 12 and 17
describe("bytes without a media type of their own, pushed as an index and as an unknown type", () => {
  it("have in each repository the type that they were pushed with", async () => {
    const { registry, index } = await open();
    for (let i = 0; i < 2; i += 1) {
      expect((await registry.resolveTag("a", "index")).mediaType).toBe(ociMediaTypes.imageIndex);
      expect((await registry.resolveTag("b", "opaque")).mediaType).toBe(opaque);
    }
    expect(await registry.resolveManifest("a", index.digest)).toEqual(index);
  });

  it("contain their children in a repository that has them as an index, whatever else was read", async () => {
    const { registry, child } = await open();
    for (let i = 0; i < 2; i += 1) {
      expect(await registry.resolveManifest("a", child.digest)).toEqual(child);
      await registry.resolveTag("b", "opaque");
    }
    expect(await rejection(registry.deleteManifest("a", child.digest))).toMatchObject({ code: "DENIED" });
  });

  it("contain nothing in a repository that has them as an unknown type", async () => {
    const { registry, child } = await open();
    expect(await rejection(registry.resolveManifest("b", child.digest))).toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
    await pushArtifact(registry, "b", "child");
    expect(await registry.resolveManifest("b", child.digest)).toEqual(child);
    // Another instance has not read the index in "a".
    await using other = await openLayout(registry.directory);
    expect(await other.resolveManifest("b", child.digest)).toEqual(child);
    await registry.deleteManifest("b", child.digest);
  });
});
