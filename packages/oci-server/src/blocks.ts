/**
 * The content of `chunks` in blocks of `size` bytes, the last of which may be shorter: a network gives little at once,
 * and a disk is better asked for much. What came before `chunks` failed is given before the failure. A block is the
 * consumer's to keep.
 */
export async function* inBlocks(chunks: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  let parts: Uint8Array[] = [];
  let length = 0;
  const take = (): Uint8Array => {
    const block = join(parts, length);
    parts = [];
    length = 0;
    return block;
  };
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const chunk of chunks) {
      parts.push(chunk);
      length += chunk.length;
      if (length >= size) yield take();
    }
  } catch (error) {
    failure = { error };
  }
  if (length > 0) yield take();
  if (failure !== undefined) throw failure.error;
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
