import type { Chunks } from "./chunks.ts";
import { notDecompressed } from "./errors.ts";

/** Decompresses with a `DecompressionStream`. */
export async function* decompressWithStream(
  chunks: Chunks,
  format: CompressionFormat,
): AsyncGenerator<Uint8Array, void, undefined> {
  let failure: { readonly error: unknown } | undefined;
  const source: ReadableStream<Uint8Array<ArrayBuffer>> = new ReadableStream(
    {
      async pull(controller) {
        try {
          const result = await chunks.next();
          if (result.done === true) controller.close();
          // The stream may keep a chunk for longer than the source allows.
          else controller.enqueue(result.value.slice());
        } catch (error) {
          failure = { error };
          controller.error(error);
        }
      },
    },
    { highWaterMark: 0 },
  );
  const reader = source.pipeThrough(new DecompressionStream(format)).getReader();
  try {
    for (let result = await reader.read(); !result.done; result = await reader.read()) yield result.value;
  } catch (error) {
    if (failure !== undefined) throw failure.error;
    throw notDecompressed(format, error);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
