import { octetStream } from "@ocilayout/oci-types";
import { bytes } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { blob, pushContent } from "../src/content/index.ts";
import { createMemoryRegistry, type MemoryRegistry } from "../src/memory/index.ts";

const hello = await blob("hello world");
const { digest } = hello.descriptor;
const unknown = { code: "BLOB_UPLOAD_UNKNOWN" };

/** A session of repository "a" that got "hello " and was closed. */
async function startAndClose(registry: MemoryRegistry): Promise<string> {
  const writer = await registry.pushBlobChunked("a");
  await writer.write(bytes("hello "));
  await writer.close();
  return writer.id;
}

// clause 9
describe("an upload in memory", () => {
  it("written in chunks becomes a blob", async () => {
    const registry = createMemoryRegistry();
    const writer = await registry.pushBlobChunked("a");
    await writer.write(bytes("hello "));
    expect(writer.size).toBe(6);
    await writer.write(bytes("world"));
    expect(await writer.commit(digest)).toEqual({ mediaType: octetStream, digest, size: 11 });
    expect(await (await registry.getBlob("a", digest)).text()).toBe("hello world");
  });

  // clause 6
  it("is not visible before it is committed", async () => {
    const registry = createMemoryRegistry();
    const writer = await registry.pushBlobChunked("a");
    await writer.write(hello.content);
    await expect(registry.resolveBlob("a", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  it("takes writes that are not awaited in call order", async () => {
    const writer = await createMemoryRegistry().pushBlobChunked("a");
    const writes = Array.from("hello world", (letter) => writer.write(bytes(letter)));
    expect(await writer.commit(digest)).toMatchObject({ size: 11 });
    await Promise.all(writes);
  });

  // clause 3
  it("copies a chunk before the call returns its promise", async () => {
    const writer = await createMemoryRegistry().pushBlobChunked("a");
    const chunk = bytes("hello world");
    const writing = writer.write(chunk);
    chunk.fill(0);
    await writing;
    expect(await writer.commit(digest)).toMatchObject({ size: 11 });
  });

  it("can be committed under sha512, announced or not", async () => {
    for (const digestAlgorithm of ["sha256", "sha512"]) {
      const writer = await createMemoryRegistry().pushBlobChunked("a", { digestAlgorithm });
      await writer.write(hello.content);
      expect(await writer.commit(HELLO_SHA512)).toMatchObject({ digest: HELLO_SHA512 });
    }
    await expect(
      createMemoryRegistry().pushBlobChunked("a", { digestAlgorithm: "md5" }),
    ).rejects.toMatchObject({ code: "DIGEST_INVALID" });
  });

  it("can continue in the same writer after a failed commit", async () => {
    const writer = await createMemoryRegistry().pushBlobChunked("a");
    await writer.write(bytes("hello "));
    await expect(writer.commit(digest)).rejects.toMatchObject({ code: "DIGEST_INVALID" });
    await expect(writer.commit("nonsense")).rejects.toMatchObject({ code: "DIGEST_INVALID" });
    await writer.write(bytes("world"));
    expect(await writer.commit(digest)).toMatchObject({ size: 11 });
  });

  it("is verified even if its digest is already stored", async () => {
    const registry = createMemoryRegistry();
    await pushContent(registry, "a", hello);
    const writer = await registry.pushBlobChunked("a");
    await writer.write(bytes("WRONG"));
    await expect(writer.commit(digest)).rejects.toMatchObject({ code: "DIGEST_INVALID" });
    expect(await (await registry.getBlob("a", digest)).text()).toBe("hello world");
  });

  it("reports a chunk size: the caller's wish, else its own", async () => {
    const registry = createMemoryRegistry();
    expect((await registry.pushBlobChunked("a", { chunkSize: 10 })).chunkSize).toBe(10);
    expect((await registry.pushBlobChunked("a", { chunkSize: 0 })).chunkSize).toBeGreaterThan(0);
    expect((await registry.pushBlobChunked("a")).chunkSize).toBeGreaterThan(0);
  });

  it("rejects a chunk that is not bytes, and continues", async () => {
    const writer = await createMemoryRegistry().pushBlobChunked("a");
    await expect(writer.write("hello" as unknown as Uint8Array)).rejects.toThrow(TypeError);
    await writer.write(hello.content);
    expect(await writer.commit(digest)).toMatchObject({ size: 11 });
  });
});

// clause 9
describe("resuming an upload in memory", () => {
  it.each([undefined, 6])("with offset %s continues at the current size", async (offset) => {
    const registry = createMemoryRegistry();
    const writer = await registry.pushBlobChunkedResume("a", await startAndClose(registry), { offset });
    expect(writer.size).toBe(6);
    await writer.write(bytes("world"));
    expect(await writer.commit(digest)).toMatchObject({ size: 11 });
  });

  it.each([0, 5, 7])(
    "at the wrong offset %i fails with RANGE_INVALID, and changes nothing",
    async (offset) => {
      const registry = createMemoryRegistry();
      const id = await startAndClose(registry);
      await expect(registry.pushBlobChunkedResume("a", id, { offset })).rejects.toMatchObject({
        code: "RANGE_INVALID",
        detail: { size: 6 },
      });
      expect(await registry.pushBlobChunkedResume("a", id, { offset: 6 })).toMatchObject({ id, size: 6 });
    },
  );

  it("does not change the size that an old writer reports", async () => {
    const registry = createMemoryRegistry();
    const old = await registry.pushBlobChunked("a");
    await old.write(bytes("hello "));
    await old.close();
    await (await registry.pushBlobChunkedResume("a", old.id)).write(bytes("world"));
    expect(old.size).toBe(6);
  });

  it("is not needed to learn its size: resolveUpload reports it, even if a writer is open", async () => {
    const registry = createMemoryRegistry();
    const writer = await registry.pushBlobChunked("a");
    await writer.write(bytes("hello "));
    const { chunkSize, ...status } = await registry.resolveUpload("a", writer.id);
    expect(status).toEqual({ id: writer.id, size: 6 });
    expect(chunkSize).toBeGreaterThan(0);
    await writer.write(bytes("world"));
  });
});

// clause 9
describe("an upload's id in memory", () => {
  const byId = ["pushBlobChunkedResume", "resolveUpload", "cancelUpload"] as const;

  it("cannot be guessed", async () => {
    const registry = createMemoryRegistry();
    const ids = await Promise.all(Array.from({ length: 20 }, () => startAndClose(registry)));
    expect(new Set(ids).size).toBe(20);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it.each(byId)("that was not created here is unknown to %s, and stays unknown", async (call) => {
    const registry = createMemoryRegistry();
    for (const id of ["", "..", "nosuch", "00000000-0000-4000-8000-000000000000", "__proto__"]) {
      await expect(registry[call]("a", id), id).rejects.toMatchObject(unknown);
      await expect(registry.resolveUpload("a", id), id).rejects.toMatchObject(unknown);
    }
  });

  it.each(byId)("is unknown to %s in another repository", async (call) => {
    const registry = createMemoryRegistry();
    const id = await startAndClose(registry);
    await expect(registry[call]("b", id)).rejects.toMatchObject(unknown);
    expect(await registry.resolveUpload("a", id)).toMatchObject({ size: 6 });
  });

  // section 3
  it.each(byId)("is rejected with a TypeError by %s if it is not a string", async (call) => {
    await expect(createMemoryRegistry()[call]("a", 7 as unknown as string)).rejects.toThrow(TypeError);
  });
});

const HELLO_SHA512 =
  "sha512:309ecc489c12d6eb4cc40f50c902f2b4d0ed77ee511a7c7a9bcd3ca86d4cd86f989dd35bc5ff499670da34255b45b0cfd830e81f605dcf7dc5542e93ae9cd76f";
