import { octetStream, type BlobSource } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { blob, image, pushContent } from "../src/content/index.ts";
import { createMemoryRegistry, type MemoryRegistry } from "../src/memory/index.ts";
import { bytes } from "./helpers.ts";

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

describe("clause 6: a pushed blob", () => {
  it.each<[string, () => BlobSource]>([
    ["bytes", () => bytes("hello world")],
    ["a Blob", () => new Blob(["hello world"])],
    ["a stream", () => new Blob(["hello world"]).stream()],
    ["an iterable", () => [bytes("hello "), bytes("world")]],
    ["an async iterable", helloLater],
  ])("may be %s", async (_name, make) => {
    const registry = createMemoryRegistry();
    expect(await registry.pushBlob("a", hello.descriptor, make())).toEqual(asBlob);
    expect(await (await registry.getBlob("a", digest)).text()).toBe("hello world");
  });

  it("may be empty", async () => {
    const registry = createMemoryRegistry();
    const empty = await blob("");
    await pushContent(registry, "a", empty);
    expect(await (await registry.getBlob("a", empty.descriptor.digest)).text()).toBe("");
  });

  it("needs no size", async () => {
    expect(await createMemoryRegistry().pushBlob("a", { digest }, hello.content)).toEqual(asBlob);
  });

  it("may be named by sha512", async () => {
    const registry = createMemoryRegistry();
    const long = HELLO_SHA512;
    await registry.pushBlob("a", { digest: long }, hello.content);
    expect(await registry.resolveBlob("a", long)).toEqual({ ...asBlob, digest: long });
    await expect(registry.resolveBlob("a", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  it("of another digest is DIGEST_INVALID, and not there", async () => {
    const registry = createMemoryRegistry();
    await expect(registry.pushBlob("a", { digest }, bytes("hello there"))).rejects.toMatchObject({
      code: "DIGEST_INVALID",
    });
    await expect(registry.getBlob("a", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  it.each([10, 12])("of another size than %i is SIZE_INVALID, and not there", async (size) => {
    const registry = createMemoryRegistry();
    await expect(registry.pushBlob("a", { digest, size }, hello.content)).rejects.toMatchObject({
      code: "SIZE_INVALID",
    });
    await expect(registry.getBlob("a", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  it("is verified also where its digest is stored already", async () => {
    const registry = await openWithHello();
    await expect(registry.pushBlob("a", { digest }, bytes("hello there"))).rejects.toMatchObject({
      code: "DIGEST_INVALID",
    });
    expect(await (await registry.getBlob("a", digest)).text()).toBe("hello world");
  });

  it("is not seen before all of it was verified", async () => {
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

  it("is not read on once it is too long", async () => {
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
  ])("is ended where %s refuses it", async (_name, { repo, ...descriptor }) => {
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

describe("clause 7: a range", () => {
  it.each([
    [0, undefined, "hello world"],
    [0, 5, "hello"],
    [6, 11, "world"],
    [6, 99, "world"],
    [3, 3, ""],
    [11, undefined, ""],
    [11, 99, ""],
  ])("from %i to %s is %j", async (start, end, text) => {
    const reader = await (await openWithHello()).getBlobRange("a", digest, { start, end });
    expect(await reader.text()).toBe(text);
  });

  it("is described by the whole blob", async () => {
    const reader = await (await openWithHello()).getBlobRange("a", digest, { start: 6, end: 8 });
    expect(reader.descriptor).toEqual(asBlob);
  });

  it.each([
    [12, undefined],
    [12, 12],
    [5, 4],
  ])("from %i to %s is RANGE_INVALID", async (start, end) => {
    const registry = await openWithHello();
    await expect(registry.getBlobRange("a", digest, { start, end })).rejects.toMatchObject({
      code: "RANGE_INVALID",
    });
  });

  it("of a blob that is not there is BLOB_UNKNOWN", async () => {
    await expect(createMemoryRegistry().getBlobRange("a", digest, { start: 0 })).rejects.toMatchObject({
      code: "BLOB_UNKNOWN",
    });
  });

  it("or the whole has the media type of any bytes, whatever it was pushed as", async () => {
    const registry = await openWithHello();
    expect(await registry.resolveBlob("a", digest)).toEqual(asBlob);
    expect((await registry.getBlob("a", digest)).descriptor).toEqual(asBlob);
  });
});

describe("clause 8: a reader", () => {
  it("gives the content once", async () => {
    const reader = await (await openWithHello()).getBlob("a", digest);
    expect(await reader.text()).toBe("hello world");
    await expect(reader.text()).rejects.toThrow(TypeError);
  });

  it("that was closed gives nothing", async () => {
    const reader = await (await openWithHello()).getBlob("a", digest);
    await reader.close();
    await expect(reader.text()).rejects.toMatchObject({ code: "CLOSED" });
  });

  it("goes on with the blob it opened when that is deleted", async () => {
    const registry = await openWithHello();
    const reader = await registry.getBlob("a", digest);
    await registry.deleteBlob("a", digest);
    expect(await reader.text()).toBe("hello world");
  });
});

describe("clause 10: mountBlob", () => {
  it("makes a blob of one repository one of another", async () => {
    const registry = await openWithHello();
    expect(await registry.mountBlob("a", "b", digest)).toEqual(asBlob);
    expect(await (await registry.getBlob("b", digest)).text()).toBe("hello world");
  });

  it("from no repository takes the blob from any", async () => {
    const registry = await openWithHello();
    expect(await registry.mountBlob(undefined, "b", digest)).toEqual(asBlob);
  });

  it("from a repository without the blob is BLOB_UNKNOWN", async () => {
    const registry = await openWithHello();
    await pushContent(registry, "b", image());
    await expect(registry.mountBlob("b", "c", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    await expect(registry.resolveBlob("c", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  it("clause 5: from a repository without a name is NAME_INVALID, not from any", async () => {
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

describe("clause 11: blobs", () => {
  it("are of their repository alone", async () => {
    const registry = await openWithHello();
    for (const call of ["getBlob", "resolveBlob", "deleteBlob"] as const) {
      await expect(registry[call]("b", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    }
  });

  it("are a manifest's only where they are of its repository", async () => {
    const registry = createMemoryRegistry();
    const app = await image({ layers: [hello] });
    await pushContent(registry, "a", app);
    await expect(registry.pushManifest("b", app.content, app.descriptor.mediaType)).rejects.toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
    });
  });

  it("are everybody's with repositoryScopedBlobs: false", async () => {
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
