import fc from "fast-check";
import { expect, it } from "vitest";

import { inBlocks } from "../src/limits/blocks.ts";

async function* from(
  chunks: readonly Uint8Array[],
  failure?: Error,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
  if (failure !== undefined) throw failure;
}

it("blocks hold the content, each of the requested length except the last", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 9 }),
      fc.integer({ min: 1, max: 12 }),
      async (chunks, size) => {
        const blocks: Uint8Array[] = [];
        let last: Uint8Array = new Uint8Array();
        for await (const block of inBlocks(from(chunks), size)) {
          // The previous block is unchanged, because it may still be on its way to the disk.
          expect(last).toEqual(blocks.at(-1) ?? new Uint8Array());
          blocks.push(block.slice());
          last = block;
        }
        expect(Buffer.concat(blocks)).toEqual(Buffer.concat(chunks));
        expect(blocks.slice(0, -1).every(({ length }) => length === size)).toBe(true);
        expect(blocks.every(({ length }) => length > 0 && length <= size)).toBe(true);
      },
    ),
  );
});

it("content before a failure is yielded before the failure", async () => {
  const failure = new Error("reset");
  const blocks: number[] = [];
  const reading = async (): Promise<void> => {
    for await (const { length } of inBlocks(from([new Uint8Array(3), new Uint8Array(2)], failure), 100))
      blocks.push(length);
  };
  await expect(reading()).rejects.toBe(failure);
  expect(blocks).toEqual([5]);
});

it("leaving the loop early closes the source", async () => {
  let ended = false;
  const source = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) yield new Uint8Array(4);
    } finally {
      ended = true;
    }
  };
  for await (const block of inBlocks(source(), 8)) if (block.length === 8) break;
  expect(ended).toBe(true);
});
