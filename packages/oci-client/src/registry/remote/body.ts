import type { RequestBody } from "../../transport/transport.ts";

/** Makes a body of bytes in memory, which can be sent again. */
export function bytesBody(bytes: Uint8Array): RequestBody {
  return { size: bytes.length, open: () => once(bytes) };
}

/** Makes a body of content that can be read once. */
export function streamBody(size: number | undefined, content: AsyncIterable<Uint8Array>): RequestBody {
  let isOpened = false;
  return {
    size,
    open() {
      if (isOpened) return undefined;
      isOpened = true;
      return content;
    },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  if (bytes.length > 0) yield bytes;
}
