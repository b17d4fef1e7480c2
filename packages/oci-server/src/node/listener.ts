import type { IncomingMessage, ServerResponse } from "node:http";

import type { Registry } from "@ocilayout/oci-types";

import { clientAt } from "../limits/client-key.ts";
import type { Handle } from "../endpoints/handle.ts";
import { createHandle } from "../endpoints/handle.ts";
import type { IncomingRequest, ReceivedRequest } from "../http/incoming.ts";
import type { HandlerOptions } from "../settings/options.ts";
import { hasBody } from "./has-body.ts";
import { MessageHeaders } from "./message-headers.ts";
import { sendAnswer } from "./send-answer.ts";
import { ConnectionTurns } from "./turns.ts";

/** A listener for `http.createServer`. Never throws. */
export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Makes a listener that serves `registry` from a server of `node:http` or `node:https`. It behaves as `createHandler`
 * does, and sees the path as the client sent it.
 *
 * Set the listener for the event `checkContinue` as well, to reject clients that send `Expect: 100-continue` before
 * they send the body. It answers the requests of a connection one after the other.
 *
 * @throws TypeError or RangeError if an option is invalid.
 */
export function createListener(registry: Registry, options: HandlerOptions = {}): RequestListener {
  const handle = createHandle(registry, options, true);
  return listenWith(handle);
}

/** The approximate memory of a request that waits for its connection, in bytes. */
const WAITING_BYTES = 8192;

/** Answers requests with `handle`. */
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

/** Answers one message. Resolves when the answer has been sent, or the connection has ended. */
async function answerMessage(
  handle: Handle,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const controller = new AbortController();
  const closed: Promise<void> = new Promise((resolve) => {
    response.once("close", () => {
      if (!response.writableFinished) controller.abort(new Error("the client has disconnected"));
      resolve();
    });
  });
  // The time for sending the previous answer does not count for this request.
  message.socket.setTimeout(0);
  const request = toRequest(message, response, controller.signal);
  const answer = await handle.answer(request);
  const release = (): void => answer.release?.();
  response.once("close", release);
  try {
    await sendAnswer(message, response, answer, handle.limits);
  } catch (error) {
    // The status has been sent, so only a closed connection can report that the content is incomplete.
    response.destroy();
    handle.report(error, request);
  }
  await closed;
  release();
}

function toRequest(message: IncomingMessage, response: ServerResponse, signal: AbortSignal): ReceivedRequest {
  const headers = new MessageHeaders(message.rawHeaders);
  const body = hasBody(message) ? readMessage(message, response) : null;
  const parts = {
    method: message.method ?? "",
    url: message.url ?? "",
    body,
    address: message.socket.remoteAddress,
    signal,
  };
  let shown: IncomingRequest | undefined;
  return { ...parts, headers, forOptions: () => (shown ??= { ...parts, headers: headers.toHeaders() }) };
}

/** Yields the chunks of a message. Sends 100 Continue when the first chunk is requested. */
async function* readMessage(
  message: IncomingMessage,
  response: ServerResponse,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (message.headers.expect?.toLowerCase() === "100-continue") response.writeContinue();
  yield* message.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
}
