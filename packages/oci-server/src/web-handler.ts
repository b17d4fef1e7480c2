import type { Registry } from "@ocilayout/oci-types";

import type { AnswerContent } from "./http/answer.ts";
import { isStreamed } from "./http/answer.ts";
import { createHandle } from "./endpoints/handle.ts";
import type { HandlerOptions } from "./settings/options.ts";

/** Answers a request to `/v2/`. Never rejects. */
export type Handler = (request: Request) => Promise<Response>;

/**
 * Makes a handler that serves `registry` over the OCI distribution API. It runs wherever there are `Request` and
 * `Response`: Node, Bun, Deno, workers.
 *
 * The handler is read-only unless the option `writable` is true. It expects the path of the URL to begin with `/v2/`.
 * An error has the status and the body that the specification defines. An internal failure is 500, and only `onError`
 * receives its details.
 *
 * @throws TypeError or RangeError if an option is invalid, or if `authorize` is set, `allowSharedBlobs` is not, and the
 * blobs of the registry belong to no repository.
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#api}
 */
export function createHandler(registry: Registry, options: HandlerOptions = {}): Handler {
  const handle = createHandle(registry, options, false);
  return async (request) => {
    const { method, url, signal } = request;
    const received = {
      method,
      url,
      headers: request.headers,
      body: request.body,
      signal,
      forOptions: () => request,
    };
    const { status, headers, body, release } = await handle.answer(received);
    const isHead = request.method === "HEAD";
    const report = (error: unknown): void => {
      handle.report(error, request);
    };
    if (isStreamed(body) && !isHead)
      return new Response(toStream(body, report, release), { status, headers });
    release?.();
    if (isStreamed(body)) await body.close().catch(report);
    return new Response(isHead || isStreamed(body) ? null : (body ?? null), { status, headers });
  };
}

/** Makes a stream that reads `body` only as fast as its consumer does. */
function toStream(
  body: AnswerContent,
  onFailure: (error: unknown) => void,
  release?: () => void,
): ReadableStream<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    try {
      const result = await chunks.next();
      if (result.done === true) {
        release?.();
        controller.close();
      } else controller.enqueue(result.value);
    } catch (error) {
      release?.();
      onFailure(error);
      throw error;
    }
  };
  const cancel = (): Promise<void> => {
    release?.();
    return body.close();
  };
  return new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
}
