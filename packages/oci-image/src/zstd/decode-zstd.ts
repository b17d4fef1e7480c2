import { type FrameHeader, readFrameHeader } from "./frame-header.ts";
import type { HuffmanTable } from "./huffman-table.ts";
import { ZstdInput } from "./input.ts";
import { decodeLiterals } from "./literals.ts";
import { MalformedZstd } from "./malformed.ts";
import { MAX_BLOCK, OutputWindow } from "./output-window.ts";
import { readSequenceTables, type SequenceTables } from "./sequence-tables.ts";
import { decodeSequences, firstDistances, type RecentDistances } from "./sequences.ts";

const RAW = 0;
const REPEATED_BYTE = 1;
const COMPRESSED = 2;

/** Loads of 32 bits may begin at the last byte of a block. */
const PADDING = 4;

const HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;

/**
 * Decodes zstd with any number of frames. Checksums are not verified. A chunk of the result is valid until the next one is
 * requested.
 *
 * The work for each byte of input and output is bounded, and the memory is at most 1.25 times the window and 2 MiB.
 *
 * @param chunks - A chunk must be valid until the next one is requested.
 * @param maxWindow - The maximum size of the window of a frame, in bytes.
 * @throws {@link MalformedZstd} or {@link ZstdWindowTooLarge}, or the error of `chunks`.
 * @see {@link https://www.rfc-editor.org/rfc/rfc8878}
 */
export async function* decodeZstd(
  chunks: AsyncIterator<Uint8Array, unknown>,
  maxWindow: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const input = new ZstdInput(chunks);
  const blocks = new BlockDecoder();
  const buffer = new Uint8Array(MAX_BLOCK + PADDING);
  while (await input.hasMore()) {
    const header = await readFrameHeader(input, maxWindow);
    if (header === undefined) continue;
    blocks.begin(header);
    let size = 0;
    for (let isLast = false; !isLast;) {
      await input.readInto(buffer, HEADER_BYTES);
      const word = (buffer[0] ?? 0) | ((buffer[1] ?? 0) << 8) | ((buffer[2] ?? 0) << 16);
      isLast = (word & 1) === 1;
      const type = (word >> 1) & 3;
      const blockSize = word >> 3;
      blocks.requireSize(blockSize);
      await input.readInto(buffer, type === REPEATED_BYTE ? 1 : blockSize);
      const chunk = blocks.decode(type, buffer, blockSize);
      size += chunk.length;
      if (size > (header.contentSize ?? Infinity)) break;
      if (chunk.length > 0) yield chunk;
    }
    if (size !== (header.contentSize ?? size))
      throw new MalformedZstd("a frame has another size than it states");
    if (header.hasChecksum) await input.skip(CHECKSUM_BYTES);
  }
}

/** Decodes the blocks of frames. */
class BlockDecoder {
  readonly #output: OutputWindow = new OutputWindow();
  readonly #literals: Uint8Array = new Uint8Array(MAX_BLOCK);
  #maxSize = 0;
  #huffman: HuffmanTable | undefined;
  #tables: SequenceTables | undefined;
  #recent: RecentDistances = { ...firstDistances };

  /** Starts a frame. */
  begin({ windowSize }: FrameHeader): void {
    this.#output.begin(windowSize);
    this.#maxSize = Math.min(MAX_BLOCK, windowSize);
    this.#huffman = undefined;
    this.#tables = undefined;
    this.#recent = { ...firstDistances };
  }

  /** @throws {@link MalformedZstd} if a block is too large. */
  requireSize(size: number): void {
    if (size > this.#maxSize) throw new MalformedZstd("a block is too large");
  }

  /** Decodes a block. The result is valid until the next call. */
  decode(type: number, block: Uint8Array, size: number): Uint8Array {
    const output = this.#output;
    output.reserveBlock();
    const start = output.end;
    if (type === RAW) output.append(block.subarray(0, size));
    else if (type === REPEATED_BYTE) output.repeat(block[0] ?? 0, size);
    else if (type === COMPRESSED) this.#decompress(block, size);
    else throw new MalformedZstd("a block has an unknown type");
    return output.bytes.subarray(start, output.end);
  }

  #decompress(block: Uint8Array, end: number): void {
    const literals = decodeLiterals(block, end, this.#literals, this.#maxSize, this.#huffman);
    this.#huffman = literals.table;
    let at = literals.end;
    if (at >= end) throw new MalformedZstd("a block has no sequences");
    let count = block[at] ?? 0;
    at += 1;
    if (count === 0) {
      if (at !== end) throw new MalformedZstd("a block has bytes after its end");
      this.#output.append(this.#literals.subarray(0, literals.size));
      return;
    }
    if (count === 255) {
      count = (block[at] ?? 0) + 256 * (block[at + 1] ?? 0) + 0x7f00;
      at += 2;
    } else if (count > 127) {
      count = (count - 128) * 256 + (block[at] ?? 0);
      at += 1;
    }
    const { tables, end: start } = readSequenceTables(block, at + 1, end, block[at] ?? 0, this.#tables);
    this.#tables = tables;
    decodeSequences(
      block,
      start,
      end,
      count,
      tables,
      { bytes: this.#literals, size: literals.size },
      this.#output,
      this.#maxSize,
      this.#recent,
    );
  }
}
