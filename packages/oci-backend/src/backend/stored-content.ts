import type { CheckedDigest, Descriptor } from "@ocilayout/oci-types";
import { octetStream } from "@ocilayout/oci-types";
import { concatBytes, passUnshared, readBlobSource } from "@ocilayout/oci-types/authors";

import { having } from "../checks/having.ts";
import { requireReading } from "../checks/reading.ts";
import type { Backend, OpenContent, StoredContent } from "./backend.ts";
import type { DigestCall } from "./calls.ts";

/** Returns the size in bytes of the largest manifest that a backend takes. */
export function maxManifestBytesOf({ maxManifestBytes = 8 * 1024 * 1024 }: Backend): number {
  return maxManifestBytes;
}

/** Returns the size of content, in bytes. */
export function sizeOf(content: StoredContent): number {
  return content instanceof Uint8Array ? content.length : content.size;
}

/** Returns the descriptor of a blob, whose media type is not stored. */
export function describeBlob(digest: CheckedDigest, size: number): Descriptor {
  return { mediaType: octetStream, digest, size };
}

/** Frees content that was not read. */
export async function close(content: StoredContent): Promise<void> {
  if (!(content instanceof Uint8Array)) await content.close?.();
}

/** Yields the bytes of content from `start` up to `end`, lazily. If it is ended before the first read, it frees the content. */
export function chunksOf(content: OpenContent, start: number, end: number): AsyncIterable<Uint8Array> {
  let chunks: AsyncIterator<Uint8Array> | undefined;
  const open = (): AsyncIterator<Uint8Array> => {
    const source = content.read(start, end);
    // readBlobSource also ends streams of Node.
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
  return passUnshared(content, { [Symbol.asyncIterator]: () => iterator });
}

/** Returns a copy of the whole content, without verifying it. */
export async function readAll(content: StoredContent): Promise<Uint8Array<ArrayBuffer>> {
  if (content instanceof Uint8Array) return content.slice();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of readBlobSource(chunksOf(content, 0, content.size))) {
    chunks.push(chunk.slice());
    size += chunk.length;
  }
  return concatBytes(chunks, size);
}

/** Returns the size of a blob in bytes, or `undefined` if the repository does not have it. */
export async function sizeOfBlob(backend: Backend, call: DigestCall): Promise<number | undefined> {
  if (backend.sizeOfBlob !== undefined) return backend.sizeOfBlob(call);
  const content = await openBlob(backend, call);
  if (content === undefined) return undefined;
  await close(content);
  return sizeOf(content);
}

/** Opens a blob for internal use. Returns `undefined` if the repository does not have it. */
export async function openBlob(backend: Backend, call: DigestCall): Promise<StoredContent | undefined> {
  return having(backend, "openBlob").openBlob({ ...call, ...requireReading({}) });
}
