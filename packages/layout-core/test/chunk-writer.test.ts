import { describe, expect, it } from "vitest";

import { ChunkWriter } from "../src/blobs/chunk-writer.ts";
import { nodeDisk } from "../src/disk/disk.ts";

describe("ChunkWriter", () => {
  it("holds at most a mebibyte of a long content", async () => {
    const memory: Set<ArrayBufferLike> = new Set();
    let [written, looked] = [0, 0];
    const disk = {
      ...nodeDisk,
      write: async (_file: number, block: Uint8Array) => {
        memory.add(block.buffer);
        written += block.length;
      },
    };
    const writer = new ChunkWriter(disk, 0, (block) => (looked += block.length));
    const chunk = new Uint8Array(100_000);
    for (let i = 0; i < 100; i += 1) await writer.add(chunk);
    await writer.end();
    expect([written, looked, writer.size]).toEqual([10_000_000, 10_000_000, 10_000_000]);
    // The first block is small, and given up when it has been written.
    const [first = 0, ...held] = [...memory].map(({ byteLength }) => byteLength);
    expect(first).toBeLessThan(100_000);
    expect(held.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(1024 * 1024);
  });
});
