/**
 * Yields the content of `chunks` in blocks of `size` bytes; the last may be shorter. Networks deliver small chunks, and
 * disks are faster with large ones. If `chunks` fails, the bytes before the failure come first.
 *
 * It uses two blocks in turn, so that one can be written while the other is filled. A block is valid until the caller
 * requests the block after the next.
 */
export async function* inBlocks(
  chunks: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let [block, other] = [new Uint8Array(size), new Uint8Array(size)];
  let filled = 0;
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const chunk of chunks) {
      for (let rest = chunk; rest.length > 0;) {
        const part = rest.subarray(0, size - filled);
        block.set(part, filled);
        filled += part.length;
        rest = rest.subarray(part.length);
        if (filled < size) continue;
        yield block;
        [block, other] = [other, block];
        filled = 0;
      }
    }
  } catch (error) {
    failure = { error };
  }
  if (filled > 0) yield block.subarray(0, filled);
  if (failure !== undefined) throw failure.error;
}
