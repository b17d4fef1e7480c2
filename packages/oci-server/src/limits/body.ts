import { HttpError } from "../http/http-error.ts";
import type { ReceivedRequest } from "../http/incoming.ts";
import type { ServerLimits } from "../settings/options.ts";
import { Patience } from "../http/patience.ts";

/** The limits of one body. */
export interface BodyLimits {
  /** The largest size, in bytes. */
  readonly maxBytes: number;
  readonly limits: ServerLimits;
  /** Resolves when it is this client's turn. */
  readonly turn: () => Promise<void>;
}

/** The limits of a body that is received into memory. */
export interface WholeLimits extends BodyLimits {
  /** Reserves so many more bytes of memory. Throws if there are too few. */
  readonly hold: (bytes: number) => void;
}

/** Returns the `Content-Length` of a request, or `undefined` if it is missing or invalid. */
export function contentLength(request: ReceivedRequest): number | undefined {
  const header = request.headers.get("content-length");
  return header !== null && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

/** Rejects a body whose `Content-Length` is too large, before reading it. */
export function requireFitting(request: ReceivedRequest, maxBytes: number): void {
  if ((contentLength(request) ?? 0) > maxBytes) throw tooLarge(maxBytes);
}

/**
 * Yields the body of a request, and enforces the limits. A caller that stops reading does not wait for the rest. Time
 * between reads does not count against the client.
 *
 * @throws {@link HttpError} 413 if the body is too large, 408 if it pauses, is too slow or takes too long, 400 if it is
 * interrupted.
 */
export async function* readBody(
  request: ReceivedRequest,
  { maxBytes, limits, turn }: BodyLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (request.body === null) return;
  const deadline = performance.now() + limits.requestMs;
  const chunks = request.body[Symbol.asyncIterator]();
  const patience = new Patience(limits);
  let size = 0;
  let ended = false;
  try {
    for (;;) {
      const begun = performance.now();
      const result = await soon(next(chunks), Math.min(limits.idleMs, deadline - begun, patience.leftFor(0)));
      if (result.done === true) break;
      patience.waited(performance.now() - begun, result.value.length);
      size += result.value.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      await turn();
      yield result.value;
    }
    ended = true;
  } finally {
    if (!ended) chunks.return?.().catch(() => undefined);
  }
}

/** The first memory for a body of unknown length, in bytes. It doubles whenever it is full. */
const FIRST_BYTES = 32 * 1024;

/**
 * Receives a whole body into memory. Reserves the memory first, so that a body with a `Content-Length` beyond the
 * limits fails at once.
 */
export async function readWhole(request: ReceivedRequest, options: WholeLimits): Promise<Uint8Array> {
  const { maxBytes, hold } = options;
  requireFitting(request, maxBytes);
  const expected = contentLength(request) ?? 0;
  hold(expected);
  let whole = new Uint8Array(expected);
  let size = 0;
  for await (const chunk of readBody(request, options)) {
    if (size + chunk.length > whole.length) {
      const doubled = Math.max(Math.min(whole.length * 2, maxBytes), Math.min(FIRST_BYTES, maxBytes));
      const needed = Math.max(doubled, size + chunk.length);
      hold(needed - whole.length);
      const grown = new Uint8Array(needed);
      grown.set(whole.subarray(0, size));
      whole = grown;
    }
    whole.set(chunk, size);
    size += chunk.length;
  }
  return whole.subarray(0, size);
}

/** An interrupted body is the client's failure, not the server's. */
async function next(chunks: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
  try {
    return await chunks.next();
  } catch {
    throw new HttpError(400, "BLOB_UPLOAD_INVALID", "the body was interrupted");
  }
}

async function soon<Value>(promise: Promise<Value>, ms: number): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late: Promise<never> = new Promise((_resolve, reject) => {
    timer = setTimeout(
      () => {
        reject(new HttpError(408, "BLOB_UPLOAD_INVALID", "the request took too long"));
      },
      Math.max(ms, 0),
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Makes the error for a body that is too large. */
export function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, "SIZE_INVALID", `the content is larger than ${maxBytes} bytes`);
}
