import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";

import { image } from "@ocilayout/layout-testkit/content";
import { collect, isRegistryError, type RegistryErrorCode } from "@ocilayout/oci-types";
import { bytes, digestOf, rejection, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { openArchive, type OpenArchiveOptions } from "../src/index.ts";
import { archiveOf, fileOf, fixturePath, layoutOf, membersOf, tarOf, type Members } from "./archives.ts";

const header: [string, string] = ["oci-layout", '{"imageLayoutVersion":"1.0.0"}'];
const manifest = bytes(
  '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}',
);
const digest = digestOf(manifest);

/** Returns an index with one manifest of this size. */
function indexOf(size: number): [string, string] {
  const annotations = { "org.opencontainers.image.ref.name": "v1" };
  const mediaType = "application/vnd.oci.image.index.v1+json";
  return ["index.json", JSON.stringify({ manifests: [{ mediaType, digest, size, annotations }] })];
}

const blob = `blobs/${digest.replace(":", "/")}`;

/** Opens an archive and reads everything in it, and returns the code of the failure. */
async function codeOf(path: string, options?: OpenArchiveOptions): Promise<RegistryErrorCode | "read"> {
  try {
    const registry = await openArchive(path, options);
    try {
      for (const repository of await collect(registry.repositories()))
        for (const tag of await collect(registry.tags(repository)))
          await (await registry.getTag(repository, tag)).bytes();
    } finally {
      await registry.close();
    }
    return "read";
  } catch (error) {
    if (isRegistryError(error)) return error.code;
    throw error;
  }
}

describe("a hostile archive", () => {
  it("is otherwise read", async () => {
    expect(await codeOf(await archiveOf([header, indexOf(manifest.length), [blob, manifest]]))).toBe("read");
  });

  it.each<[string, Members, RegistryErrorCode]>([
    ["without members", [], "ARCHIVE_INVALID"],
    ["without images", [["README", "x"]], "ARCHIVE_INVALID"],
    ["without oci-layout", [indexOf(1)], "ARCHIVE_INVALID"],
    ["without a manifest", [header, indexOf(1)], "MANIFEST_UNKNOWN"],
    ["with absolute names", [header, indexOf(1), [`/${blob}`, manifest]], "MANIFEST_UNKNOWN"],
    ["with names above it", [header, indexOf(1), [`x/../${blob}`, manifest]], "MANIFEST_UNKNOWN"],
    ["with another manifest", [header, indexOf(manifest.length), [blob, "other"]], "CONTENT_CORRUPT"],
    ["with two indexes", [header, indexOf(1), indexOf(2), [blob, manifest]], "ARCHIVE_INVALID"],
    ["with two headers", [header, header, indexOf(1), [blob, manifest]], "ARCHIVE_INVALID"],
    ["with an index that is not JSON", [header, ["index.json", "x"]], "LAYOUT_INVALID"],
    ["with an index of another kind", [header, ["index.json", '{"layers":[]}']], "LAYOUT_INVALID"],
    ["of another version", [["oci-layout", '{"imageLayoutVersion":"2"}'], indexOf(1)], "LAYOUT_INVALID"],
    ["with a header that is not JSON", [["oci-layout", "x"], indexOf(1)], "LAYOUT_INVALID"],
    [
      "with a symlink out of it",
      [header, indexOf(1), { path: blob, type: "symlink", linkName: "../../../../etc/passwd" }],
      "ARCHIVE_INVALID",
    ],
    [
      "with an absolute symlink",
      [header, indexOf(1), { path: blob, type: "symlink", linkName: "/etc/passwd" }],
      "ARCHIVE_INVALID",
    ],
    [
      "with a hard link out of it",
      [header, indexOf(1), { path: blob, type: "link", linkName: "../passwd" }],
      "ARCHIVE_INVALID",
    ],
    [
      "with a circle of links",
      [
        header,
        indexOf(1),
        { path: blob, type: "symlink", linkName: "b" },
        { path: "blobs/sha256/b", type: "symlink", linkName: blob.slice("blobs/sha256/".length) },
      ],
      "ARCHIVE_INVALID",
    ],
    [
      "with a device as its index",
      [header, { path: "index.json", type: "character-device" }],
      "ARCHIVE_INVALID",
    ],
    ["with a directory as its index", [header, { path: "index.json", type: "directory" }], "ARCHIVE_INVALID"],
  ])("%s ends in a code", async (_name, members, code) => {
    expect(await codeOf(await archiveOf(members))).toBe(code);
  });

  it("that is cut ends in a code at every length", async () => {
    const directory = await layoutOf({ "default:v1": await image({ layers: ["one"] }) });
    const whole = await tarOf(membersOf(directory));
    for (let length = 0; length < whole.length - 2048; length += 301) {
      const code = await codeOf(fileOf(whole.subarray(0, length)));
      expect([length, code]).not.toEqual([length, "read"]);
    }
    expect(await codeOf(fixturePath("x-tar-truncated"))).toBe("ARCHIVE_INVALID");
  });

  it("with a size that lies ends in a code", async () => {
    const whole = await tarOf([header, indexOf(manifest.length), [blob, manifest]]);
    const at = whole.indexOf(blob);
    for (const size of ["00000000000", "00000000001", "00000001000", "77777777777"]) {
      const changed = Buffer.from(whole);
      changed.write(size, at + 124, "latin1");
      changed.fill(" ", at + 148, at + 156);
      const sum = changed.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
      changed.write(`${sum.toString(8).padStart(6, "0")}\0 `, at + 148, "latin1");
      expect([size, await codeOf(fileOf(changed))]).not.toEqual([size, "read"]);
    }
  });

  it("that GNU tar made of a sparse file ends in a code", async () => {
    const sparse = readFileSync(join(import.meta.dirname, "sparse.tar"));
    expect(await codeOf(fileOf(sparse))).toBe("ARCHIVE_INVALID");
  });

  it("with more members than the limit ends in a code", async () => {
    const path = await archiveOf([header, indexOf(1), [blob, manifest]]);
    expect(await codeOf(path, { limits: { members: 2 } })).toBe("SIZE_INVALID");
    expect(await codeOf(path, { limits: { nameBytes: 60 } })).toBe("SIZE_INVALID");
  });

  it("with a larger index or manifest.json than the limit ends in a code", async () => {
    const index = indexOf(manifest.length);
    const path = await archiveOf([header, index, [blob, manifest]]);
    const indexBytes = index[1].length;
    expect(await codeOf(path, { limits: { indexBytes } })).toBe("read");
    expect(await codeOf(path, { limits: { indexBytes: indexBytes - 1 } })).toBe("SIZE_INVALID");
    const docker = await archiveOf([["manifest.json", "[]"]]);
    expect(await codeOf(docker, { limits: { indexBytes: 2 } })).toBe("read");
    expect(await codeOf(docker, { limits: { indexBytes: 1 } })).toBe("SIZE_INVALID");
  });

  it("of which the file is a sparse terabyte ends in a code", async () => {
    const path = join(temporaryDirectory(), "archive.tar");
    const file = openSync(path, "w");
    writeSync(file, await tarOf([header]), 0, 1024);
    ftruncateSync(file, 1024 ** 4 - 4096);
    closeSync(file);
    expect(await codeOf(path)).toBe("ARCHIVE_INVALID");
  });

  it("that is a pipe, a directory or a file of random bytes ends in a code", async () => {
    const random = Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7919) % 251));
    expect(await codeOf(fileOf(random))).toBe("ARCHIVE_INVALID");
    expect(await codeOf(temporaryDirectory())).toBe("ARCHIVE_INVALID");
    if (process.platform !== "win32")
      expect(await rejection(openArchive("/dev/zero"))).toMatchObject({ code: "ARCHIVE_INVALID" });
  });
});
