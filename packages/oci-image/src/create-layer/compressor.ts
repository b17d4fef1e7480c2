/** A running compression. */
export interface Compressor {
  /** The compressed bytes. */
  readonly output: AsyncIterable<Uint8Array>;
  /** Adds a chunk. Resolves when its memory is no longer used. */
  write(chunk: Uint8Array): Promise<void>;
  /** Ends the input. */
  close(): Promise<void>;
  /** Ends the compression. `output` and a pending write reject. */
  abort(reason: unknown): void;
}
