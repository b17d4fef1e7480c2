import { computeDigest } from "@ocilayout/oci-types";
import { temporaryDirectory } from "@ocilayout/testing";
import { expect, it } from "vitest";

import { openLayout } from "../src/index.ts";

const MIB = 1024 * 1024;
const content = new Uint8Array(3 * MIB + 5).map((_, i) => i % 251);
const { digest } = await computeDigest(content);

it.each([true, false])(
  "a reader with reused chunks yields the same content (verified: %s)",
  async (verifyOnRead) => {
    await using registry = await openLayout(temporaryDirectory(), { durability: "none", verifyOnRead });
    await registry.pushBlob("a", { digest }, content);
    const copies: Uint8Array[] = [];
    const buffers: Set<ArrayBufferLike> = new Set();
    let count = 0;
    for await (const chunk of await registry.getBlob("a", digest, { chunks: "reused" })) {
      copies.push(chunk.slice());
      buffers.add(chunk.buffer);
      count += 1;
    }
    expect(Buffer.concat(copies).equals(content)).toBe(true);
    expect(count).toBe(4);
    // The last chunk has its own memory, because it is withheld until it is verified.
    expect(buffers.size).toBe(verifyOnRead ? 3 : 2);
  },
);

it("a range reader with reused chunks yields the same content", async () => {
  await using registry = await openLayout(temporaryDirectory(), { durability: "none" });
  await registry.pushBlob("a", { digest }, content);
  const copies: Uint8Array[] = [];
  for await (const chunk of await registry.getBlobRange("a", digest, { start: 7 }, { chunks: "reused" }))
    copies.push(chunk.slice());
  expect(Buffer.concat(copies).equals(content.subarray(7))).toBe(true);
});

it("bytes() of a reader with reused chunks returns the whole content", async () => {
  await using registry = await openLayout(temporaryDirectory(), { durability: "none" });
  await registry.pushBlob("a", { digest }, content);
  const bytes = await (await registry.getBlob("a", digest, { chunks: "reused" })).bytes();
  expect(Buffer.from(bytes).equals(content)).toBe(true);
});

it("a reader without reused chunks yields chunks that the caller may keep", async () => {
  await using registry = await openLayout(temporaryDirectory(), { durability: "none" });
  await registry.pushBlob("a", { digest }, content);
  const chunks: Uint8Array[] = [];
  for await (const chunk of await registry.getBlob("a", digest)) chunks.push(chunk);
  expect(Buffer.concat(chunks).equals(content)).toBe(true);
  expect(new Set(chunks.map(({ buffer }) => buffer)).size).toBe(chunks.length);
});

it("the next reader uses the memory of a reader that ended", async () => {
  await using registry = await openLayout(temporaryDirectory(), { durability: "none", verifyOnRead: false });
  await registry.pushBlob("a", { digest }, content);
  const buffersOf = async (): Promise<Set<ArrayBufferLike>> => {
    const buffers: Set<ArrayBufferLike> = new Set();
    for await (const chunk of await registry.getBlob("a", digest, { chunks: "reused" }))
      buffers.add(chunk.buffer);
    return buffers;
  };
  const first = await buffersOf();
  expect(await buffersOf()).toEqual(first);
});

// The caller may still be sending the last chunk when it gives up.
it("no reader uses the memory of a reader that was closed before its end", async () => {
  await using registry = await openLayout(temporaryDirectory(), { durability: "none", verifyOnRead: false });
  await registry.pushBlob("a", { digest }, content);
  let held: Uint8Array | undefined;
  for await (const chunk of await registry.getBlob("a", digest, { chunks: "reused" })) {
    held = chunk;
    break;
  }
  for (let readers = 0; readers < 10; readers += 1) {
    for await (const chunk of await registry.getBlob("a", digest, { chunks: "reused" }))
      expect(chunk.buffer === held?.buffer).toBe(false);
  }
});
