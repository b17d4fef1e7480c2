import { rmSync, symlinkSync, truncateSync, utimesSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { octetStream } from "@ocilayout/oci-types";
import { blobPath, bytes, descriptorOf, freshLayout, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { openLayout, type LayoutRegistry } from "../src/index.ts";

const content = bytes("0123456789");
const { digest } = descriptorOf(content);

async function openWithBlob(): Promise<LayoutRegistry> {
  const registry = await openLayout(freshLayout());
  await registry.pushBlob("a", { digest }, content);
  return registry;
}

// clause 7
describe("getBlobRange", () => {
  it.each([
    [{ start: 0 }, "0123456789"],
    [{ start: 0, end: 10 }, "0123456789"],
    [{ start: 3, end: 5 }, "34"],
    [{ start: 9 }, "9"],
    [{ start: 8, end: 1000 }, "89"],
    [{ start: 4, end: 4 }, ""],
    [{ start: 10 }, ""],
    [{ start: 10, end: 20 }, ""],
  ])("with %j returns %j and the descriptor of the whole blob", async (range, text) => {
    await using registry = await openWithBlob();
    const reader = await registry.getBlobRange("a", digest, range);
    expect(reader.descriptor).toEqual({ mediaType: octetStream, digest, size: 10 });
    expect(await reader.text()).toBe(text);
  });

  it.each([{ start: 11 }, { start: 11, end: 12 }, { start: 5, end: 4 }])(
    "with %j is rejected with RANGE_INVALID",
    async (range) => {
      await using registry = await openWithBlob();
      await expect(registry.getBlobRange("a", digest, range)).rejects.toMatchObject({
        code: "RANGE_INVALID",
      });
    },
  );

  it.each([{ start: -1 }, { start: 0, end: -1 }, { start: Number.NaN }, { start: 0.5 }])(
    "with %j is rejected with a RangeError",
    async (range) => {
      await using registry = await openWithBlob();
      await expect(registry.getBlobRange("a", digest, range)).rejects.toThrow(RangeError);
    },
  );

  it("of a missing blob is rejected with BLOB_UNKNOWN", async () => {
    await using registry = await openWithBlob();
    const absent = descriptorOf(bytes("absent")).digest;
    await expect(registry.getBlobRange("a", absent, { start: 0 })).rejects.toMatchObject({
      code: "BLOB_UNKNOWN",
    });
  });

  it("is not verified, but fails with CONTENT_CORRUPT if the file ends early", async () => {
    await using registry = await openWithBlob();
    // A smaller file is read when it is opened.
    writeFileSync(blobPath(registry.directory, digest), "x".repeat(100_000));
    expect(await (await registry.getBlobRange("a", digest, { start: 2, end: 4 })).text()).toBe("xx");
    const reader = await registry.getBlobRange("a", digest, { start: 2, end: 9 });
    truncateSync(blobPath(registry.directory, digest), 4);
    await expect(reader.bytes()).rejects.toMatchObject({ code: "CONTENT_CORRUPT" });
  });
});

// clause 7
describe("resolveBlob", () => {
  // clause 7
  it("returns application/octet-stream, digest and size", async () => {
    await using registry = await openWithBlob();
    expect(await registry.resolveBlob("a", digest)).toEqual({ mediaType: octetStream, digest, size: 10 });
  });

  // clause 8
  it("rejects a link out of the layout with BLOB_UNKNOWN", async () => {
    await using registry = await openWithBlob();
    const secret = join(temporaryDirectory(), "secret");
    writeFileSync(secret, content);
    rmSync(blobPath(registry.directory, digest));
    symlinkSync(secret, blobPath(registry.directory, digest));
    await expect(registry.resolveBlob("a", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    await using following = await openLayout(registry.directory, { followSymlinks: true });
    expect(await following.resolveBlob("a", digest)).toMatchObject({ size: 10 });
  });
});

// clauses 10, 11
describe("mountBlob in a shared layout", () => {
  // clause 11
  it("succeeds if the layout has the blob, whatever the repository", async () => {
    await using registry = await openWithBlob();
    const mounted = { mediaType: octetStream, digest, size: 10 };
    for (const from of ["a", "no/such", undefined])
      expect(await registry.mountBlob(from, "b", digest)).toEqual(mounted);
    expect(await (await registry.getBlob("b", digest)).text()).toBe("0123456789");
  });

  it("rejects a missing blob with BLOB_UNKNOWN", async () => {
    await using registry = await openWithBlob();
    const absent = descriptorOf(bytes("absent")).digest;
    await expect(registry.mountBlob("a", "b", absent)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  // clause 11
  it.each([
    ["A", "b"],
    ["a", "B"],
    ["", "b"],
    ["a", "../x"],
  ])("validates both repository names: %j, %j", async (from, to) => {
    await using registry = await openWithBlob();
    await expect(registry.mountBlob(from, to, digest)).rejects.toMatchObject({ code: "NAME_INVALID" });
  });

  it("renews the blob's modification time, so that gc keeps it", async () => {
    await using registry = await openWithBlob();
    const path = blobPath(registry.directory, digest);
    utimesSync(path, 1, 1);
    await registry.mountBlob("a", "b", digest);
    expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(60_000);
  });
});
