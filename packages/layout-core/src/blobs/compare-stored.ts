import type { CheckedDigest } from "@ocilayout/oci-types";
import type { BlobChunks } from "@ocilayout/oci-types/authors";
import { createHasher, readBlobSource, requireDigest } from "@ocilayout/oci-types/authors";

import type { Disk, HeldFile } from "../disk/disk.ts";
import type { OpenBlob } from "./blob-files.ts";
import { readFileChunks } from "./file-chunks.ts";

/** The result of a comparison. */
export type Comparison =
  /** The content is that of the stored file, whose bytes match `received`. */
  | { readonly received: string }
  /** The content differs, or goes on after the end of the file. `rest` yields all of it again. */
  | { readonly rest: BlobChunks };

/**
 * Compares content with a stored file, which is hashed meanwhile. Equal content needs no second hash, and is not written.
 * The bytes of the file are hashed, not those of the content, because the owner of the content may change it at any moment.
 *
 * @param blob - Stays open.
 */
export async function compareWithStored(
  disk: Disk,
  blob: OpenBlob,
  digest: CheckedDigest,
  content: BlobChunks,
): Promise<Comparison> {
  const { algorithm } = requireDigest(digest);
  const hasher = createHasher(algorithm);
  const stored = chunksOf(disk, blob, blob.size);
  let block: Uint8Array = new Uint8Array();
  let equal = 0;
  try {
    for (;;) {
      const { done, value: chunk } = await content.next();
      if (done === true) break;
      for (let at = 0; at < chunk.length;) {
        if (block.length === 0) {
          const next = await stored.next().catch(() => undefined);
          // The file ends, was cut meanwhile, or cannot be read.
          if (next === undefined || next.done === true)
            return { rest: rejoin(disk, blob, equal, chunk, content) };
          block = next.value;
          hasher.update(block);
        }
        const count = Math.min(block.length, chunk.length - at);
        if (Buffer.compare(block.subarray(0, count), chunk.subarray(at, at + count)) !== 0)
          return { rest: rejoin(disk, blob, equal, chunk, content) };
        block = block.subarray(count);
        at += count;
      }
      equal += chunk.length;
    }
    if (equal < blob.size) return { rest: rejoin(disk, blob, equal, new Uint8Array(), content) };
    // At its end, the reader gives its memory to the next one.
    await stored.next();
    return { received: `${algorithm}:${await hasher.digest()}` };
  } finally {
    await stored.return?.();
  }
}

/**
 * Returns content of which the first `equal` bytes were read already, and are in the stored file. If another process
 * changes that file now, the content does not match its digest, and is rejected.
 */
function rejoin(
  disk: Disk,
  blob: OpenBlob,
  equal: number,
  chunk: Uint8Array,
  content: BlobChunks,
): BlobChunks {
  async function* all(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* chunksOf(disk, blob, equal);
    yield chunk;
    yield* content;
  }
  return readBlobSource(all());
}

/** Returns the first `end` bytes of a file that stays open. */
export function chunksOf(
  disk: Pick<Disk, "read">,
  { file }: OpenBlob,
  end: number,
): AsyncIterableIterator<Uint8Array, undefined> {
  const held: HeldFile = { file };
  const kept = { read: disk.read, close: async () => undefined };
  return readFileChunks(kept, held, { start: 0, end }, { chunks: "reused" });
}
