import { RegistryError } from "@ocilayout/oci-types";

import { closeQuietly } from "./atomic-file.ts";
import type { Disk, HeldFile } from "./disk.ts";
import { storageError } from "./storage-error.ts";

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
      if (size <= 0) {
        await close();
        return done;
      }
      try {
        const buffer = Buffer.allocUnsafeSlow(size);
        const count = await disk.read(held.file, buffer, at);
        if (count === 0) throw new RegistryError("CONTENT_CORRUPT", "the stored file ends early");
        at += count;
        return { done: false, value: buffer.subarray(0, count) };
      } catch (error) {
        await close();
        throw storageError(error, "reading a blob");
      }
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
