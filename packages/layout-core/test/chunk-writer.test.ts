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

describe("ChunkWriter, for chunks that no other code can change", () => {
  const write = async (
    sizes: readonly number[],
  ): Promise<{ copied: number; bytes: number[]; looked: number[] }> => {
    const chunks = sizes.map((size, i) => new Uint8Array(size).fill(i + 1));
    const own = new Set(chunks.map(({ buffer }) => buffer as ArrayBufferLike));
    const [bytes, looked]: [number[], number[]] = [[], []];
    let copied = 0;
    const disk = {
      ...nodeDisk,
      write: async (_file: number, block: Uint8Array) => {
        if (!own.has(block.buffer)) copied += block.length;
        for (const byte of block) bytes.push(byte);
      },
    };
    const writer = new ChunkWriter(disk, 0, (block) => {
      for (const byte of block) looked.push(byte);
    });
    for (const chunk of chunks) await writer.addUnshared(chunk);
    await writer.end();
    expect(writer.size).toBe(bytes.length);
    return { copied, bytes, looked };
  };

  it("copies none of the large ones, and keeps their order among small ones", async () => {
    const sizes = [100_000, 10, 20, 70_000, 65_536, 1];
    const { copied, bytes, looked } = await write(sizes);
    expect(copied).toBe(31);
    const expected = sizes.flatMap((size, i) => Array.from({ length: size }, () => i + 1));
    expect(bytes).toEqual(expected);
    expect(looked).toEqual(expected);
  });

  it("resolves only after the chunk is written, because its memory is used again", async () => {
    let end = (): void => undefined;
    const disk = { ...nodeDisk, write: () => new Promise<void>((resolve) => (end = resolve)) };
    const writer = new ChunkWriter(disk, 0, () => undefined);
    let isDone = false;
    const adding = writer.addUnshared(new Uint8Array(100_000)).then(() => (isDone = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isDone).toBe(false);
    end();
    await adding;
  });

  it("rejects if a write fails", async () => {
    const disk = { ...nodeDisk, write: () => Promise.reject(new Error("full")) };
    const writer = new ChunkWriter(disk, 0, () => undefined);
    await expect(writer.addUnshared(new Uint8Array(100_000))).rejects.toThrow("full");
  });
});
