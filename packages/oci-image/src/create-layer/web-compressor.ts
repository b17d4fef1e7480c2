import { readBlobSource } from "@ocilayout/oci-types/authors";

import type { Compressor } from "./compressor.ts";

/** Compresses with a stream of the web platform. */
export function webCompressor({ readable, writable }: CompressionStream): Compressor {
  const writer = writable.getWriter();
  writer.closed.catch(() => undefined);
  return {
    output: readBlobSource(readable),
    // In Node, a stream resolves a write before it has read the memory of the chunk.
    write: async (chunk) => writer.write(chunk.slice()),
    close: async () => writer.close(),
    abort: (reason) => void writer.abort(reason).catch(() => undefined),
  };
}
