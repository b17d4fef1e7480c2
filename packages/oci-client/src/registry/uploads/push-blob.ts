import type { PushBlobCall } from "@ocilayout/oci-backend";
import { isRegistryError, verifyStream } from "@ocilayout/oci-types";
import { concatBytes } from "@ocilayout/oci-types/authors";

import type { RequestBody } from "../../transport/transport.ts";
import { bytesBody, streamBody } from "../remote/body.ts";
import type { Mounts } from "./mounts.ts";
import type { Remote } from "../remote/remote.ts";
import type { UploadPlace } from "./requests.ts";
import { deleteUpload, postUpload, putUpload, requireEmptyBlobs, uploadLocation } from "./requests.ts";
import { minChunkOf, RemoteUpload } from "./session.ts";

/** How blobs are pushed. */
export interface PushSettings {
  /** `"chunked"` sends each chunk in a request of its own. */
  readonly uploads: "monolithic" | "chunked";
  /** The size of a chunk, in bytes. */
  readonly chunkSize: number;
}

/** The size up to which a blob is read before it is sent, in bytes. Then it can be sent again. */
const SMALL_BYTES = 1024 * 1024;

/**
 * Pushes a blob in one request (end-4a, end-6). If the size is unknown, or the settings ask for it, it is sent in chunks.
 * The content is verified while it is sent: after a mismatch its last bytes are never sent.
 *
 * @returns The size in bytes.
 */
export async function pushBlob(
  remote: Remote,
  call: PushBlobCall,
  { uploads, chunkSize }: PushSettings,
  mounts: Mounts,
): Promise<number> {
  const { repository, digest, size, signal } = call;
  const push = new Push({ remote, repository, signal }, digest, mounts);
  if (size !== undefined && size <= Math.min(SMALL_BYTES, chunkSize))
    return push.small(await call.content.bytes());
  const content = verifyStream(call.unverified, { digest, size }, { signal });
  if (size !== undefined && uploads === "monolithic") return push.whole(streamBody(size, content), size);
  return push.chunks(content, size, chunkSize);
}

class Push {
  readonly #place: UploadPlace;
  readonly #digest: string;
  readonly #mounts: Mounts;

  constructor(place: UploadPlace, digest: string, mounts: Mounts) {
    this.#place = place;
    this.#digest = digest;
    this.#mounts = mounts;
  }

  /** Pushes bytes in memory. */
  async small(bytes: Uint8Array): Promise<number> {
    if (bytes.length === 0) requireEmptyBlobs(this.#place.remote);
    const started = this.#mounts.take(this.#place.repository, this.#digest);
    if (started !== undefined) {
      try {
        return await this.#put(started, bytesBody(bytes), bytes.length);
      } catch (error) {
        // The upload of a failed mount may have expired.
        if (!isRegistryError(error, "BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID")) throw error;
      }
    }
    return this.#put(await this.#post(), bytesBody(bytes), bytes.length);
  }

  /** Pushes content in one request. */
  async whole(body: RequestBody, size: number): Promise<number> {
    const started = this.#mounts.take(this.#place.repository, this.#digest);
    return this.#put(started ?? (await this.#post()), body, size);
  }

  /** Pushes content in chunks. Content that fits into one chunk is pushed in one request. */
  async chunks(
    content: AsyncIterable<Uint8Array>,
    size: number | undefined,
    chunkSize: number,
  ): Promise<number> {
    const pieces = inPieces(content, chunkSize);
    try {
      const first = await pieces.next();
      if (first.done === true) return await this.small(new Uint8Array());
      const second = await pieces.next();
      if (second.done === true) return await this.small(first.value);
      return await this.#send([first.value, second.value], pieces, size);
    } finally {
      await pieces.return();
    }
  }

  async #send(
    [first, second]: readonly [Uint8Array, Uint8Array],
    rest: AsyncIterable<Uint8Array>,
    size: number | undefined,
  ): Promise<number> {
    const response = await postUpload(this.#place);
    const start = {
      location: uploadLocation(this.#place.remote, response),
      size: 0,
      minChunk: minChunkOf(response),
    };
    const session = new RemoteUpload(this.#place, { idOf: () => "", onEnd: () => undefined }, start);
    try {
      try {
        await session.write(first);
      } catch (error) {
        // The registry ignores chunks, and nothing is lost yet.
        if (!isRegistryError(error, "UNSUPPORTED")) throw error;
        this.#drop(session.location);
        let sent = 0;
        const counted = count(joined([first, second], rest), (bytes) => (sent += bytes));
        await this.#put(await this.#post(), streamBody(size, counted), 0);
        return sent;
      }
      await session.write(second);
      for await (const chunk of rest) await session.write(chunk);
      const total = session.size;
      await session.commit(this.#digest as never, this.#place.signal);
      return total;
    } catch (error) {
      if (session.ended === undefined) this.#drop(session.location);
      throw error;
    }
  }

  async #post(): Promise<URL> {
    return uploadLocation(this.#place.remote, await postUpload(this.#place));
  }

  async #put(location: URL, body: RequestBody, size: number): Promise<number> {
    try {
      await putUpload(this.#place, location, this.#digest, body);
      return size;
    } catch (error) {
      this.#drop(location);
      throw error;
    }
  }

  /** Cancels an upload whose push failed. The caller does not wait for it: the push may have been aborted. */
  #drop(location: URL): void {
    void deleteUpload({ ...this.#place, signal: undefined }, location).catch(() => undefined);
  }
}

/** Joins chunks to pieces of `size` bytes. A source may reuse its chunks, so they are copied. */
async function* inPieces(
  content: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of content) {
    let rest = chunk;
    while (length + rest.length > size) {
      const part = rest.subarray(0, size - length);
      yield concatBytes([...waiting, part], size);
      rest = rest.subarray(part.length);
      waiting = [];
      length = 0;
    }
    if (rest.length === 0) continue;
    waiting.push(rest.slice());
    length += rest.length;
  }
  if (length > 0) yield concatBytes(waiting, length);
}

async function* joined(
  first: readonly Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* first;
  yield* rest;
}

async function* count(
  chunks: AsyncIterable<Uint8Array>,
  add: (bytes: number) => unknown,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    add(chunk.length);
    yield chunk;
  }
}
