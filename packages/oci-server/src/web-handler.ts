import type { Registry } from "@ocilayout/oci-types";

import type { AnswerContent } from "./http/answer.ts";
import { isStreamed } from "./http/answer.ts";
import { createHandle } from "./endpoints/handle.ts";
import type { HandlerOptions } from "./settings/options.ts";

/** Answers a request to `/v2/`. Never rejects. */
export type Handler = (request: Request) => Promise<Response>;

/**
 * Serves `registry` by the OCI distribution API, wherever there are `Request` and `Response`: Node, Bun, Deno, workers.
 * Everything is read-only unless `writable` says otherwise.
 *
 * What it is asked for is the whole URL path, from `/v2/` on. Each failure of a request has the status and the body
 * that the specification has for it; what fails in the server itself is 500, told to `onError` and to nobody else.
 *
 * @throws TypeError or RangeError where the options make no sense, or `authorize` is given for a registry whose blobs
 * belong to no repository.
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#api}
 */
export function createHandler(registry: Registry, options: HandlerOptions = {}): Handler {
  const handle = createHandle(registry, options, false);
  return async (request) => {
    const { status, headers, body, release } = await handle.answer(request);
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

/** A stream that is read as fast as it is taken. */
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
