import { concatBytes, readBlobSource } from "@ocilayout/oci-types/authors";

import { requireReading } from "../checks/reading.ts";
import type { Backend, OpenContent, StoredContent } from "./backend.ts";
import { having } from "../checks/having.ts";
import type { DigestCall } from "./calls.ts";

/** The size of content in bytes. */
export function sizeOf(content: StoredContent): number {
  return content instanceof Uint8Array ? content.length : content.size;
}

/** Frees content that is not read. */
export async function close(content: StoredContent): Promise<void> {
  if (!(content instanceof Uint8Array)) await content.close?.();
}

/** The bytes of content from `start` up to `end`, which are asked for when they are read. Ended before, the content is freed. */
export function chunksOf(content: OpenContent, start: number, end: number): AsyncIterable<Uint8Array> {
  let chunks: AsyncIterator<Uint8Array> | undefined;
  const open = (): AsyncIterator<Uint8Array> => {
    const source = content.read(start, end);
    // A stream of Node has to be ended with care.
    const isPlain = Symbol.asyncIterator in source && !("destroy" in source);
    return isPlain ? source[Symbol.asyncIterator]() : readBlobSource(source);
  };
  const iterator: AsyncIterator<Uint8Array> = {
    next: () => (chunks ??= open()).next(),
    async return() {
      await (chunks === undefined ? content.close?.() : chunks.return?.());
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

/** A copy of the whole content. It is not verified. */
export async function readAll(content: StoredContent): Promise<Uint8Array<ArrayBuffer>> {
  if (content instanceof Uint8Array) return content.slice();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of readBlobSource(content.read(0, content.size))) {
    chunks.push(chunk.slice());
    size += chunk.length;
  }
  return concatBytes(chunks, size);
}

/** The size of a blob in bytes; `undefined` if the repository does not have it. */
export async function sizeOfBlob(backend: Backend, call: DigestCall): Promise<number | undefined> {
  if (backend.sizeOfBlob !== undefined) return backend.sizeOfBlob(call);
  const content = await openBlob(backend, call);
  if (content === undefined) return undefined;
  await close(content);
  return sizeOf(content);
}

/** Opens a blob for use in here; `undefined` if the repository does not have it. */
export async function openBlob(backend: Backend, call: DigestCall): Promise<StoredContent | undefined> {
  return having(backend, "openBlob").openBlob({ ...call, ...requireReading({}) });
}
