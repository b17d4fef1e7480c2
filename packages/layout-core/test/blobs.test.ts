import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

import { ociMediaTypes, octetStream, type BlobSource } from "@ocilayout/oci-types";
import { blobPath, bytes, descriptorOf, freshLayout, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { openLayout } from "../src/index.ts";
import { listTree } from "./helpers.ts";

const hello = bytes("hello");
const expected = descriptorOf(hello);

// clause 6
describe("pushBlob", () => {
  it("stores the content under its digest and leaves no other file", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    const pushed = await registry.pushBlob("a/b", expected, hello);
    expect(pushed).toEqual({ mediaType: octetStream, digest: expected.digest, size: 5 });
    expect(readFileSync(blobPath(directory, expected.digest), "utf8")).toBe("hello");
    expect(listTree(directory)).toEqual([
      "_uploads/",
      "blobs/",
      "blobs/sha256/",
      `blobs/sha256/${expected.digest.slice(7)}`,
      "index.json",
      "oci-layout",
    ]);
  });

  const sources: Record<string, () => BlobSource> = {
    bytes: () => hello,
    "a Blob": () => new Blob([hello]),
    "a web stream": () => new Blob([hello]).stream(),
    "an iterable": () => [hello.slice(0, 2), hello.slice(2)],
    "an async iterable": async function* () {
      yield hello.slice(0, 2);
      yield await Promise.resolve(hello.slice(2));
    },
  };
  it.each(Object.entries(sources))("accepts %s", async (_name, source) => {
    await using registry = await openLayout(freshLayout());
    await registry.pushBlob("a", expected, source());
    await using reader = await registry.getBlob("a", expected.digest);
    expect(await reader.text()).toBe("hello");
  });

  it("stores content of any size, from chunks of any size", async () => {
    await using registry = await openLayout(freshLayout(), { durability: "none" });
    for (const [size, step] of [
      [0, 1],
      [1, 1],
      [3_000_001, 999],
      [3_000_001, 300_000],
      [2 * 1024 * 1024, 1024 * 1024],
    ] as const) {
      const content = new Uint8Array(size).map((_, at) => at % 251);
      const chunks = function* (): Generator<Uint8Array> {
        for (let at = 0; at < size; at += step) yield content.slice(at, at + step);
      };
      const { digest } = await registry.pushBlob("a", descriptorOf(content), chunks());
      const reader = await registry.getBlob("a", digest);
      expect(Buffer.compare(await reader.bytes(), content)).toBe(0);
    }
  });

  it("stores a blob under its sha512 digest", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    const digest =
      "sha512:9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca72323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043";
    await registry.pushBlob("a", { digest }, hello);
    expect(existsSync(blobPath(directory, digest))).toBe(true);
    expect(await (await registry.getBlob("a", digest)).text()).toBe("hello");
  });

  it.each([
    ["a digest mismatch", { digest: descriptorOf(bytes("world")).digest }, "DIGEST_INVALID"],
    ["a smaller size", { ...expected, size: 4 }, "SIZE_INVALID"],
    ["a greater size", { ...expected, size: 6 }, "SIZE_INVALID"],
    ["an invalid digest", { digest: "hello" }, "DIGEST_INVALID"],
    ["an algorithm that cannot be verified", { digest: `blake3:${"0".repeat(64)}` }, "DIGEST_INVALID"],
    ["a digest that is a path", { digest: "sha256:../../escape" }, "DIGEST_INVALID"],
  ])("rejects %s and leaves nothing", async (_name, descriptor, code) => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    await expect(registry.pushBlob("a", descriptor, hello)).rejects.toMatchObject({ code });
    if (existsSync(directory))
      expect(listTree(directory).filter((path) => path.includes("blobs/") && !path.endsWith("/"))).toEqual(
        [],
      );
    await expect(registry.getBlob("a", expected.digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  // clause 6
  it("stops reading one byte after the declared size", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    let given = 0;
    const endless = function* (): Generator<Uint8Array> {
      for (;;) {
        given += 1;
        yield new Uint8Array(1);
      }
    };
    const error = await rejection(registry.pushBlob("a", { digest: expected.digest, size: 5 }, endless()));
    expect(error).toMatchObject({ code: "SIZE_INVALID" });
    expect(given).toBe(6);
    expect(listTree(directory).filter((path) => path.startsWith("_uploads/"))).toEqual(["_uploads/"]);
  });

  // clause 6
  it("verifies the content even if its digest is already stored", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    await registry.pushBlob("a", expected, hello);
    await expect(registry.pushBlob("a", { digest: expected.digest }, bytes("WRONG"))).rejects.toMatchObject({
      code: "DIGEST_INVALID",
    });
    expect(readFileSync(blobPath(directory, expected.digest), "utf8")).toBe("hello");
  });

  // clause 6
  it.each([
    [
      "truncated",
      (path: string) => {
        truncateSync(path, 2);
      },
    ],
    [
      "changed",
      (path: string) => {
        writeFileSync(path, "jello");
      },
    ],
  ])("replaces a stored file that was %s", async (_name, damage) => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    await registry.pushBlob("a", expected, hello);
    damage(blobPath(directory, expected.digest));
    await registry.pushBlob("a", expected, hello);
    expect(readFileSync(blobPath(directory, expected.digest), "utf8")).toBe("hello");
  });

  it("keeps a good stored file and renews its modification time", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    await registry.pushBlob("a", expected, hello);
    const before = statSync(blobPath(directory, expected.digest), { bigint: true });
    await registry.pushBlob("a", expected, hello);
    const after = statSync(blobPath(directory, expected.digest), { bigint: true });
    expect(after.ino).toBe(before.ino);
    expect(after.mtimeNs).toBeGreaterThan(before.mtimeNs);
    expect(listTree(join(directory, "_uploads"))).toEqual([]);
  });

  it("succeeds in twenty concurrent pushes of one blob", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    await Promise.all(Array.from({ length: 20 }, () => registry.pushBlob("a", expected, hello)));
    expect(listTree(join(directory, "_uploads"))).toEqual([]);
    expect(listTree(join(directory, "blobs/sha256"))).toEqual([expected.digest.slice(7)]);
  });

  // clause 3
  it("lets the caller change the content after the call, and a chunk once the next is requested", async () => {
    await using registry = await openLayout(freshLayout());
    const buffer = new Uint8Array(3);
    const reusing = function* (): Generator<Uint8Array> {
      for (const text of ["hel", "lo "]) {
        buffer.set(bytes(text));
        yield text === "hel" ? buffer : buffer.subarray(0, 2);
      }
      buffer.fill(0);
    };
    await registry.pushBlob("a", expected, reusing());
    expect(await (await registry.getBlob("a", expected.digest)).text()).toBe("hello");
  });
});

// clause 2
describe("an aborted push", () => {
  // clause 2
  it("reads and creates nothing if the signal is aborted before the call", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    const reason = new Error("changed my mind");
    let isRead = false;
    const source = {
      *[Symbol.iterator](): Generator<Uint8Array> {
        isRead = true;
        yield hello;
      },
    };
    expect(
      await rejection(registry.pushBlob("a", expected, source, { signal: AbortSignal.abort(reason) })),
    ).toBe(reason);
    expect(isRead).toBe(false);
    expect(existsSync(directory)).toBe(false);
  });

  // clause 2
  it("closes the source and leaves nothing if the signal aborts half-way", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    const controller = new AbortController();
    let ended = false;
    const source = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield hello.slice(0, 2);
        controller.abort();
        yield await Promise.resolve(hello.slice(2));
      } finally {
        ended = true;
      }
    };
    const error = await rejection(registry.pushBlob("a", expected, source(), { signal: controller.signal }));
    expect(error).toBe(controller.signal.reason);
    expect(ended).toBe(true);
    // Not even a layout: a layout is created only when there is content for it.
    expect(listTree(directory).filter((path) => !path.endsWith("/"))).toEqual([]);
  });
});

// clause 8
describe("getBlob", () => {
  // clause 8
  it.each([
    [
      "changed bytes",
      (content: Uint8Array) => {
        content[0] = 0;
        return content;
      },
    ],
    ["the end cut off", (content: Uint8Array) => content.slice(0, -1)],
    ["more at the end", (content: Uint8Array) => new Uint8Array([...content, 0])],
    ["empty", () => new Uint8Array()],
  ])(
    "fails with CONTENT_CORRUPT before it yields the full length of a corrupt file: %s",
    async (_name, change) => {
      const directory = freshLayout();
      await using registry = await openLayout(directory);
      const content = new Uint8Array(2_500_000).fill(7);
      const { digest } = await registry.pushBlob("a", descriptorOf(content), content);
      const changed = change(content.slice());
      writeFileSync(blobPath(directory, digest), changed);
      let size = 0;
      const read = async (): Promise<void> => {
        for await (const chunk of await registry.getBlob("a", digest)) size += chunk.length;
      };
      expect(await rejection(read())).toMatchObject({ code: "CONTENT_CORRUPT" });
      expect(size).toBeLessThan(Math.max(changed.length, 1));
    },
  );

  it.each([
    [{ verifyOnRead: false }, {}],
    [{}, { verify: false }],
  ])("yields a corrupt file unverified with %j and %j", async (options, readOptions) => {
    const directory = freshLayout();
    await using registry = await openLayout(directory, options);
    await registry.pushBlob("a", expected, hello);
    writeFileSync(blobPath(directory, expected.digest), "jello!");
    const reader = await registry.getBlob("a", expected.digest, readOptions);
    expect(reader.descriptor.size).toBe(6);
    expect(await reader.text()).toBe("jello!");
  });

  it("verifies with verify: true even if verifyOnRead is false", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory, { verifyOnRead: false });
    await registry.pushBlob("a", expected, hello);
    writeFileSync(blobPath(directory, expected.digest), "jello");
    const reader = await registry.getBlob("a", expected.digest, { verify: true });
    expect(await rejection(reader.text())).toMatchObject({ code: "CONTENT_CORRUPT" });
  });

  // clause 8
  it("rejects a directory in the place of a blob with BLOB_UNKNOWN", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    await registry.pushBlob("a", descriptorOf(bytes("x")), bytes("x"));
    mkdirSync(blobPath(directory, expected.digest));
    await expect(registry.getBlob("a", expected.digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  // clause 8
  it("follows a link out of the layout only if followSymlinks is set", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    await registry.pushBlob("a", descriptorOf(bytes("x")), bytes("x"));
    const outside = join(dirname(directory), "outside");
    writeFileSync(outside, hello);
    symlinkSync(outside, blobPath(directory, expected.digest));
    await expect(registry.getBlob("a", expected.digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    await using trusting = await openLayout(directory, { followSymlinks: true });
    expect(await (await trusting.getBlob("a", expected.digest)).text()).toBe("hello");
  });

  // clauses 8, 30
  it("never reads, writes or cleans a blob directory that is a link out of the layout", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    await registry.pushManifest("a", bytes("x"), "application/x-a", {
      digest: descriptorOf(bytes("x")).digest,
    });
    const outside = join(dirname(directory), "outside");
    renameSync(join(directory, "blobs", "sha256"), outside);
    symlinkSync(outside, join(directory, "blobs", "sha256"));
    const stored = descriptorOf(bytes("x")).digest;
    await expect(registry.getBlob("a", stored)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    await expect(registry.resolveBlob("a", stored)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    await expect(registry.pushBlob("a", expected, hello)).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    await expect(registry.deleteBlob("a", stored)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    expect((await registry.gc({ graceMs: 0 })).removed).toEqual([]);
    expect(readdirSync(outside)).toEqual([stored.slice("sha256:".length)]);
    await using trusting = await openLayout(directory, { followSymlinks: true });
    await trusting.pushBlob("a", expected, hello);
    expect(await (await trusting.getBlob("a", expected.digest)).text()).toBe("hello");
  });

  it("follows a link to another blob of the layout, and verifies it", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    await registry.pushBlob("a", expected, hello);
    const other = descriptorOf(bytes("other"));
    symlinkSync(blobPath(directory, expected.digest), blobPath(directory, other.digest));
    const reader = await registry.getBlob("a", other.digest);
    expect(await rejection(reader.bytes())).toMatchObject({ code: "CONTENT_CORRUPT" });
  });

  // clause 3
  it("returns a reader that is independent of the file, can be closed twice, and then rejects with CLOSED", async () => {
    await using registry = await openLayout(freshLayout());
    await registry.pushBlob("a", expected, hello);
    const reader = await registry.getBlob("a", expected.digest);
    expect(Object.keys(reader)).toEqual([]);
    await reader.close();
    await reader.close();
    expect(await rejection(reader.bytes())).toMatchObject({ code: "CLOSED" });
  });

  it("closes the file when a reader is read to its end, left early, or closed unread", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    const content = new Uint8Array(3_000_000);
    const { digest } = await registry.pushBlob("a", descriptorOf(content), content);
    const before = openFiles();
    await (await registry.getBlob("a", digest)).bytes();
    for await (const chunk of await registry.getBlob("a", digest)) if (chunk.length > 0) break;
    await (await registry.getBlob("a", digest)).close();
    await (await registry.getBlob("a", digest)).stream().cancel();
    expect(openFiles()).toBe(before);
  });
});

// clause 5
describe("names and digests", () => {
  // clause 5
  it.each([
    ["repository", "A", expected.digest, "NAME_INVALID"],
    ["empty repository", "", expected.digest, "NAME_INVALID"],
    ["repository that is a path", "../x", expected.digest, "NAME_INVALID"],
    ["digest", "a", "sha256:zz", "DIGEST_INVALID"],
    ["empty digest", "a", "", "DIGEST_INVALID"],
    ["digest that is a path", "a", "sha256:../../index.json", "DIGEST_INVALID"],
  ])("every call rejects an invalid %s", async (_name, repository, digest, code) => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    await expect(registry.getBlob(repository, digest)).rejects.toMatchObject({ code });
    await expect(registry.getManifest(repository, digest)).rejects.toMatchObject({ code });
    await expect(registry.pushBlob(repository, { digest }, hello)).rejects.toMatchObject({ code });
    expect(existsSync(directory)).toBe(false);
  });

  it("every call rejects values of the wrong type with a TypeError", async () => {
    await using registry = await openLayout(freshLayout());
    const rubbish = 42 as never;
    await expect(registry.getBlob(rubbish, expected.digest)).rejects.toThrow(TypeError);
    await expect(registry.getBlob("a", rubbish)).rejects.toThrow(TypeError);
    await expect(registry.pushBlob("a", { digest: rubbish }, hello)).rejects.toThrow(TypeError);
    await expect(registry.pushBlob("a", expected, rubbish)).rejects.toThrow(TypeError);
    await expect(registry.pushBlob("a", { ...expected, size: "5" as never }, hello)).rejects.toThrow(
      TypeError,
    );
    await expect(registry.pushBlob("a", { ...expected, size: -1 }, hello)).rejects.toThrow(RangeError);
    await expect(registry.pushBlob("a", { ...expected, size: NaN }, hello)).rejects.toThrow(RangeError);
    await expect(registry.pushManifest("a", "{}" as never, ociMediaTypes.imageManifest)).rejects.toThrow(
      TypeError,
    );
    await expect(registry.pushManifest("a", hello, rubbish)).rejects.toThrow(TypeError);
    await expect(registry.getTag("a", rubbish)).rejects.toThrow(TypeError);
  });
});

/** Returns the number of open files of this process, if the system reports it. */
function openFiles(): number {
  return existsSync("/proc/self/fd") ? listTree("/proc/self/fd").length : 0;
}
