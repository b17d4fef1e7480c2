import { readFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import { expect, it } from "vitest";

import { decodeZstd } from "../../../packages/oci-image/src/zstd/decode-zstd.ts";
import { MalformedZstd, ZstdWindowTooLarge } from "../../../packages/oci-image/src/zstd/malformed.ts";
import { fuzz } from "./run.ts";

const MAX_WINDOW = 1024 * 1024;
/** A block has at most this many bytes of output. */
const MAX_BLOCK = 128 * 1024;

/** A frame that the program `zstd` made. Its blocks have every kind of table. */
const numbersFrame = new Uint8Array(
  readFileSync(join(import.meta.dirname, "../../../packages/oci-image/test/zstd/numbers.zst")),
);

const TYPES = ["raw", "repeated", "compressed", "unknown"] as const;

interface Block {
  readonly type: (typeof TYPES)[number];
  readonly bytes: readonly number[];
  /** The size in the header. Defaults to that of `bytes`. */
  readonly size?: number | undefined;
}

/** Returns a frame with these blocks. `fields` are those of its header after the flags. */
function frame(
  blocks: readonly Block[],
  { flags, fields }: { readonly flags: number; readonly fields: readonly number[] },
): number[] {
  const parts = blocks.flatMap(({ type, bytes, size = bytes.length }, at) => {
    const header = (at === blocks.length - 1 ? 1 : 0) | (TYPES.indexOf(type) << 1) | (size << 3);
    return [header & 255, (header >> 8) & 255, header >> 16, ...bytes];
  });
  return [0x28, 0xb5, 0x2f, 0xfd, flags, ...fields, ...parts];
}

/** The size and a checksum of the decoded content, or how it failed. */
interface Decoded {
  readonly size: number;
  readonly sum: number;
  readonly failed: string | undefined;
}

/** Decodes bytes that arrive in chunks of `step` bytes. */
async function decode(bytes: Uint8Array, step: number): Promise<Decoded> {
  const source = (async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += step) yield bytes.slice(at, at + step);
  })();
  let [size, sum] = [0, 0];
  try {
    for await (const chunk of decodeZstd(source, MAX_WINDOW)) {
      expect(chunk.length).toBeLessThanOrEqual(MAX_BLOCK);
      size += chunk.length;
      for (const byte of chunk) sum = (Math.imul(sum, 31) + byte) | 0;
    }
    return { size, sum, failed: undefined };
  } catch (error) {
    if (error instanceof MalformedZstd || error instanceof ZstdWindowTooLarge)
      return { size, sum, failed: error.name };
    throw error;
  }
}

const byte = fc.integer({ min: 0, max: 255 });

/** A block: its type, its content, and sometimes a size that lies. */
const block: fc.Arbitrary<Block> = fc.record(
  {
    type: fc.constantFrom(...TYPES, "compressed" as const, "compressed" as const),
    bytes: fc.oneof(
      fc.array(byte, { maxLength: 40 }),
      // Literals, then sequences whose three tables have one symbol each.
      fc
        .tuple(
          fc.array(byte, { maxLength: 12 }),
          fc.nat(4),
          byte,
          byte,
          byte,
          fc.array(byte, { maxLength: 12 }),
        )
        .map(([literals, count, literalCode, offsetCode, matchCode, stream]) => {
          const codes = [literalCode, offsetCode, matchCode].map((code) => code % 54);
          return [literals.length << 3, ...literals, count, 0b01_01_01_00, ...codes, ...stream];
        }),
    ),
    size: fc.nat(200_000),
  },
  { requiredKeys: ["type", "bytes"] },
);

const made = fc
  .tuple(
    fc.array(block, { minLength: 1, maxLength: 4 }),
    fc.constantFrom(
      { flags: 0, fields: [0] },
      { flags: 0, fields: [7 << 3] },
      { flags: 4, fields: [7 << 3] },
      { flags: 0x20, fields: [40] },
      { flags: 0, fields: [31 << 3] },
    ),
    fc.option(fc.array(byte, { maxLength: 9 }), { freq: 4 }),
  )
  .map(([blocks, header, skipped]) => {
    // A skippable frame before the frame.
    const before = skipped === null ? [] : [0x5a, 0x2a, 0x4d, 0x18, skipped.length, 0, 0, 0, ...skipped];
    return Uint8Array.from([...before, ...frame(blocks, header)]);
  });

/** A frame of the program `zstd` with some changed bytes, and without its end. */
const changed = fc
  .tuple(
    fc.array(fc.tuple(fc.nat(numbersFrame.length - 1), byte), { maxLength: 4 }),
    fc.nat(300),
    fc.option(fc.nat(numbersFrame.length)),
  )
  .map(([changes, most, cut]) => {
    const bytes = numbersFrame.slice(0, cut ?? numbersFrame.length);
    // Most changes are in the first bytes, which have the tables.
    for (const [at, value] of changes) {
      const place = at % 3 === 0 ? at : at % (most + 1);
      if (place < bytes.length) bytes[place] = value;
    }
    return bytes;
  });

it("any stream of zstd is decoded equally from any chunks, or rejected", async () => {
  await fuzz(
    "zstd",
    2_000,
    fc.tuple(fc.oneof({ weight: 4, arbitrary: made }, changed), fc.integer({ min: 1, max: 3_000 })),
    async ([bytes, step]) => {
      const whole = await decode(bytes, Math.max(1, bytes.length));
      expect(await decode(bytes, step)).toEqual(whole);
      // Each block has at least 3 bytes of input.
      expect(whole.size).toBeLessThanOrEqual(MAX_BLOCK * (1 + bytes.length / 3));
    },
  );
});
