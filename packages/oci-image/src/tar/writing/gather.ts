/** The size of the chunks, in bytes. */
const CHUNK = 64 * 1024;

/** Joins small pieces to chunks, so that a consumer does not work on single blocks. Passes large pieces on. */
export async function* gather(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let chunk = new Uint8Array(CHUNK);
  let size = 0;
  for await (const piece of pieces) {
    if (size > 0 && size + piece.length > CHUNK) {
      yield chunk.subarray(0, size);
      chunk = new Uint8Array(CHUNK);
      size = 0;
    }
    if (piece.length > CHUNK / 2 && size === 0) yield piece;
    else {
      chunk.set(piece, size);
      size += piece.length;
    }
  }
  if (size > 0) yield chunk.subarray(0, size);
}
