/** Encodes `text` as UTF-8. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Yields `content` in chunks of `size` bytes. */
export function* chunked(content: Uint8Array, size: number): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < content.length; at += size) yield content.slice(at, at + size);
}
