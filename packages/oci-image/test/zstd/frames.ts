import { readFileSync } from "node:fs";
import { join } from "node:path";

import { decodeZstd } from "../../src/zstd/decode-zstd.ts";
import { concat } from "../tar/archives.ts";

/** The content of {@link numbersFrame}. */
export const numbers: string = Array.from({ length: 30_000 }, (_, number) => `${number * 3}\n`).join("");

/**
 * A frame that `zstd -19` made of {@link numbers}. Its blocks have every kind of table: described, repeated, with one symbol and
 * the default.
 */
export const numbersFrame: Uint8Array = new Uint8Array(
  readFileSync(join(import.meta.dirname, "numbers.zst")),
);

/** A block of a frame. `size` is the size in its header, by default that of `bytes`. */
export interface Block {
  readonly type?: "raw" | "repeated" | "compressed" | "unknown";
  readonly bytes: Uint8Array | readonly number[];
  readonly size?: number;
}

const TYPES = ["raw", "repeated", "compressed", "unknown"] as const;

/** Returns the header of a frame with a window of 1 KiB, and the blocks. `flags` and `fields` replace those of the header. */
export function frame(
  blocks: readonly Block[],
  { flags = 0, fields = [0] }: { readonly flags?: number; readonly fields?: readonly number[] } = {},
): Uint8Array {
  const parts = blocks.map(({ type = "raw", bytes, size = bytes.length }, at) => {
    const header = (at === blocks.length - 1 ? 1 : 0) | (TYPES.indexOf(type) << 1) | (size << 3);
    return concat([Uint8Array.of(header & 255, (header >> 8) & 255, header >> 16), Uint8Array.from(bytes)]);
  });
  return concat([Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, flags, ...fields), ...parts]);
}

/** The window descriptor of 128 KiB. */
export const WINDOW_128K = 7 << 3;

/** Returns a frame that a decoder skips. */
export function skippable(...content: readonly number[]): Uint8Array {
  return Uint8Array.of(0x5a, 0x2a, 0x4d, 0x18, content.length, 0, 0, 0, ...content);
}

/** Decodes bytes that arrive in chunks of `step` bytes. The memory of a chunk is reused. */
export async function decode(
  bytes: Uint8Array,
  { step = bytes.length, maxWindow = 2 ** 27 }: { readonly step?: number; readonly maxWindow?: number } = {},
): Promise<Uint8Array> {
  const source = async function* (): AsyncGenerator<Uint8Array> {
    const memory = new Uint8Array(step);
    for (let at = 0; at < bytes.length; at += step) {
      const part = bytes.subarray(at, at + step);
      memory.fill(0xaa);
      memory.set(part);
      yield memory.subarray(0, part.length);
    }
    memory.fill(0xaa);
  };
  const chunks: Uint8Array[] = [];
  for await (const chunk of decodeZstd(source(), maxWindow)) chunks.push(chunk.slice());
  return concat(chunks);
}
