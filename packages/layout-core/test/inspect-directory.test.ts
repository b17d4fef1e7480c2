import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { collect, octetStream } from "@ocilayout/oci-types";
import { bytes, descriptorOf, freshLayout, pushArtifact } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { inspectDirectory, openLayout, type DirectoryKind } from "../src/index.ts";

/** Creates a directory with these names in it. A name that ends in a slash is a directory. */
function directoryWith(...names: readonly string[]): string {
  const directory = freshLayout();
  mkdirSync(directory);
  for (const name of names) {
    if (name.endsWith("/")) mkdirSync(join(directory, name), { recursive: true });
    else writeFileSync(join(directory, name), "{}");
  }
  return directory;
}

describe("inspectDirectory", () => {
  const cases: readonly (readonly [DirectoryKind, ...(readonly string[])])[] = [
    ["empty"],
    ["unfinished", "_uploads/"],
    ["unfinished", "_uploads/00000000-0000-0000-0000-000000000000/"],
    ["unfinished", "blobs/"],
    ["unfinished", "blobs/sha256/"],
    ["unfinished", ".index.json.lock"],
    ["unfinished", "_uploads/", ".index.json.lock", ".index.json.lock.x.tmp", "blobs/", ".oci-layout.x.tmp"],
    ["layout", "oci-layout"],
    ["layout", "oci-layout/"],
    ["layout", "oci-layout", "blobs/", "notes"],
    ["remnant", "blobs/", "index.json"],
    ["other", "blobs/", "blobs/file"],
    ["other", "index.json"],
    ["other", "_uploads"],
    ["other", ".index.json.lock/"],
    ["other", "_uploads/", "notes"],
    ["other", "team/"],
  ];
  it.each(cases)("returns %s for a directory with %j, %j, %j", async (kind, ...names) => {
    expect(await inspectDirectory(directoryWith(...names))).toBe(kind);
  });

  it("returns absent for a missing path, also below a file, and other for a file and for a link as _uploads", async () => {
    const directory = directoryWith("file");
    expect(await inspectDirectory(join(directory, "nothing"))).toBe("absent");
    expect(await inspectDirectory(join(directory, "file", "below"))).toBe("absent");
    expect(await inspectDirectory(join(directory, "file"))).toBe("other");
    symlinkSync(directory, join(directory, "_uploads"));
    expect(await inspectDirectory(directory)).toBe("other");
    for (const path of ["", "a\0b"]) await expect(inspectDirectory(path)).rejects.toThrow(TypeError);
  });

  // clause 25
  it("agrees with openLayout: an unfinished layout reads as empty, and the next write completes it", async () => {
    for (const [kind, ...names] of cases.filter(([kind_]) => kind_ === "unfinished")) {
      const directory = directoryWith(...names.filter((name) => name !== ".index.json.lock"));
      expect(await inspectDirectory(directory)).toBe(names.join() === ".index.json.lock" ? "empty" : kind);
      await using layout = await openLayout(directory, { durability: "none" });
      expect(await collect(layout.repositories())).toEqual([]);
      const content = bytes("content");
      expect(await layout.pushBlob("a", descriptorOf(content), content)).toMatchObject({
        mediaType: octetStream,
      });
      await pushArtifact(layout, "a", "one", ["v1"]);
      expect(await collect(layout.tags("a"))).toEqual(["v1"]);
      expect(await inspectDirectory(directory)).toBe("layout");
    }
  });
});
