import { getEventListeners } from "node:events";

import { bytes, descriptorOf, rejection } from "@ocilayout/testing";
import { afterEach, describe, expect, it, vi } from "vitest";

import { defineBackend, memoryUploads, type MemoryUploadsOptions, type PushBlobCall } from "../src/index.ts";

const hello = bytes("hello");
const { digest } = descriptorOf(hello);
const unknown = { code: "BLOB_UPLOAD_UNKNOWN" };

function make(options?: MemoryUploadsOptions) {
  const blobs: Map<string, Uint8Array> = new Map();
  const pushBlob = async ({ repository, digest: named, content }: PushBlobCall): Promise<number> => {
    const pushed = await content.bytes();
    blobs.set(`${repository} ${named}`, pushed);
    return pushed.length;
  };
  return { blobs, registry: defineBackend({ pushBlob, ...memoryUploads(pushBlob, options) }) };
}

// clause 9
describe("memoryUploads", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("verifies the written content and pushes it as a blob of the repository", async () => {
    const { blobs, registry } = make();
    const writer = await registry.pushBlobChunked("a");
    const chunk = bytes("he");
    await writer.write(chunk);
    chunk.fill(0);
    await writer.write(bytes("llo"));
    expect(writer.size).toBe(5);
    expect(await writer.commit(digest)).toMatchObject({ digest, size: 5 });
    expect(blobs).toEqual(new Map([[`a ${digest}`, hello]]));
    expect(await rejection(registry.resolveUpload("a", writer.id))).toMatchObject(unknown);
  });

  it("keeps a session whose content has another digest, and pushes nothing", async () => {
    const { blobs, registry } = make();
    const writer = await registry.pushBlobChunked("a");
    await writer.write(bytes("hell"));
    expect(await rejection(writer.commit(digest))).toMatchObject({ code: "DIGEST_INVALID" });
    await writer.write(bytes("o"));
    await writer.commit(digest);
    expect(blobs.size).toBe(1);
  });

  it("listens to the signal no longer than it pushes, also if the content is not read", async () => {
    const pushBlob = (): never => {
      throw new Error("the disk is full");
    };
    const { signal } = new AbortController();
    const writer = await defineBackend(memoryUploads(pushBlob)).pushBlobChunked("a", { signal });
    await rejection(writer.commit(digest));
    await writer.close();
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("lets one writer at a time resume a session, in its own repository", async () => {
    const { registry } = make();
    const { id } = await registry.pushBlobChunked("a");
    expect(await rejection(registry.pushBlobChunkedResume("a", id))).toMatchObject({
      code: "BLOB_UPLOAD_INVALID",
    });
    expect(await rejection(registry.pushBlobChunkedResume("b", id))).toMatchObject(unknown);
    expect(await registry.resolveUpload("a", id)).toMatchObject({ id, size: 0 });
  });

  it("frees a closed session, and removes a cancelled one", async () => {
    const { registry } = make();
    const writer = await registry.pushBlobChunked("a");
    await writer.write(hello);
    await writer.close();
    const again = await registry.pushBlobChunkedResume("a", writer.id, { offset: 5 });
    await again.close();
    await registry.cancelUpload("a", writer.id);
    expect(await rejection(registry.resolveUpload("a", writer.id))).toMatchObject(unknown);
  });

  it("pushes nothing if its signal is aborted before the blob is visible", async () => {
    const { blobs, registry } = make();
    const controller = new AbortController();
    const writer = await registry.pushBlobChunked("a", controller);
    await writer.write(hello);
    const committing = writer.commit(digest);
    controller.abort();
    expect(await rejection(committing)).toMatchObject({ name: "AbortError" });
    expect(blobs.size).toBe(0);
  });

  it("removes a session without a write for longer than expiryMs", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { registry } = make({ expiryMs: 1000 });
    const writer = await registry.pushBlobChunked("a");
    vi.advanceTimersByTime(900);
    await writer.write(hello);
    await writer.close();
    vi.advanceTimersByTime(1000);
    expect(await registry.resolveUpload("a", writer.id)).toMatchObject({ size: 5 });
    vi.advanceTimersByTime(1);
    expect(await rejection(registry.resolveUpload("a", writer.id))).toMatchObject(unknown);
    await registry.pushBlobChunked("a");
    expect(await rejection(registry.pushBlobChunkedResume("a", writer.id))).toMatchObject(unknown);
  });

  it("rejects an invalid expiry", () => {
    expect(() => memoryUploads(() => 0, { expiryMs: -1 })).toThrow(RangeError);
  });
});
