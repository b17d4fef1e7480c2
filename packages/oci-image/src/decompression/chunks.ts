/** Chunks that are read with `next` only. A chunk is valid until the next one is requested. */
export type Chunks = AsyncIterator<Uint8Array, unknown>;
