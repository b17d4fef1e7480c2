/** UTF-8. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** `content` in pieces of `size` bytes. */
export function* chunked(content: Uint8Array, size: number): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < content.length; at += size) yield content.slice(at, at + size);
}

/** What `promise` rejects with; an error of its own where it does not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`resolved to ${String(value)}, and should have rejected`);
}

/** A source that tells how it was treated. */
export interface Probe extends AsyncIterableIterator<Uint8Array, undefined> {
  readonly log: string[];
}

/** Gives `chunks` and then, if told so, nothing ever again. */
export function probe(chunks: readonly unknown[], hangs = false): Probe {
  const log: string[] = [];
  let at = 0;
  return {
    log,
    next() {
      log.push("next");
      if (at < chunks.length) return Promise.resolve({ done: false, value: chunks[at++] as Uint8Array });
      return hangs ? new Promise(() => undefined) : Promise.resolve({ done: true, value: undefined });
    },
    return() {
      log.push("return");
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
