import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { collect, ociMediaTypes } from "@ocilayout/oci-types";
import { artifact, blobPath, bytes, descriptorOf, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { openLayout } from "../src/index.ts";

/** Writes a layout with these entries and blobs, as another tool would. */
export function writeLayout(entries: readonly string[], blobs: readonly Uint8Array[] = []): string {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "blobs", "sha256"), { recursive: true });
  writeFileSync(join(directory, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(directory, "index.json"), `{"schemaVersion":2,"manifests":[${entries.join(",")}]}`);
  for (const blob of blobs) {
    const path = blobPath(directory, descriptorOf(blob).digest);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, blob);
  }
  return directory;
}

/** An entry of `index.json`. */
export function entryOf(content: Uint8Array, mediaType: string, name: string): string {
  return JSON.stringify({
    ...descriptorOf(content, mediaType),
    annotations: { "org.opencontainers.image.ref.name": name },
  });
}

// clause 31
describe("an index of 150,000 children", () => {
  const child = `{"mediaType":"a/b","digest":"a:b","size":1}`;
  const index = bytes(`{"schemaVersion":2,"manifests":[${Array<string>(150_000).fill(child).join(",")}]}`);
  const good = artifact("good");
  const spare = bytes("spare");
  const open = () =>
    openLayout(
      writeLayout(
        [
          entryOf(good, ociMediaTypes.imageManifest, "a:good"),
          entryOf(index, ociMediaTypes.imageIndex, "a:many"),
        ],
        [good, index, spare, bytes("{}")],
      ),
    );

  it("does not slow down calls about other manifests", async () => {
    await using registry = await open();
    expect((await registry.resolveTag("a", "good")).digest).toBe(descriptorOf(good).digest);
    await registry.deleteBlob("a", descriptorOf(spare).digest);
    await registry.gc({ graceMs: 0 });
    expect(await collect(registry.tags("a"))).toEqual(["good", "many"]);
  });

  it("is verified, read and deleted like any other", async () => {
    await using registry = await open();
    const kinds = new Set((await collect(registry.verify())).map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(["missing-blob", "unreachable-blob"]);
    await registry.deleteManifest("a", descriptorOf(index).digest);
    expect(await collect(registry.tags("a"))).toEqual(["good"]);
  });
});
