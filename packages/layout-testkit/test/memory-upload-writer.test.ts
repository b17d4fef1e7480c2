import type { BlobWriter } from "@ocilayout/oci-types";
import { bytes, rejection } from "@ocilayout/testing";
import { describe, expect, it, onTestFinished, vi } from "vitest";

import { blob } from "../src/content/index.ts";
import { createMemoryRegistry, type MemoryRegistry } from "../src/memory/index.ts";

const hello = await blob("hello world");
const { digest } = hello.descriptor;
const unknown = { code: "BLOB_UPLOAD_UNKNOWN" };
const invalid = { code: "BLOB_UPLOAD_INVALID" };

/** A session of repository "a" that got "hello " and was closed. */
async function startAndClose(registry: MemoryRegistry): Promise<string> {
  const writer = await registry.pushBlobChunked("a");
  await writer.write(bytes("hello "));
  await writer.close();
  return writer.id;
}

// clause 9
describe("an upload's writer in memory", () => {
  const call = {
    write: (writer: BlobWriter) => writer.write(bytes("x")),
    commit: (writer: BlobWriter) => writer.commit(digest),
    cancel: (writer: BlobWriter) => writer.cancel(),
    close: (writer: BlobWriter) => writer.close(),
  };
  const end = {
    committed: async (writer: BlobWriter) => {
      await writer.commit(digest);
    },
    cancelled: (writer: BlobWriter) => writer.cancel(),
    closed: (writer: BlobWriter) => writer.close(),
    disposed: (writer: BlobWriter) => writer[Symbol.asyncDispose](),
  };

  it.each<[keyof typeof call, keyof typeof end, object | undefined]>([
    ["write", "committed", unknown],
    ["commit", "committed", unknown],
    ["cancel", "committed", undefined],
    ["close", "committed", undefined],
    ["write", "cancelled", unknown],
    ["commit", "cancelled", unknown],
    ["cancel", "cancelled", undefined],
    ["close", "cancelled", undefined],
    ["write", "closed", invalid],
    ["commit", "closed", invalid],
    ["cancel", "closed", invalid],
    ["close", "closed", undefined],
    ["write", "disposed", invalid],
  ])("called with %s after it was %s ends with %j", async (name, ending, expected) => {
    const registry = createMemoryRegistry();
    const writer = await registry.pushBlobChunked("a");
    await writer.write(hello.content);
    await end[ending](writer);
    if (expected === undefined) await call[name](writer);
    else await expect(call[name](writer)).rejects.toMatchObject(expected);
    if (ending === "committed")
      expect(await (await registry.getBlob("a", digest)).text()).toBe("hello world");
  });

  it.each(["committed", "cancelled"] as const)("ends its session when it is %s", async (ending) => {
    const registry = createMemoryRegistry();
    const writer = await registry.pushBlobChunked("a");
    await writer.write(hello.content);
    await end[ending](writer);
    for (const name of ["pushBlobChunkedResume", "resolveUpload", "cancelUpload"] as const) {
      await expect(registry[name]("a", writer.id)).rejects.toMatchObject(unknown);
    }
  });

  it.each(["pushBlobChunkedResume", "cancelUpload"] as const)("keeps %s from its session", async (name) => {
    const registry = createMemoryRegistry();
    const writer = await registry.pushBlobChunked("a");
    await expect(registry[name]("a", writer.id)).rejects.toMatchObject(invalid);
    await writer.write(hello.content);
    expect(await writer.commit(digest)).toMatchObject({ size: 11 });
  });

  it.each(["committed", "cancelled"] as const)("that was %s stays so when it is closed", async (ending) => {
    const writer = await createMemoryRegistry().pushBlobChunked("a");
    await writer.write(hello.content);
    await end[ending](writer);
    await writer.close();
    await expect(writer.write(bytes("x"))).rejects.toMatchObject(unknown);
  });

  it("that is closed again does not release a session that another writer holds", async () => {
    const registry = createMemoryRegistry();
    const old = await registry.pushBlobChunked("a");
    await old.close();
    await registry.pushBlobChunkedResume("a", old.id);
    await old.close();
    await expect(registry.pushBlobChunkedResume("a", old.id)).rejects.toMatchObject(invalid);
  });

  it("runs its calls one after the other, including those after a commit", async () => {
    const writer = await createMemoryRegistry().pushBlobChunked("a");
    await writer.write(hello.content);
    const calls = [writer.commit(digest), writer.write(bytes("x")), writer.cancel()];
    expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
  });

  it("is not opened by a rejected resumption", async () => {
    const registry = createMemoryRegistry();
    const id = await startAndClose(registry);
    await rejection(registry.pushBlobChunkedResume("a", id, { offset: 1 }));
    await registry.cancelUpload("a", id);
    await expect(registry.resolveUpload("a", id)).rejects.toMatchObject(unknown);
  });

  it("ends with its registry", async () => {
    const registry = createMemoryRegistry();
    const writer = await registry.pushBlobChunked("a");
    const writing = writer.write(hello.content);
    await registry.close();
    await writing;
    await expect(writer.commit(digest)).rejects.toMatchObject(invalid);
  });
});

// clause 2
describe("a signal of an upload in memory", () => {
  it("ends the writer; later calls reject with its reason, and close resolves", async () => {
    const controller = new AbortController();
    const writer = await createMemoryRegistry().pushBlobChunked("a", { signal: controller.signal });
    controller.abort("enough");
    expect(await rejection(writer.write(bytes("x")))).toBe("enough");
    expect(await rejection(writer.commit(digest))).toBe("enough");
    expect(await rejection(writer.cancel())).toBe("enough");
    await writer.close();
  });

  it("leaves the session, free at once", async () => {
    const registry = createMemoryRegistry();
    const controller = new AbortController();
    const writer = await registry.pushBlobChunked("a", { signal: controller.signal });
    await writer.write(bytes("hello "));
    controller.abort("enough");
    const resumed = await registry.pushBlobChunkedResume("a", writer.id, { offset: 6 });
    await resumed.write(bytes("world"));
    expect(await resumed.commit(digest)).toMatchObject({ size: 11 });
  });

  it("leaves no blob if it aborts during a commit", async () => {
    const registry = createMemoryRegistry();
    const controller = new AbortController();
    const writer = await registry.pushBlobChunked("a", { signal: controller.signal });
    await writer.write(hello.content);
    const committing = writer.commit(digest);
    controller.abort("enough");
    expect(await rejection(committing)).toBe("enough");
    await expect(registry.resolveBlob("a", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    expect(await registry.resolveUpload("a", writer.id)).toMatchObject({ size: 11 });
  });

  it("leaves no blob if it aborts while a commit is hashing", async () => {
    const registry = createMemoryRegistry();
    const controller = new AbortController();
    const writer = await registry.pushBlobChunked("a", { signal: controller.signal });
    await writer.write(hello.content);
    const committing = writer.commit(digest);
    // The commit has begun, and waits for its hash.
    await Promise.resolve();
    await Promise.resolve();
    controller.abort("enough");
    expect(await rejection(committing)).toBe("enough");
    await expect(registry.resolveBlob("a", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  it("changes nothing if it aborts after the commit", async () => {
    const registry = createMemoryRegistry();
    const controller = new AbortController();
    const writer = await registry.pushBlobChunked("a", { signal: controller.signal });
    await writer.write(hello.content);
    await writer.commit(digest);
    controller.abort("enough");
    await writer.cancel();
    expect(await (await registry.getBlob("a", digest)).text()).toBe("hello world");
  });
});

// clause 9
describe("upload sessions in memory", () => {
  it("expire after the last write", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const registry = createMemoryRegistry({ uploadExpiryMs: 1000 });
    const writer = await registry.pushBlobChunked("a");
    vi.setSystemTime(Date.now() + 900);
    await writer.write(bytes("hello "));
    await writer.close();
    vi.setSystemTime(Date.now() + 1000);
    expect(await registry.resolveUpload("a", writer.id)).toMatchObject({ size: 6 });
    vi.setSystemTime(Date.now() + 1);
    await expect(registry.resolveUpload("a", writer.id)).rejects.toMatchObject(unknown);
    await expect(registry.pushBlobChunkedResume("a", writer.id)).rejects.toMatchObject(unknown);
  });
});
