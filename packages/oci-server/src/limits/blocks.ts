/**
 * The content of `chunks` in blocks of `size` bytes, the last of which may be shorter: a network gives little at once,
 * and a disk is better asked for much. What came before `chunks` failed is given before the failure.
 *
 * There are two blocks, used in turn, so that one can be written while the other is filled: each is good until the one
 * after the next is asked for.
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
