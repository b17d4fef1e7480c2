import type { IncomingMessage, ServerResponse } from "node:http";

import type { Registry } from "@ocilayout/oci-types";

import { createHandle } from "../handle.ts";
import type { IncomingRequest } from "../incoming.ts";
import type { HandlerOptions } from "../options.ts";
import { sendAnswer } from "./send-answer.ts";

/** What `http.createServer` takes. Never throws. */
export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Serves `registry` to `http` or `https` of Node: what `createHandler` does, of the path as it was sent. Given to the
 * event `checkContinue` too, a client that waits to be told to go on is told no in time.
 *
 * @throws TypeError or RangeError where the options make no sense.
 */
export function createListener(registry: Registry, options: HandlerOptions = {}): RequestListener {
  const handle = createHandle(registry, options, true);
  return (message, response) => {
    const controller = new AbortController();
    response.on("close", () => {
      if (!response.writableFinished) controller.abort(new Error("the client has gone"));
    });
    const request = toRequest(message, response, controller.signal);
    const run = async (): Promise<void> => {
      const answer = await handle.answer(request);
      try {
        await sendAnswer(message, response, answer, handle.limits);
      } catch (error) {
        // The status is sent: that the content is not whole can only be told by a connection that breaks off.
        response.destroy();
        handle.report(error, request);
      }
    };
    void run();
  };
}

function toRequest(message: IncomingMessage, response: ServerResponse, signal: AbortSignal): IncomingRequest {
  const headers = new Headers();
  for (let i = 0; i < message.rawHeaders.length; i += 2) headers.append(message.rawHeaders[i] ?? "", message.rawHeaders[i + 1] ?? "");
  const hasBody = headers.has("transfer-encoding") || (headers.get("content-length") ?? "0") !== "0";
  const body = hasBody ? readMessage(message, response) : null;
  return { method: message.method ?? "", url: message.url ?? "", headers, body, signal };
}

/** The chunks of a message. Whoever sends them is told to go on when the first is asked for. */
async function* readMessage(message: IncomingMessage, response: ServerResponse): AsyncGenerator<Uint8Array, void, undefined> {
  if (message.headers.expect?.toLowerCase() === "100-continue") response.writeContinue();
  yield* message.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
}
