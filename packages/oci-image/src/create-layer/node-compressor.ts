import type { Compressor } from "./compressor.ts";

/** The part of Node's `zlib` module that this package uses to compress. */
export interface NodeZlib {
  createGzip(options: { readonly level: number }): NodeTransform;
  /** Since Node 22.15. */
  readonly createZstdCompress?: (() => NodeTransform) | undefined;
}

/** A transform stream of Node. */
export interface NodeTransform extends AsyncIterable<Uint8Array> {
  write(chunk: Uint8Array, done: (error?: Error | null) => void): unknown;
  end(): unknown;
  destroy(error?: Error): unknown;
}

/** Compresses with a stream of Node's `zlib`. */
export function nodeCompressor(stream: NodeTransform): Compressor {
  let fail: (reason: unknown) => void = () => undefined;
  return {
    output: stream,
    write: (chunk) =>
      new Promise((resolve, reject) => {
        // A stream that is destroyed while it is full never answers.
        fail = reject;
        stream.write(chunk, (error) => {
          if (error) reject(error);
          else resolve();
        });
      }),
    async close() {
      stream.end();
    },
    abort(reason) {
      stream.destroy(reason instanceof Error ? reason : new Error("the compression was aborted"));
      fail(reason);
    },
  };
}
