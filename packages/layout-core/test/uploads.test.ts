import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { digestAlgorithms, octetStream, type BlobWriter } from "@ocilayout/oci-types";
import { blobPath, bytes, descriptorOf, freshLayout, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { openLayout, type LayoutOptions, type LayoutRegistry } from "../src/index.ts";
import { listTree, snapshot } from "./helpers.ts";

const hello = descriptorOf(bytes("hello world"));

async function open(options: LayoutOptions = {}): Promise<LayoutRegistry> {
  return openLayout(freshLayout(), options);
}

/** Creates a session of repository "a" that received "hello " and was closed. */
async function startAndClose(registry: LayoutRegistry): Promise<string> {
  await using writer = await registry.pushBlobChunked("a");
  await writer.write(bytes("hello "));
  return writer.id;
}

function sessions(registry: LayoutRegistry): string[] {
  const directory = join(registry.directory, "_uploads");
  return existsSync(directory) ? readdirSync(directory) : [];
}

const unknown = { code: "BLOB_UPLOAD_UNKNOWN" };
const invalid = { code: "BLOB_UPLOAD_INVALID" };

// clause 9
describe("an upload", () => {
  it("written in chunks becomes a blob, and leaves nothing else", async () => {
    await using registry = await open();
    const writer = await registry.pushBlobChunked("a");
    for (const [text, size] of [
      ["hello", 5],
      [" ", 6],
      ["", 6],
      ["world", 11],
    ] as const) {
      await writer.write(bytes(text));
      expect(writer.size).toBe(size);
    }
    expect(await writer.commit(hello.digest)).toEqual({
      mediaType: octetStream,
      digest: hello.digest,
      size: 11,
    });
    expect(await (await registry.getBlob("a", hello.digest)).text()).toBe("hello world");
    expect(sessions(registry)).toEqual([]);
  });

  // clause 22
  it("is stored beside blobs/, which holds only digests", async () => {
    await using registry = await open();
    await registry.pushBlob("a", hello, bytes("hello world"));
    await startAndClose(registry);
    const blob = hello.digest.replace(":", "/");
    expect(listTree(registry.directory).filter((path) => path.startsWith("blobs/"))).toEqual([
      "blobs/",
      "blobs/sha256/",
      `blobs/${blob}`,
    ]);
  });

  it("may be empty", async () => {
    await using registry = await open();
    const writer = await registry.pushBlobChunked("a");
    expect(await writer.commit(descriptorOf(bytes("")).digest)).toMatchObject({ size: 0 });
  });

  it("resumes at its size, in any instance", async () => {
    await using registry = await open();
    const id = await startAndClose(registry);
    await using other = await openLayout(registry.directory);
    for (const [it, offset, text] of [
      [registry, undefined, "wor"],
      [other, 9, "l"],
      [registry, 10, "d"],
    ] as const) {
      await using writer = await it.pushBlobChunkedResume("a", id, offset === undefined ? {} : { offset });
      await writer.write(bytes(text));
    }
    const writer = await other.pushBlobChunkedResume("a", id);
    expect(writer.size).toBe(11);
    await writer.commit(hello.digest);
    expect(await (await registry.getBlob("a", hello.digest)).text()).toBe("hello world");
  });

  it.each([0, 5, 7])(
    "resumed at another offset than its size (%i) fails with RANGE_INVALID and is not changed",
    async (offset) => {
      await using registry = await open();
      const id = await startAndClose(registry);
      const before = snapshot(registry.directory);
      await expect(registry.pushBlobChunkedResume("a", id, { offset })).rejects.toMatchObject({
        code: "RANGE_INVALID",
        detail: { size: 6 },
      });
      expect(snapshot(registry.directory)).toEqual(before);
      await using writer = await registry.pushBlobChunkedResume("a", id, { offset: 6 });
      expect(writer.size).toBe(6);
    },
  );

  // clause 1
  it("resumed at a negative offset fails with a RangeError", async () => {
    await using registry = await open();
    const id = await startAndClose(registry);
    await expect(registry.pushBlobChunkedResume("a", id, { offset: -7 })).rejects.toThrow(RangeError);
  });

  it("can be committed under the announced algorithm and under any other", async () => {
    await using registry = await open();
    for (const announced of digestAlgorithms) {
      for (const committed of digestAlgorithms) {
        const writer = await registry.pushBlobChunked("a", { digestAlgorithm: announced });
        await writer.write(bytes("hello world"));
        const digest = committed === "sha256" ? hello.digest : HELLO_SHA512;
        expect(await writer.commit(digest)).toMatchObject({ digest });
      }
    }
    await expect(registry.pushBlobChunked("a", { digestAlgorithm: "md5" })).rejects.toMatchObject({
      code: "DIGEST_INVALID",
    });
  });

  // clause 6
  it("is verified even if its digest is stored already, and replaces a corrupt stored file", async () => {
    await using registry = await open();
    await registry.pushBlob("a", hello, bytes("hello world"));
    const wrong = await registry.pushBlobChunked("a");
    await wrong.write(bytes("WRONG"));
    await expect(wrong.commit(hello.digest)).rejects.toMatchObject({ code: "DIGEST_INVALID" });
    await wrong.cancel();
    writeFileSync(blobPath(registry.directory, hello.digest), "damage");
    const right = await registry.pushBlobChunked("a");
    await right.write(bytes("hello world"));
    await right.commit(hello.digest);
    expect(await (await registry.getBlob("a", hello.digest)).text()).toBe("hello world");
    expect(sessions(registry)).toEqual([]);
  });

  it("can continue after a failed commit", async () => {
    await using registry = await open();
    const writer = await registry.pushBlobChunked("a");
    await writer.write(bytes("hello"));
    await expect(writer.commit(hello.digest)).rejects.toMatchObject({ code: "DIGEST_INVALID" });
    await expect(writer.commit("nonsense")).rejects.toMatchObject({ code: "DIGEST_INVALID" });
    await writer.write(bytes(" world"));
    expect(await writer.commit(hello.digest)).toMatchObject({ size: 11 });
  });

  it("takes writes that are not awaited in call order", async () => {
    await using registry = await open();
    const writer = await registry.pushBlobChunked("a");
    const writes = Array.from("hello world", (letter) => writer.write(bytes(letter)));
    expect(await writer.commit(hello.digest)).toMatchObject({ size: 11 });
    await Promise.all(writes);
  });

  // clause 3
  it("copies a chunk before its write settles", async () => {
    await using registry = await open();
    const writer = await registry.pushBlobChunked("a");
    const chunk = bytes("hello world");
    await writer.write(chunk);
    chunk.fill(0);
    expect(await writer.commit(hello.digest)).toMatchObject({ size: 11 });
  });

  it("reports a chunk size: the caller's wish, else its own", async () => {
    await using registry = await open();
    await using wished = await registry.pushBlobChunked("a", { chunkSize: 10 });
    expect(wished.chunkSize).toBe(10);
    await using own = await registry.pushBlobChunked("a", { chunkSize: 0 });
    expect(own.chunkSize).toBeGreaterThan(0);
    await expect(registry.pushBlobChunked("a", { chunkSize: -1 })).rejects.toThrow(RangeError);
  });
});

// clause 9
describe("an upload's id", () => {
  it("cannot be guessed", async () => {
    await using registry = await open();
    const ids = await Promise.all(Array.from({ length: 20 }, () => startAndClose(registry)));
    expect(new Set(ids).size).toBe(20);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });

  // clause 9
  it.each([
    "",
    ".",
    "..",
    "/",
    "../../../victim.txt",
    "../../index.json",
    "../sha256/44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    "..\\..\\victim.txt",
    "a\0b",
    "nosuch",
    "00000000-0000-4000-8000-000000000000",
    "x".repeat(100_000),
  ])("is unknown, and nothing is created or touched, if it is %j", async (id) => {
    await using registry = await open();
    await startAndClose(registry);
    mkdirSync(join(registry.directory, "..", "beside"));
    writeFileSync(join(registry.directory, "..", "victim.txt"), "victim");
    const before = snapshot(join(registry.directory, ".."));
    for (const call of [
      () => registry.pushBlobChunkedResume("a", id),
      () => registry.pushBlobChunkedResume("a", id, { offset: 5 }),
      () => registry.resolveUpload("a", id),
      () => registry.cancelUpload("a", id),
    ]) {
      const error = (await rejection(call())) as Error;
      expect(error).toMatchObject(unknown);
      expect(error.message).not.toContain(registry.directory);
    }
    expect(snapshot(join(registry.directory, ".."))).toEqual(before);
  });

  // clause 9
  it("is never used as a path, even if a real one follows in it", async () => {
    await using registry = await open();
    const id = await startAndClose(registry);
    for (const path of [`../_uploads/${id}`, `./${id}`, `${id}/.`, `${id}/`, ` ${id}`, id.toUpperCase()]) {
      await expect(registry.resolveUpload("a", path)).rejects.toMatchObject(unknown);
      await expect(registry.pushBlobChunkedResume("a", path)).rejects.toMatchObject(unknown);
    }
    await registry.resolveUpload("a", id);
  });

  // clause 9
  it("is bound to its repository", async () => {
    await using registry = await open();
    const id = await startAndClose(registry);
    for (const call of ["pushBlobChunkedResume", "resolveUpload", "cancelUpload"] as const) {
      await expect(registry[call]("b", id)).rejects.toMatchObject(unknown);
    }
    await registry.resolveUpload("a", id);
  });

  it("is rejected with a TypeError if it is not a string, and with NAME_INVALID in an invalid repository", async () => {
    await using registry = await open();
    for (const call of ["pushBlobChunkedResume", "resolveUpload", "cancelUpload"] as const) {
      await expect(registry[call]("a", 7 as unknown as string)).rejects.toThrow(TypeError);
      await expect(registry[call]("A", "id")).rejects.toMatchObject({ code: "NAME_INVALID" });
    }
    await expect(registry.pushBlobChunked("A")).rejects.toMatchObject({ code: "NAME_INVALID" });
  });

  it("is unknown if a killed process left its record incomplete", async () => {
    await using registry = await open();
    const id = await startAndClose(registry);
    writeFileSync(join(registry.directory, "_uploads", id, "session.json"), '{"repos');
    await expect(registry.pushBlobChunkedResume("a", id)).rejects.toMatchObject(unknown);
  });
});

// clause 9
describe("an upload's writer", () => {
  const call = {
    write: (writer: BlobWriter) => writer.write(bytes("x")),
    commit: (writer: BlobWriter) => writer.commit(hello.digest),
    cancel: (writer: BlobWriter) => writer.cancel(),
  };
  const end = {
    committed: async (writer: BlobWriter) => {
      await writer.commit(hello.digest);
    },
    cancelled: (writer: BlobWriter) => writer.cancel(),
    closed: (writer: BlobWriter) => writer.close(),
    disposed: (writer: BlobWriter) => writer[Symbol.asyncDispose](),
  };

  // clause 9
  it.each<[keyof typeof call, keyof typeof end, object | undefined]>([
    ["write", "committed", unknown],
    ["commit", "committed", unknown],
    ["cancel", "committed", undefined],
    ["write", "cancelled", unknown],
    ["commit", "cancelled", unknown],
    ["cancel", "cancelled", undefined],
    ["write", "closed", invalid],
    ["commit", "closed", invalid],
    ["cancel", "closed", invalid],
    ["write", "disposed", invalid],
  ])("called with %s after it was %s ends with %j", async (name, ending, expected) => {
    await using registry = await open();
    const writer = await registry.pushBlobChunked("a");
    await writer.write(bytes("hello world"));
    await end[ending](writer);
    if (expected === undefined) await call[name](writer);
    else await expect(call[name](writer)).rejects.toMatchObject(expected);
    await writer.close();
    if (ending === "committed")
      expect(await (await registry.getBlob("a", hello.digest)).text()).toBe("hello world");
  });

  // clause 9
  it.each(["committed", "cancelled"] as const)(
    "leaves an unknown session after it was %s",
    async (ending) => {
      await using registry = await open();
      const writer = await registry.pushBlobChunked("a");
      await writer.write(bytes("hello world"));
      await end[ending](writer);
      await expect(registry.pushBlobChunkedResume("a", writer.id)).rejects.toMatchObject(unknown);
      await expect(registry.resolveUpload("a", writer.id)).rejects.toMatchObject(unknown);
      await expect(registry.cancelUpload("a", writer.id)).rejects.toMatchObject(unknown);
      expect(sessions(registry)).toEqual([]);
    },
  );

  // clause 9
  it("is the only one of its session, in one instance or in two", async () => {
    await using registry = await open();
    await using other = await openLayout(registry.directory);
    const writer = await registry.pushBlobChunked("a");
    await writer.write(bytes("hello "));
    for (const it of [registry, other]) {
      await expect(it.pushBlobChunkedResume("a", writer.id)).rejects.toMatchObject(invalid);
      await expect(it.cancelUpload("a", writer.id)).rejects.toMatchObject(invalid);
      expect(await it.resolveUpload("a", writer.id)).toMatchObject({ id: writer.id, size: 6 });
    }
    await writer.write(bytes("world"));
    await writer.close();
    await (await other.pushBlobChunkedResume("a", writer.id)).commit(hello.digest);
  });

  it("is not needed to cancel the session", async () => {
    await using registry = await open();
    const id = await startAndClose(registry);
    await registry.cancelUpload("a", id);
    expect(sessions(registry)).toEqual([]);
    await expect(registry.cancelUpload("a", id)).rejects.toMatchObject(unknown);
  });

  it("is closed with the layout, and its session stays", async () => {
    const registry = await open();
    const writer = await registry.pushBlobChunked("a");
    await writer.write(bytes("hello "));
    await registry.close();
    await expect(writer.write(bytes("x"))).rejects.toMatchObject(invalid);
    await using other = await openLayout(registry.directory);
    expect(await other.pushBlobChunkedResume("a", writer.id)).toMatchObject({ size: 6 });
  });

  it("is not available with readOnly, which only looks at sessions", async () => {
    await using registry = await open();
    const id = await startAndClose(registry);
    await using reader = await openLayout(registry.directory, { readOnly: true });
    expect(await reader.resolveUpload("a", id)).toMatchObject({ size: 6 });
    for (const call of ["pushBlobChunkedResume", "cancelUpload"] as const) {
      await expect(reader[call]("a", id)).rejects.toMatchObject({ code: "DENIED" });
    }
    await expect(reader.pushBlobChunked("a")).rejects.toMatchObject({ code: "DENIED" });
  });
});

// clause 2
describe("a signal of an upload", () => {
  it("creates nothing if it is already aborted", async () => {
    await using registry = await open();
    const signal = AbortSignal.abort("no");
    expect(await rejection(registry.pushBlobChunked("a", { signal }))).toBe("no");
    expect(existsSync(registry.directory)).toBe(false);
  });

  it("ends the writer when it aborts; the session stays", async () => {
    await using registry = await open();
    const controller = new AbortController();
    const writer = await registry.pushBlobChunked("a", { signal: controller.signal });
    await writer.write(bytes("hello "));
    controller.abort("enough");
    expect(await rejection(writer.write(bytes("x")))).toBe("enough");
    expect(await rejection(writer.commit(hello.digest))).toBe("enough");
    expect(await rejection(writer.cancel())).toBe("enough");
    await writer.close();
    const resumed = await registry.pushBlobChunkedResume("a", writer.id, { offset: 6 });
    await resumed.write(bytes("world"));
    expect(await resumed.commit(hello.digest)).toMatchObject({ size: 11 });
  });

  it("changes nothing if it aborts after the commit", async () => {
    await using registry = await open();
    const controller = new AbortController();
    const writer = await registry.pushBlobChunked("a", { signal: controller.signal });
    await writer.write(bytes("hello world"));
    await writer.commit(hello.digest);
    controller.abort();
    await writer.cancel();
    expect(await (await registry.getBlob("a", hello.digest)).text()).toBe("hello world");
  });
});

// clause 9
describe("upload sessions", () => {
  it("expire after the last write, and are removed over time", async () => {
    await using registry = await open({ uploadExpiryMs: 60_000 });
    const [old, young] = [await startAndClose(registry), await startAndClose(registry)];
    const age = (id: string, ms: number): void => {
      const then = new Date(Date.now() - ms);
      utimesSync(join(registry.directory, "_uploads", id, "data"), then, then);
    };
    age(old, 61_000);
    age(young, 50_000);
    await expect(registry.pushBlobChunkedResume("a", old)).rejects.toMatchObject(unknown);
    await expect(registry.resolveUpload("a", old)).rejects.toMatchObject(unknown);
    await registry.resolveUpload("a", young);
    await using other = await openLayout(registry.directory, { uploadExpiryMs: 60_000 });
    await using writer = await other.pushBlobChunked("a");
    await expect.poll(() => sessions(registry).sort()).toEqual([young, writer.id].sort());
  });

  it("expire without making any call wait until many of them have been removed", async () => {
    await using registry = await open({ uploadExpiryMs: 60_000 });
    const then = new Date(Date.now() - 61_000);
    for (let i = 0; i < 200; i += 1) {
      const id = await startAndClose(registry);
      utimesSync(join(registry.directory, "_uploads", id, "data"), then, then);
    }
    const other = await openLayout(registry.directory, { uploadExpiryMs: 60_000 });
    const writer = await other.pushBlobChunked("a");
    expect(sessions(registry).length).toBeGreaterThan(100);
    await writer.close();
    await other.close();
    const left = sessions(registry);
    await using another = await openLayout(registry.directory, { uploadExpiryMs: 60_000 });
    await using last = await another.pushBlobChunked("a");
    expect(left).toContain(writer.id);
    await expect
      .poll(() => sessions(registry).sort(), { timeout: 20_000 })
      .toEqual([writer.id, last.id].sort());
  });

  it("do not expire while they are open", async () => {
    await using registry = await open({ uploadExpiryMs: 60_000 });
    const writer = await registry.pushBlobChunked("a");
    utimesSync(join(registry.directory, "_uploads", writer.id, "data"), 1, 1);
    await using other = await openLayout(registry.directory, { uploadExpiryMs: 60_000 });
    await (await other.pushBlobChunked("a")).cancel();
    await writer.write(bytes("hello world"));
    await writer.commit(hello.digest);
  });
});

const HELLO_SHA512 =
  "sha512:309ecc489c12d6eb4cc40f50c902f2b4d0ed77ee511a7c7a9bcd3ca86d4cd86f989dd35bc5ff499670da34255b45b0cfd830e81f605dcf7dc5542e93ae9cd76f";
