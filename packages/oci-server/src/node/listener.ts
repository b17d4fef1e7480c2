import type { IncomingMessage, ServerResponse } from "node:http";

import type { Registry } from "@ocilayout/oci-types";

import { clientAt } from "../limits/client-key.ts";
import type { Handle } from "../endpoints/handle.ts";
import { createHandle } from "../endpoints/handle.ts";
import type { IncomingRequest } from "../http/incoming.ts";
import type { HandlerOptions } from "../settings/options.ts";
import { hasBody } from "./has-body.ts";
import { sendAnswer } from "./send-answer.ts";
import { ConnectionTurns } from "./turns.ts";

/** What `http.createServer` takes. Never throws. */
export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Serves `registry` to `http` or `https` of Node: what `createHandler` does, of the path as it was sent. Given to the
 * event `checkContinue` too, a client that waits to be told to go on is told no in time. The requests of one connection
 * are answered one after the other: the next begins when the answer before it has been sent.
 *
 * @throws TypeError or RangeError where the options make no sense.
 */
export function createListener(registry: Registry, options: HandlerOptions = {}): RequestListener {
  const handle = createHandle(registry, options, true);
  return listenWith(handle);
}

/** How much memory a request takes while it waits for its connection, in bytes, about. */
const WAITING_BYTES = 8192;

/** Answers requests by `handle`. */
export function listenWith(handle: Handle): RequestListener {
  const memory = handle.budget.memoryFor(WAITING_BYTES);
  const turns = new ConnectionTurns(({ remoteAddress }) => {
    const client = clientAt(remoteAddress);
    if (!memory.take(client, WAITING_BYTES)) return undefined;
    return () => {
      memory.give(client, WAITING_BYTES);
    };
  });
  return (message, response) => {
    turns.add(message, () => answerMessage(handle, message, response));
  };
}

/** Answers one message. Resolves when its answer has left, or its connection has ended. */
async function answerMessage(
  handle: Handle,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const controller = new AbortController();
  const closed: Promise<void> = new Promise((resolve) => {
    response.once("close", () => {
      if (!response.writableFinished) controller.abort(new Error("the client has gone"));
      resolve();
    });
  });
  // The time that an answer before had to be taken does not count for this one.
  message.socket.setTimeout(0);
  const request = toRequest(message, response, controller.signal);
  const answer = await handle.answer(request);
  const release = (): void => answer.release?.();
  response.once("close", release);
  try {
    await sendAnswer(message, response, answer, handle.limits);
  } catch (error) {
    // The status is sent: that the content is not whole can only be told by a connection that breaks off.
    response.destroy();
    handle.report(error, request);
  }
  await closed;
  release();
}

function toRequest(message: IncomingMessage, response: ServerResponse, signal: AbortSignal): IncomingRequest {
  const headers = new Headers();
  for (let i = 0; i < message.rawHeaders.length; i += 2)
    headers.append(message.rawHeaders[i] ?? "", message.rawHeaders[i + 1] ?? "");
  const body = hasBody(message) ? readMessage(message, response) : null;
  return {
    method: message.method ?? "",
    url: message.url ?? "",
    headers,
    body,
    address: message.socket.remoteAddress,
    signal,
  };
}

/** The chunks of a message. Whoever sends them is told to go on when the first is asked for. */
async function* readMessage(
  message: IncomingMessage,
  response: ServerResponse,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (message.headers.expect?.toLowerCase() === "100-continue") response.writeContinue();
  yield* message.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
}
