import { HttpError } from "../http/http-error.ts";
import type { IncomingRequest } from "../http/incoming.ts";
import type { ServerLimits } from "../settings/options.ts";
import { Patience } from "../http/patience.ts";

/** What is asked of a body, beyond what the server asks of every one. */
export interface BodyLimits {
  /** The most bytes it may have. */
  readonly maxBytes: number;
  readonly limits: ServerLimits;
  /** Resolves when the client may go on. */
  readonly turn: () => Promise<void>;
}

/** How the whole of a body is received. */
export interface WholeLimits extends BodyLimits {
  /** Takes memory for so many bytes more. Throws if there is none. */
  readonly hold: (bytes: number) => void;
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
 * The time in which nobody asks for the next chunk does not count as the client's.
 *
 * @throws {@link HttpError} 413 where it is larger, 408 where nothing comes, too little comes or the whole takes too long,
 * 400 where it breaks off.
 */
export async function* readBody(
  request: IncomingRequest,
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

/** How much memory a body of unknown length gets at first, in bytes. It is doubled whenever it is full. */
const FIRST_BYTES = 32 * 1024;

/**
 * The whole body of a request. Its memory is taken before it is received: a body with a `Content-Length` that there is no
 * memory for is refused at once.
 */
export async function readWhole(request: IncomingRequest, options: WholeLimits): Promise<Uint8Array> {
  const { maxBytes, hold } = options;
  requireFitting(request, maxBytes);
  let whole = new Uint8Array(contentLength(request) ?? 0);
  hold(whole.length);
  let size = 0;
  for await (const chunk of readBody(request, options)) {
    if (size + chunk.length > whole.length) {
      const grown = new Uint8Array(
        Math.max(Math.min(whole.length * 2, maxBytes), size + chunk.length, Math.min(FIRST_BYTES, maxBytes)),
      );
      hold(grown.length - whole.length);
      grown.set(whole.subarray(0, size));
      whole = grown;
    }
    whole.set(chunk, size);
    size += chunk.length;
  }
  return whole.subarray(0, size);
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

/** The error of a body that is larger than it may be. */
export function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, "SIZE_INVALID", `larger than ${maxBytes} bytes`);
}
