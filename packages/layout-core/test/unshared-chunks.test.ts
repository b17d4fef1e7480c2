import type { BlobSource } from "@ocilayout/oci-types";
import { computeDigest } from "@ocilayout/oci-types";
import { temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { nodeDisk, type Disk } from "../src/disk/disk.ts";
import { openLayoutOn } from "../src/open-layout.ts";

const content = new Uint8Array(3 * 1024 * 1024 + 5).map((_, i) => i % 251);
const { digest } = await computeDigest(content);

/**
 * Pushes the content of one layout to another. Returns how many bytes were written from memory that was not read to: a few
 * hundred are of the lock and the index.
 */
async function copied(
  read: { readonly chunks?: "owned" | "reused"; readonly verify?: boolean },
  wrap: (content: AsyncIterable<Uint8Array>) => BlobSource,
): Promise<number> {
  const memory: Set<ArrayBufferLike> = new Set();
  let bytes = 0;
  const disk: Disk = {
    ...nodeDisk,
    read(file, buffer, position) {
      memory.add(buffer.buffer);
      return nodeDisk.read(file, buffer, position);
    },
    write(file, block, position) {
      if (!memory.has(block.buffer)) bytes += block.length;
      return nodeDisk.write(file, block, position);
    },
  };
  await using source = openLayoutOn(disk, temporaryDirectory(), { durability: "none" });
  await using target = openLayoutOn(disk, temporaryDirectory(), { durability: "none" });
  await source.pushBlob("a", { digest }, content);
  bytes = 0;
  await target.pushBlob("a", { digest }, wrap(await source.getBlob("a", digest, read)));
  const pushed = await (await target.getBlob("a", digest)).bytes();
  expect(Buffer.from(pushed).equals(content)).toBe(true);
  return bytes;
}

describe("a blob of another layout", () => {
  it("is written without a copy in memory, but for its small last chunk", async () => {
    expect(await copied({ verify: false, chunks: "reused" }, (reader) => reader)).toBeLessThan(1000);
  });

  it("is copied in memory if other code could keep its chunks", async () => {
    const all = content.length;
    expect(await copied({ verify: false }, (reader) => passing(reader))).toBeGreaterThanOrEqual(all);
    expect(
      await copied({ verify: false, chunks: "reused" }, (reader) => passing(reader)),
    ).toBeGreaterThanOrEqual(all);
  });
});

async function* passing(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}
