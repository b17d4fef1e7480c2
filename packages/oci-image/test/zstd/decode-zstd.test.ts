import { bytes, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { MalformedZstd, ZstdWindowTooLarge } from "../../src/zstd/malformed.ts";
import { concat } from "../tar/archives.ts";
import { type Block, decode, frame, numbers, numbersFrame, skippable, WINDOW_128K } from "./frames.ts";

const text = async (...parts: readonly Uint8Array[]): Promise<string> =>
  new TextDecoder().decode(await decode(concat(parts)));

const hello = { bytes: bytes("hello") };
const large: { readonly fields: readonly number[] } = { fields: [WINDOW_128K] };

/** A compressed block: literals, then the number of sequences, the modes of the tables, and the rest. */
function compressed(...content: readonly number[]): Block {
  return { type: "compressed", bytes: content };
}

/** The literals "ab". */
const AB = [2 << 3, 0x61, 0x62] as const;
/** All three tables have one symbol, which follows. */
const SINGLE = 0b01_01_01_00;

/** A number, and the number of its bits. */
type Bits = readonly [value: number, count: number];

/** Joins numbers, the lowest bits first. */
function join(...parts: readonly Bits[]): number[] {
  let [number, length] = [0n, 0n];
  for (const [value, count] of parts) {
    number |= BigInt(value) << length;
    length += BigInt(count);
  }
  return Array.from({ length: Math.ceil(Number(length) / 8) }, (_, at) =>
    Number((number >> BigInt(8 * at)) & 255n),
  );
}

/** A block with one match at a distance of 2. Its table for literals has a description, and `state` is the first state. */
function described(...description: readonly Bits[]): (state: Bits) => Block {
  // The stream is read from its end: the state, the two bits of the offset, and nothing for the length.
  return (state) =>
    compressed(0, 1, 0b10_01_01_00, ...join(...description), 2, 0, ...join([1, 2], state, [1, 1]));
}

/** A match with a distance of 1025. */
const FAR = compressed(0, 1, SINGLE, 0, 10, 0, 4, 4);

describe("a stream of zstd", () => {
  it.each([1, 2, 3, 7, 1000, 65_536])("is decoded from chunks of %d bytes", async (step) => {
    expect(new TextDecoder().decode(await decode(numbersFrame, { step }))).toBe(numbers);
  });

  it("can have several frames, empty frames, and frames to skip", async () => {
    const parts = [
      skippable(),
      frame([hello]),
      skippable(1, 2, 3),
      frame([{ bytes: [] }]),
      numbersFrame,
      skippable(9),
    ];
    expect(await text(...parts)).toBe(`hello${numbers}`);
    expect(await text()).toBe("");
  });

  it("can state its size in 1, 2, 4 or 8 bytes, with and without a window", async () => {
    const block: Block = { type: "repeated", bytes: [0x78], size: 300 };
    for (const [flags, fields] of [
      [0x20, [5]],
      [0xa0, [5, 0, 0, 0]],
      [0xe0, [5, 0, 0, 0, 0, 0, 0, 0]],
      [0x80, [0, 5, 0, 0, 0]],
      [0xe1, [0, 5, 0, 0, 0, 0, 0, 0, 0]],
    ] as const)
      expect(await text(frame([hello], { flags, fields }))).toBe("hello");
    expect(await text(frame([block], { flags: 0x60, fields: [44, 0] }))).toBe("x".repeat(300));
  });

  it("can have blocks without compression, of one byte, and without sequences", async () => {
    const blocks: Block[] = [hello, { type: "repeated", bytes: [0x21], size: 3 }, compressed(...AB, 0)];
    expect(await text(frame(blocks))).toBe("hello!!!ab");
  });

  it("can have matches that overlap themselves", async () => {
    // Two literals, a distance of 2 (an offset of 5: 4 and one bit), and a length of 3 + 7.
    const block = compressed(...AB, 1, SINGLE, 2, 2, 7, 0b101);
    expect(await text(frame([block]))).toBe("ababababababab".slice(0, 12));
  });

  it("can have a table with a description", async () => {
    // 512 states of one symbol.
    expect(await text(frame([hello, described([4, 4], [1023, 10])([0, 9])]))).toBe("hellololo".slice(0, 8));
  });

  it("can have literals with a code of two symbols", async () => {
    expect(await text(frame([compressed(0x22, 0xc0, 0, 128, 0x10, 0b110, 0)]))).toBe("\u0001\0");
  });

  it("can have a checksum, which is not verified", async () => {
    expect(await text(frame([hello], { flags: 4 }), Uint8Array.of(1, 2, 3, 4), frame([hello]))).toBe(
      "hellohello",
    );
  });

  it("keeps the bytes that matches refer to, also after much output", async () => {
    const start = Uint8Array.from({ length: 1024 }, (_, at) => at % 251);
    // No literals, a distance of 1024 (an offset of 1027: 1024 and 3 in 10 bits), and a length of 515 + 509 in 9 bits.
    const match = compressed(0, 1, SINGLE, 0, 10, 45, 0xfd, 0x07, 0x08);
    const output = await decode(frame([{ bytes: start }, ...Array.from({ length: 3000 }, () => match)]));
    expect(output).toHaveLength(3001 * 1024);
    for (let at = 0; at < output.length; at += 1024)
      if (!start.every((byte, i) => output[at + i] === byte)) throw new Error(`another content at ${at}`);
  });
});

describe("a malformed stream of zstd is rejected", () => {
  it.each<[string, Uint8Array]>([
    ["another magic number", bytes("not zstd")],
    ["a frame of an old version", concat([Uint8Array.of(0x27), frame([hello]).subarray(1)])],
    ["bytes after the last frame", concat([frame([hello]), bytes("garbage")])],
    ["a reserved bit of a frame", frame([hello], { flags: 8 })],
    ["a dictionary", frame([hello], { flags: 1, fields: [0, 7] })],
    ["less content than stated", frame([hello], { flags: 0x20, fields: [6] })],
    ["more content than stated", frame([hello, hello], { flags: 0x20, fields: [9] })],
    [
      "a size of 2^64 - 1",
      frame([hello], { flags: 0xc0, fields: [0, ...Array.from({ length: 8 }, () => 255)] }),
    ],
    ["an unknown type of block", frame([{ ...hello, type: "unknown" }])],
    ["a block larger than the window", frame([{ bytes: new Uint8Array(1025) }])],
    ["a repeated byte beyond the window", frame([{ type: "repeated", bytes: [1], size: 1025 }])],
    [
      "a block of more than 128 KiB",
      frame([{ type: "repeated", bytes: [1], size: 131_073 }], { fields: [12 << 3] }),
    ],
    ["an empty compressed block", frame([compressed()])],
    ["a compressed block without sequences", frame([compressed(...AB)])],
    ["bytes after a block without sequences", frame([compressed(...AB, 0, 0)])],
    ["literals that end after the block", frame([compressed(9 << 3, 1, 2)])],
    ["more literals than the window", frame([compressed(((2000 << 4) & 255) | 5, 2000 >> 4, 1, 0)])],
    ["literals without a table", frame([compressed(0x53, 0x40, 0, 0x81, 0)])],
    ["sequences without tables", frame([compressed(...AB, 1, 0b11_11_11_00, 1)])],
    ["a reserved bit of a block", frame([compressed(...AB, 1, SINGLE | 1, 2, 2, 7, 0b101)])],
    ["a table with an unknown symbol", frame([compressed(...AB, 1, SINGLE, 2, 2, 53, 0b101)])],
    ["a stream of bits without an end", frame([compressed(...AB, 1, SINGLE, 2, 2, 7, 0)])],
    ["a stream of bits that is too short", frame([compressed(...AB, 1, SINGLE, 2, 9, 7, 0b101)])],
    ["a stream of bits that is too long", frame([compressed(...AB, 1, SINGLE, 2, 2, 7, 0b1011)])],
    ["more literals than it has", frame([compressed(...AB, 1, SINGLE, 3, 2, 7, 0b101)])],
    ["a match before the beginning", frame([compressed(...AB, 1, SINGLE, 2, 2, 7, 0b111)])],
    ["a match before the window", frame([{ bytes: new Uint8Array(1024) }, { bytes: [0] }, FAR])],
    ["a table of 2^10 states", frame([hello, described([5, 4], [2047, 11])([0, 10])])],
    [
      "a table with a symbol that is too large",
      frame([hello, described([4, 4], [1, 9], [2 ** 24 - 1, 24], [0, 2], [1023, 10])([0, 9])]),
    ],
    ["an incomplete code", frame([compressed(0x12, 0xc0, 0, 129, 0x31, 0b11, 0)])],
    ["no code", frame([compressed(0x12, 0xc0, 0, 128, 0, 0b11, 0)])],
    [
      "four streams of literals for one",
      frame([compressed(0x16, 0, 3, 128, 0x10, ...[1, 0, 1, 0, 1, 0], ...[0b11, 0b11, 0b11, 1], 0)]),
    ],
    [
      "literals after its matches that are too many",
      frame([hello, compressed(5, 64, 1, 1, SINGLE, 0, 0, 0, 1)]),
    ],
    ["a distance of 0", frame([compressed(...AB, 1, SINGLE, 0, 1, 7, 0b11)])],
    ["an offset of 2^31", frame([compressed(...AB, 1, SINGLE, 2, 31, 7, 0, 0, 0, 0x80)])],
    [
      // In 32 bits it is negative, and would stand for the distance of the match before, less 1.
      "an offset of 2^31 after a match",
      frame([
        compressed(...AB, 1, SINGLE, 2, 2, 7, 0b101),
        compressed(...AB, 1, SINGLE, 2, 31, 7, 0, 0, 0, 0x80),
      ]),
    ],
  ])("%s", async (_name, content) => {
    expect(await rejection(decode(content))).toBeInstanceOf(MalformedZstd);
  });

  it("a stream that ends anywhere before its end", async () => {
    const short = frame([hello, compressed(...AB, 1, SINGLE, 2, 2, 7, 0b101)], { flags: 0x24, fields: [17] });
    const whole = concat([short, bytes("sum.")]);
    expect(await text(whole)).toBe("helloabababababab".slice(0, 17));
    for (let size = 1; size < whole.length; size += 1)
      expect(await rejection(decode(whole.subarray(0, size)))).toBeInstanceOf(MalformedZstd);
    for (let size = 1; size < numbersFrame.length; size += 997)
      expect(await rejection(decode(numbersFrame.subarray(0, size)))).toBeInstanceOf(MalformedZstd);
  });
});

describe("a hostile stream of zstd", () => {
  it("does not get the memory of its window before it has so much content", async () => {
    const before = process.memoryUsage().arrayBuffers;
    let more = 0;
    const windowLog27 = 17 << 3;
    await decode(frame([hello], { fields: [windowLog27] })).then(() => {
      more = process.memoryUsage().arrayBuffers - before;
    });
    expect(more).toBeLessThan(16 * 1024 * 1024);
  });

  it("is rejected if its window exceeds the limit", async () => {
    const windows: [fields: readonly number[], flags: number][] = [
      [[(17 << 3) | 1], 0],
      [[(31 << 3) | 7], 0],
      [[1, 0, 0, 8], 0xa0],
      [[255, 255, 255, 255, 255, 255, 255, 255], 0xe0],
    ];
    for (const [fields, flags] of windows)
      expect(await rejection(decode(frame([hello], { flags, fields })))).toBeInstanceOf(ZstdWindowTooLarge);
  });

  it("with a hundred thousand long sequences in 25 bytes is rejected at once", async () => {
    const block = compressed(1 << 3, 0x61, 255, 255, 255, SINGLE, 0, 0, 52, 0x80);
    expect(await rejection(decode(frame([block], large)))).toBeInstanceOf(MalformedZstd);
  });

  it("with sequences that read no bits is rejected when its block is too long", async () => {
    // No literals, a recent distance, and a length of 3.
    const block = compressed(0, 255, 255, 255, SINGLE, 0, 0, 0, 1);
    expect(await rejection(decode(frame([{ bytes: new Uint8Array(8) }, block], large)))).toBeInstanceOf(
      MalformedZstd,
    );
  });

  it("with a state machine for weights that reads no bits is rejected", async () => {
    // One symbol has all states, so the machine never reads a bit.
    const weights = [0xf0, 0x03, 0xff, 0x80];
    const header = [2 | (5 << 4), (10 << 6) & 255, 10 >> 2];
    const literals = [...header, weights.length, ...weights, 1, 2, 3, 4, 5];
    expect(await rejection(decode(frame([compressed(...literals, 0)], large)))).toBeInstanceOf(MalformedZstd);
  });

  it("with many empty blocks and frames ends", async () => {
    const blocks = Array.from({ length: 50_000 }, () => ({ bytes: [] }));
    const frames = Array.from({ length: 20_000 }, (_, at) =>
      at % 2 === 0 ? skippable() : frame([{ bytes: [] }]),
    );
    expect(await decode(concat([frame(blocks), ...frames]))).toHaveLength(0);
  });
});
