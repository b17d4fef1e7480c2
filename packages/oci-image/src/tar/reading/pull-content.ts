import { truncated } from "../errors.ts";
import type { PullChunk } from "./content.ts";
import type { TarHeader } from "./header.ts";
import type { StreamInput } from "./stream-input.ts";

/** The maximum size of a chunk of zeros, in bytes. */
const ZEROS = 64 * 1024;

/**
 * Returns a function that reads the content of an entry from `input`, which is at its beginning. It makes the zeros between the
 * segments of a sparse file in chunks.
 */
export function pullContent(input: StreamInput, { sparse, size }: TarHeader): PullChunk {
  const segments = sparse ?? [{ offset: 0, length: size }];
  let at = 0;
  let position = 0;
  const endOf = (index: number): number => (segments[index]?.offset ?? 0) + (segments[index]?.length ?? 0);
  return async () => {
    while (at < segments.length && position === endOf(at)) at += 1;
    const start = segments[at]?.offset ?? size;
    if (position === size) return undefined;
    const chunk =
      position < start
        ? new Uint8Array(Math.min(ZEROS, start - position))
        : await input.some(endOf(at) - position);
    if (chunk.length === 0) throw truncated(input.offset);
    position += chunk.length;
    return chunk;
  };
}
