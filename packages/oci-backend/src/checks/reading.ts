import type { ReadOptions } from "@ocilayout/oci-types";
import { requireCount } from "@ocilayout/oci-types/authors";

/** The options of a read for its chunks. */
export interface Reading {
  /** Whether the caller keeps the chunks: `ReadOptions.chunks`. */
  readonly chunks: "owned" | "reused";
  /** The largest chunk that the caller wants, in bytes: `ReadOptions.chunkSize`. */
  readonly chunkSize: number | undefined;
}

/**
 * Checks and returns the options of a read.
 *
 * @throws TypeError or RangeError if an option is invalid.
 */
export function requireReading({ chunks, chunkSize }: ReadOptions): Reading {
  return {
    chunks: requireChunks(chunks),
    chunkSize: chunkSize === undefined ? undefined : requireCount(chunkSize, "chunkSize"),
  };
}

function requireChunks(chunks: unknown = "owned"): Reading["chunks"] {
  if (chunks !== "owned" && chunks !== "reused") throw new TypeError('chunks must be "owned" or "reused"');
  return chunks;
}
