import { RegistryError } from "@ocilayout/oci-types";
import { concatBytes, onAbort } from "@ocilayout/oci-types/authors";

import { openCounted } from "./counted-body.ts";
import { FetchResponse } from "./fetch-response.ts";
import type { TimeLimits, TransportOptions } from "./options.ts";
import { asDelay, headerLimit, timeLimits } from "./options.ts";
import { Running } from "./running.ts";
import { TimeLimitError } from "./time-limit.ts";
import type { RequestBody, Transport, TransportRequest, TransportResponse } from "./transport.ts";

/** The default of `maxCollectedBytes`. */
const MAX_COLLECTED_BYTES = 64 * 1024 * 1024;

/**
 * Sends requests with `fetch`, for browsers and other runtimes than Node. It is weaker than the transport of Node:
 *
 * - A browser hides redirects, so it follows those of GET and HEAD itself. It takes `Authorization` away from other origins.
 *   The checks of addresses do not apply there. Redirects of other methods fail.
 * - `fetch` decodes a `Content-Encoding`. A blob that is sent with one then has another digest, and is rejected.
 * - Bodies up to `maxCollectedBytes` are held in memory.
 * - The time limit for connecting is part of that for the headers. Uploads have only the time limit for the answer.
 */
export class FetchTransport implements Transport {
  readonly #fetch: typeof globalThis.fetch;
  readonly #limits: TimeLimits;
  readonly #maxCollected: number;
  readonly #running: Running = new Running();
  /** Whether this runtime hides redirects. */
  #hidesRedirects = false;
  #isClosed = false;

  constructor(options: TransportOptions = {}) {
    this.#fetch = options.fetch ?? ((...args) => globalThis.fetch(...args));
    this.#limits = timeLimits(options.limits);
    this.#maxCollected = options.maxCollectedBytes ?? MAX_COLLECTED_BYTES;
  }

  /** Sends a request. */
  async send(request: TransportRequest): Promise<TransportResponse> {
    const { signal } = request;
    signal?.throwIfAborted();
    if (this.#isClosed) throw closed();
    const { controller: running, end: done } = this.#running.start(signal);
    try {
      const response = await this.#answer(request, running);
      return new FetchResponse(response, { limits: this.#limits, running, onEnd: done });
    } catch (error) {
      done();
      // Some runtimes reject with an error of their own.
      throw running.signal.aborted ? (running.signal.reason as unknown) : error;
    }
  }

  /** Ends requests in flight. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#running.abort(closed());
  }

  async #answer(request: TransportRequest, running: AbortController): Promise<Response> {
    const body = await this.#bodyOf(request.body, running.signal);
    running.signal.throwIfAborted();
    const isRead = request.method === "GET" || request.method === "HEAD";
    const redirect = this.#hidesRedirects ? (isRead ? "follow" : "error") : "manual";
    const response = await this.#timed(request, running, { ...body, redirect });
    if (response.type !== "opaqueredirect") return response;
    this.#hidesRedirects = true;
    if (isRead) return this.#timed(request, running, { redirect: "follow" });
    throw new RegistryError(
      "REMOTE_FAILED",
      "the registry redirects a change, which this runtime cannot follow safely",
    );
  }

  async #timed(request: TransportRequest, running: AbortController, init: RequestInit): Promise<Response> {
    const timer = setTimeout(
      () => {
        running.abort(new TimeLimitError("the registry does not answer in time"));
      },
      asDelay(headerLimit(this.#limits, request.method)),
    );
    try {
      return await this.#fetch(request.url, {
        method: request.method,
        headers: request.headers,
        signal: running.signal,
        cache: "no-store",
        credentials: "omit",
        referrerPolicy: "no-referrer",
        ...init,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async #bodyOf(
    body: RequestBody | undefined,
    signal: AbortSignal,
  ): Promise<RequestInit & { duplex?: "half" }> {
    if (body === undefined) return {};
    if (body.size !== undefined && body.size <= this.#maxCollected)
      return { body: await collect(body, body.size) };
    if (canStream()) return { body: asStream(openCounted(body), signal), duplex: "half" };
    if (body.size === undefined) return { body: await collect(body, this.#maxCollected) };
    throw tooLarge(this.#maxCollected);
  }
}

/** Whether `fetch` streams a body. A runtime that cannot turns the stream into text, or ignores `duplex`. */
function canStream(): boolean {
  let readsDuplex = false;
  try {
    const init = {
      method: "POST",
      body: new ReadableStream(),
      get duplex() {
        readsDuplex = true;
        return "half";
      },
    };
    return !new Request("https://registry.invalid/", init).headers.has("content-type") && readsDuplex;
  } catch {
    return false;
  }
}

async function collect(body: RequestBody, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of openCounted(body)) {
    size += chunk.length;
    if (size > limit) throw tooLarge(limit);
    // The source may use the memory of a chunk again. The method slice() of a Buffer would not copy it.
    chunks.push(new Uint8Array(chunk));
  }
  return concatBytes(chunks, size);
}

function asStream(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): ReadableStream<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]();
  // Node does not cancel the body of a request that is aborted. The source may be busy, so nothing waits for it.
  onAbort(signal, () => {
    void Promise.resolve(source.return?.()).catch(() => undefined);
  });
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const next = await source.next();
        if (next.done === true) controller.close();
        else controller.enqueue(new Uint8Array(next.value));
      },
      cancel: async () => {
        await source.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

function tooLarge(limit: number): RegistryError {
  return new RegistryError("UNSUPPORTED", `this runtime cannot send more than ${limit} bytes at once`, {
    detail: { limit },
  });
}

function closed(): Error {
  return new Error("the transport is closed");
}
