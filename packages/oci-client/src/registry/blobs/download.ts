import { isRegistryError, RegistryError } from "@ocilayout/oci-types";

import type { RegistryResponse } from "../../requests/registry-client.ts";
import { contentRange } from "../remote/headers.ts";

/** A response that is being read, and where in the content it begins. */
interface Part {
  readonly body: AsyncIterable<Uint8Array>;
  /** The offset of the first byte, in bytes. */
  readonly start: number;
}

/** The content that {@link download} reads. */
export interface Download {
  /** The response to the first request. */
  readonly first: Part;
  /** The offset of the first byte to yield. */
  readonly from: number;
  /** The offset of the byte after the last one. */
  readonly to: number;
  readonly signal: AbortSignal | undefined;
  /** Requests the content from this offset on. */
  readonly ask: (position: number) => Promise<RegistryResponse>;
}

/** The number of times that a download continues without progress. */
const MAX_RESUMES = 5;

/** The number of bytes that count as progress. Otherwise one byte for each request would never end. */
const PROGRESS_BYTES = 64 * 1024;

/**
 * Yields the bytes from `from` up to `to`. After a connection that broke it continues with a range, and skips what it has
 * if the registry answers with the whole content. The bytes are not verified.
 *
 * @throws `RegistryError` `REMOTE_FAILED` if the content ends early again and again.
 */
export async function* download({
  first,
  from,
  to,
  signal,
  ask,
}: Download): AsyncGenerator<Uint8Array, void, undefined> {
  let position = from;
  let lastProgress = from;
  let resumes = 0;
  for (let part = first; ;) {
    let cause: unknown;
    try {
      for await (const chunk of clip(part, position, to)) {
        position += chunk.length;
        yield chunk;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (isRegistryError(error) && error.code !== "REMOTE_FAILED") throw error;
      cause = error;
    }
    if (position >= to) return;
    if (position - lastProgress >= PROGRESS_BYTES) resumes = 0;
    lastProgress = position;
    resumes += 1;
    if (resumes > MAX_RESUMES) throw endedEarly(position, to, cause);
    part = await continueAt(position, ask);
  }
}

/** Yields the bytes of a part between two offsets. Reads the part to its end if it ends there, which keeps the connection. */
async function* clip(
  { body, start }: Part,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = start;
  for await (const chunk of body) {
    const first = Math.max(from - position, 0);
    const last = Math.min(to - position, chunk.length);
    position += chunk.length;
    // The methods of a `Buffer` make no copies, so callers get a plain array.
    if (first < last) yield new Uint8Array(chunk.buffer, chunk.byteOffset + first, last - first);
    if (position > to) return;
  }
}

async function continueAt(position: number, ask: Download["ask"]): Promise<Part> {
  const response = await ask(position);
  if (response.status === 200) return { body: response.body, start: 0 };
  if (response.status === 206 && contentRange(response)?.start === position)
    return { body: response.body, start: position };
  await response.discard();
  throw new RegistryError(
    "REMOTE_FAILED",
    `cannot continue a download: the registry answered ${response.status} to a range`,
    { detail: { status: response.status } },
  );
}

function endedEarly(position: number, to: number, cause: unknown): RegistryError {
  return new RegistryError(
    "REMOTE_FAILED",
    `the registry sent ${position} bytes of ${to}, and continuing failed`,
    { cause },
  );
}
