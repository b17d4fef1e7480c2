import type { Disk, HeldFile } from "./disk.ts";
import { closeQuietly } from "./atomic-file.ts";

/** What is read at once, in bytes. */
export const READ_BYTES: number = 1024 * 1024;

/** A part of a file. */
export interface FilePart {
  readonly start: number;
  readonly end: number;
}

/** The chunks of a file, each in memory of its own; closing it, or reading it to its end, closes the file. */
export function readFileChunks(
  disk: Disk,
  held: HeldFile,
  part: FilePart,
): AsyncIterableIterator<Uint8Array, undefined> {
  let at = part.start;
  const done = { done: true, value: undefined } as const;
  const close = async (): Promise<void> => {
    const { file } = held;
    held.file = undefined;
    if (file !== undefined) await closeQuietly(disk, file);
  };
  return {
    async next() {
      if (held.file === undefined) return done;
      const size = Math.min(READ_BYTES, part.end - at);
      const buffer = Buffer.allocUnsafeSlow(size);
      const count = size > 0 ? await disk.read(held.file, buffer, at) : 0;
      at += count;
      if (count > 0) return { done: false, value: buffer.subarray(0, count) };
      await close();
      return done;
    },
    async return() {
      await close();
      return done;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
