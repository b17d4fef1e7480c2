import { readdirSync, readFileSync, statSync } from "node:fs";
import { gzipSync } from "node:zlib";

import { nodeDisk } from "@ocilayout/layout-core/authors";
import { image } from "@ocilayout/layout-testkit/content";
import { collect } from "@ocilayout/oci-types";
import { rejection, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it, vi } from "vitest";

import { openArchive } from "../src/index.ts";
import { everythingIn, fileOf, fixturePath, layoutOf, membersOf, tarOf } from "./archives.ts";

async function compressible(): Promise<Buffer> {
  const directory = await layoutOf({ "app:v1": await image({ layers: ["one", "two"] }) });
  return tarOf(membersOf(directory));
}

/** Returns a zstd frame with `bytes` in blocks that are not compressed, which every version of Node can make. */
function storedAsZstd(bytes: Uint8Array): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes.length);
  // The magic number, and a descriptor: one segment, and a size of four bytes.
  const parts = [Buffer.from("28b52ffda0", "hex"), size];
  const most = 128 * 1024;
  for (let at = 0; at < bytes.length; at += most) {
    const block = bytes.subarray(at, at + most);
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.length << 3) | (at + most >= bytes.length ? 1 : 0), 0, 3);
    parts.push(header, Buffer.from(block));
  }
  return Buffer.concat(parts);
}

describe("a compressed archive", () => {
  it("reads as the same archive without compression", async () => {
    const tar = await compressible();
    const plain = await openArchive(fileOf(tar));
    const compressed = await openArchive(fileOf(gzipSync(tar), "archive.tar"));
    try {
      expect(await everythingIn(compressed)).toEqual(await everythingIn(plain));
    } finally {
      await plain.close();
      await compressed.close();
    }
  });

  it("with zstd is read", async () => {
    const registry = await openArchive(fileOf(storedAsZstd(await compressible())));
    expect(await collect(registry.tags("app"))).toEqual(["v1"]);
    await registry.close();
  });

  it.skipIf(process.platform === "win32")("leaves no file in the temporary directory", async () => {
    const temporary = temporaryDirectory();
    const registry = await openArchive(fileOf(gzipSync(await compressible())), {
      temporaryDirectory: temporary,
    });
    expect(readdirSync(temporary)).toEqual([]);
    expect(await collect(registry.tags("app"))).toEqual(["v1"]);
    await registry.close();
    const broken = gzipSync(await compressible()).subarray(0, 200);
    const options = { temporaryDirectory: temporary };
    expect(await rejection(openArchive(fileOf(broken), options))).toMatchObject({ code: "ARCHIVE_INVALID" });
    expect(readdirSync(temporary)).toEqual([]);
  });

  it("fails with STORAGE_FAILED if the temporary directory is missing", async () => {
    const error = await rejection(
      openArchive(fixturePath("x-tar-gzip"), { temporaryDirectory: "/missing/directory" }),
    );
    expect(error).toMatchObject({ code: "STORAGE_FAILED" });
    expect(String(error)).not.toContain("/missing");
  });

  it("leaves no file if the temporary directory is full, and the message names the reason", async () => {
    const temporary = temporaryDirectory();
    const full = Object.assign(new Error("ENOSPC: injected"), { code: "ENOSPC", syscall: "write" });
    const spy = vi.spyOn(nodeDisk, "write").mockRejectedValue(full);
    try {
      const options = { temporaryDirectory: temporary };
      const error = await rejection(openArchive(fixturePath("x-tar-gzip"), options));
      expect(error).toMatchObject({ code: "STORAGE_FAILED", cause: full });
      expect(String(error)).toContain("temporary file: no space left");
      expect(readdirSync(temporary)).toEqual([]);
    } finally {
      spy.mockRestore();
    }
  });

  it("that decompresses to more than the limit fails with SIZE_INVALID", async () => {
    const small = fixturePath("x-tar-gzip");
    const limits = { decompressedBytes: statSync(small).size };
    expect(await rejection(openArchive(small, { limits }))).toMatchObject({ code: "SIZE_INVALID" });
  });

  it("that is cut fails with ARCHIVE_INVALID at every length", async () => {
    const gzip = readFileSync(fixturePath("x-tar-gzip"));
    for (let length = 2; length < gzip.length; length += 37)
      expect(await rejection(openArchive(fileOf(gzip.subarray(0, length))))).toMatchObject({
        code: "ARCHIVE_INVALID",
      });
  });
});
