import { HttpError } from "./http-error.ts";
import type { IncomingRequest } from "./incoming.ts";
import type { ServerLimits } from "./options.ts";

/** What is asked of a body, beyond what the server asks of every one. */
export interface BodyLimits {
  /** The most bytes it may have. */
  readonly maxBytes: number;
  readonly limits: ServerLimits;
}

/** The `Content-Length` of a request; `undefined` where it has none, or none that is a number. */
export function contentLength(request: IncomingRequest): number | undefined {
  const header = request.headers.get("content-length");
  return header !== null && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

/** Refuses a body that says of itself that it is too large, before any of it is read. */
export function requireFitting(request: IncomingRequest, maxBytes: number): void {
  if ((contentLength(request) ?? 0) > maxBytes) throw tooLarge(maxBytes);
}

/**
 * The body of a request, chunk by chunk, for as long as it keeps to the limits. Who stops reading it leaves it: what
 * never comes cannot be waited for.
 *
 * @throws {@link HttpError} 413 where it is larger, 408 where nothing comes or the whole takes too long, 400 where it breaks off.
 */
export async function* readBody(request: IncomingRequest, { maxBytes, limits }: BodyLimits): AsyncGenerator<Uint8Array, void, undefined> {
  if (request.body === null) return;
  const deadline = performance.now() + limits.requestMs;
  const chunks = request.body[Symbol.asyncIterator]();
  let size = 0;
  let ended = false;
  try {
    for (;;) {
      const result = await soon(next(chunks), Math.min(limits.idleMs, deadline - performance.now()));
      if (result.done === true) break;
      size += result.value.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      yield result.value;
    }
    ended = true;
  } finally {
    if (!ended) chunks.return?.().catch(() => undefined);
  }
}

/** The whole body of a request. */
export async function readWhole(request: IncomingRequest, options: BodyLimits): Promise<Uint8Array> {
  requireFitting(request, options.maxBytes);
  const chunks: Uint8Array[] = [];
  for await (const chunk of readBody(request, options)) chunks.push(chunk.slice());
  const whole = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** What breaks off is the client's failure, and none of the server's. */
async function next(chunks: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
  try {
    return await chunks.next();
  } catch {
    throw new HttpError(400, "BLOB_UPLOAD_INVALID", "the body broke off");
  }
}

async function soon<Value>(promise: Promise<Value>, ms: number): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late: Promise<never> = new Promise((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new HttpError(408, "BLOB_UPLOAD_INVALID", "the request took too long"));
    }, Math.max(ms, 0));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The error of a body that is larger than it may be. */
export function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, "SIZE_INVALID", `larger than ${maxBytes} bytes`);
}
