import { octetStream, type BlobSource } from "@ocilayout/oci-types";
import { bytes } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { blob, image, pushContent } from "../src/content/index.ts";
import { createMemoryRegistry, type MemoryRegistry } from "../src/memory/index.ts";

const hello = await blob("hello world");
const { digest } = hello.descriptor;
const asBlob = { mediaType: octetStream, digest, size: 11 };

async function* helloLater(): AsyncGenerator<Uint8Array> {
  yield bytes("hello world");
}

async function openWithHello(): Promise<MemoryRegistry> {
  const registry = createMemoryRegistry();
  await pushContent(registry, "a", hello);
  return registry;
}

// clause 6
describe("pushBlob in memory", () => {
  it.each<[string, () => BlobSource]>([
    ["bytes", () => bytes("hello world")],
    ["a Blob", () => new Blob(["hello world"])],
    ["a stream", () => new Blob(["hello world"]).stream()],
    ["an iterable", () => [bytes("hello "), bytes("world")]],
    ["an async iterable", helloLater],
  ])("accepts %s", async (_name, make) => {
    const registry = createMemoryRegistry();
    expect(await registry.pushBlob("a", hello.descriptor, make())).toEqual(asBlob);
    expect(await (await registry.getBlob("a", digest)).text()).toBe("hello world");
  });

  it("accepts an empty blob", async () => {
    const registry = createMemoryRegistry();
    const empty = await blob("");
    await pushContent(registry, "a", empty);
    expect(await (await registry.getBlob("a", empty.descriptor.digest)).text()).toBe("");
  });

  it("accepts a descriptor without a size", async () => {
    expect(await createMemoryRegistry().pushBlob("a", { digest }, hello.content)).toEqual(asBlob);
  });

  it("accepts a sha512 digest", async () => {
    const registry = createMemoryRegistry();
    const long = HELLO_SHA512;
    await registry.pushBlob("a", { digest: long }, hello.content);
    expect(await registry.resolveBlob("a", long)).toEqual({ ...asBlob, digest: long });
    await expect(registry.resolveBlob("a", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  it("rejects a digest mismatch with DIGEST_INVALID, and stores nothing", async () => {
    const registry = createMemoryRegistry();
    await expect(registry.pushBlob("a", { digest }, bytes("hello there"))).rejects.toMatchObject({
      code: "DIGEST_INVALID",
    });
    await expect(registry.getBlob("a", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  it.each([10, 12])("rejects a size of %i with SIZE_INVALID, and stores nothing", async (size) => {
    const registry = createMemoryRegistry();
    await expect(registry.pushBlob("a", { digest, size }, hello.content)).rejects.toMatchObject({
      code: "SIZE_INVALID",
    });
    await expect(registry.getBlob("a", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  it("verifies the content even if its digest is already stored", async () => {
    const registry = await openWithHello();
    await expect(registry.pushBlob("a", { digest }, bytes("hello there"))).rejects.toMatchObject({
      code: "DIGEST_INVALID",
    });
    expect(await (await registry.getBlob("a", digest)).text()).toBe("hello world");
  });

  it("makes the blob visible only after all of it was verified", async () => {
    const registry = createMemoryRegistry();
    const codes: unknown[] = [];
    async function* content(): AsyncGenerator<Uint8Array> {
      yield bytes("hello world");
      await registry
        .getBlob("a", digest)
        .catch((error: unknown) => codes.push((error as { code: string }).code));
    }
    await registry.pushBlob("a", { digest }, content());
    expect(codes).toEqual(["BLOB_UNKNOWN"]);
  });

  it("stops reading once the content is too long", async () => {
    let asked = 0;
    function* endless(): Generator<Uint8Array> {
      for (;;) {
        asked += 1;
        yield bytes("hello world");
      }
    }
    await expect(createMemoryRegistry().pushBlob("a", hello.descriptor, endless())).rejects.toMatchObject({
      code: "SIZE_INVALID",
    });
    expect(asked).toBe(2);
  });

  it.each([
    ["an invalid repository name", { repo: "A", digest }],
    ["an invalid digest", { repo: "a", digest: "x" }],
  ])("closes the source if %s rejects the call", async (_name, { repo, ...descriptor }) => {
    let ended = false;
    const source: ReadableStream<Uint8Array> = new ReadableStream({
      cancel() {
        ended = true;
      },
    });
    await expect(createMemoryRegistry().pushBlob(repo, descriptor, source)).rejects.toThrow();
    expect(ended).toBe(true);
  });
});

// clause 7
describe("getBlobRange in memory", () => {
  it.each([
    [0, undefined, "hello world"],
    [0, 5, "hello"],
    [6, 11, "world"],
    [6, 99, "world"],
    [3, 3, ""],
    [11, undefined, ""],
    [11, 99, ""],
  ])("from %i to %s returns %j", async (start, end, text) => {
    const reader = await (await openWithHello()).getBlobRange("a", digest, { start, end });
    expect(await reader.text()).toBe(text);
  });

  it("returns the descriptor of the whole blob", async () => {
    const reader = await (await openWithHello()).getBlobRange("a", digest, { start: 6, end: 8 });
    expect(reader.descriptor).toEqual(asBlob);
  });

  it.each([
    [12, undefined],
    [12, 12],
    [5, 4],
  ])("from %i to %s fails with RANGE_INVALID", async (start, end) => {
    const registry = await openWithHello();
    await expect(registry.getBlobRange("a", digest, { start, end })).rejects.toMatchObject({
      code: "RANGE_INVALID",
    });
  });

  it("of a missing blob fails with BLOB_UNKNOWN", async () => {
    await expect(createMemoryRegistry().getBlobRange("a", digest, { start: 0 })).rejects.toMatchObject({
      code: "BLOB_UNKNOWN",
    });
  });

  it("returns application/octet-stream, as getBlob does, whatever the blob was pushed as", async () => {
    const registry = await openWithHello();
    expect(await registry.resolveBlob("a", digest)).toEqual(asBlob);
    expect((await registry.getBlob("a", digest)).descriptor).toEqual(asBlob);
  });
});

// clause 8
describe("a blob reader in memory", () => {
  it("yields its content once", async () => {
    const reader = await (await openWithHello()).getBlob("a", digest);
    expect(await reader.text()).toBe("hello world");
    await expect(reader.text()).rejects.toThrow(TypeError);
  });

  it("yields nothing after close", async () => {
    const reader = await (await openWithHello()).getBlob("a", digest);
    await reader.close();
    await expect(reader.text()).rejects.toMatchObject({ code: "CLOSED" });
  });

  it("continues with its blob after that is deleted", async () => {
    const registry = await openWithHello();
    const reader = await registry.getBlob("a", digest);
    await registry.deleteBlob("a", digest);
    expect(await reader.text()).toBe("hello world");
  });
});

// clause 10
describe("mountBlob in memory", () => {
  it("makes a blob of one repository visible in another", async () => {
    const registry = await openWithHello();
    expect(await registry.mountBlob("a", "b", digest)).toEqual(asBlob);
    expect(await (await registry.getBlob("b", digest)).text()).toBe("hello world");
  });

  it("without a source takes the blob from any repository", async () => {
    const registry = await openWithHello();
    expect(await registry.mountBlob(undefined, "b", digest)).toEqual(asBlob);
  });

  it("from a repository that lacks the blob fails with BLOB_UNKNOWN", async () => {
    const registry = await openWithHello();
    await pushContent(registry, "b", image());
    await expect(registry.mountBlob("b", "c", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    await expect(registry.resolveBlob("c", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  // clause 5
  it("from a repository with an empty name fails with NAME_INVALID", async () => {
    await expect((await openWithHello()).mountBlob("", "b", digest)).rejects.toMatchObject({
      code: "NAME_INVALID",
    });
  });

  it("makes a blob that outlives its source", async () => {
    const registry = await openWithHello();
    await registry.mountBlob("a", "b", digest);
    await registry.deleteBlob("a", digest);
    expect(await (await registry.getBlob("b", digest)).text()).toBe("hello world");
  });
});

// clause 11
describe("blobs in memory", () => {
  it("are visible only in their repository", async () => {
    const registry = await openWithHello();
    for (const call of ["getBlob", "resolveBlob", "deleteBlob"] as const) {
      await expect(registry[call]("b", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    }
  });

  it("satisfy a manifest's references only in the same repository", async () => {
    const registry = createMemoryRegistry();
    const app = await image({ layers: [hello] });
    await pushContent(registry, "a", app);
    await expect(registry.pushManifest("b", app.content, app.descriptor.mediaType)).rejects.toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
    });
  });

  it("are visible in all repositories with repositoryScopedBlobs: false", async () => {
    const registry = createMemoryRegistry({ repositoryScopedBlobs: false });
    await pushContent(registry, "a", hello);
    expect(await (await registry.getBlob("b", digest)).text()).toBe("hello world");
    expect(await registry.mountBlob("nosuch", "b", digest)).toEqual(asBlob);
    await expect(registry.mountBlob("A", "b", digest)).rejects.toMatchObject({ code: "NAME_INVALID" });
    await registry.deleteBlob("c", digest);
    await expect(registry.resolveBlob("a", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });
});

const HELLO_SHA512 =
  "sha512:309ecc489c12d6eb4cc40f50c902f2b4d0ed77ee511a7c7a9bcd3ca86d4cd86f989dd35bc5ff499670da34255b45b0cfd830e81f605dcf7dc5542e93ae9cd76f";
