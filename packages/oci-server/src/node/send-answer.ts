import type { IncomingMessage, ServerResponse } from "node:http";

import type { Answer, AnswerContent } from "../http/answer.ts";
import { isStreamed } from "../http/answer.ts";
import type { ServerLimits } from "../settings/options.ts";
import { Patience } from "../http/patience.ts";
import { hasBody } from "./has-body.ts";
import { linger } from "./linger.ts";

/**
 * Sends an answer as fast as the client reads it, and closes its body. Resolves when the answer has been sent, or the
 * connection has ended.
 */
export async function sendAnswer(
  message: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  limits: ServerLimits,
): Promise<void> {
  const { status, headers, body, turn } = answer;
  // An unread body would be parsed as the next request.
  const isLeft = !message.complete && hasBody(message);
  const isHead = message.method === "HEAD";
  response.writeHead(status, isLeft ? { ...headers, connection: "close" } : headers);
  const timer = setTimeout(() => response.destroy(), limits.requestMs);
  response.setTimeout(limits.idleMs, () => response.destroy());
  const patience = new Patience(limits);
  try {
    if (isStreamed(body)) await sendContent(response, body, isHead, patience, turn);
    else if (body !== undefined && !isHead) await write(response, body, patience);
    // Node closes the connection right after an answer with `connection: close`, while the client may still be sending.
    if (isLeft) {
      response.flushHeaders();
      await linger(message, response, { isBusy: status === 429, turn });
    }
    if (!response.destroyed) response.end();
    if (!response.writableFinished)
      await taken(response, 0, patience, (done) => response.once("finish", done));
  } finally {
    clearTimeout(timer);
    response.setTimeout(0);
  }
}

async function sendContent(
  response: ServerResponse,
  body: AnswerContent,
  isHead: boolean,
  patience: Patience,
  turn: Answer["turn"],
): Promise<void> {
  // Close the content even while a chunk of it is awaited: a slow disk must not keep a file open for a client that has
  // disconnected.
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= body.close());
  const closeEarly = (): void => void close().catch(() => undefined);
  response.once("close", closeEarly);
  try {
    if (hasEnded(response) || isHead) return;
    for await (const chunk of body) {
      await turn?.();
      await write(response, chunk, patience);
      if (hasEnded(response)) return;
    }
  } finally {
    response.off("close", closeEarly);
    await close();
  }
}

function hasEnded({ destroyed }: ServerResponse): boolean {
  return destroyed;
}

/** Sends a chunk. The memory of the chunk can be reused when this resolves. */
function write(response: ServerResponse, chunk: Uint8Array, patience: Patience): Promise<void> {
  return taken(response, chunk.length, patience, (done) => response.write(chunk, done));
}

/**
 * Waits until the client has received `bytes` bytes, or the connection has ended. Closes the connection of a client
 * that is too slow.
 */
async function taken(
  response: ServerResponse,
  bytes: number,
  patience: Patience,
  begin: (done: () => void) => void,
): Promise<void> {
  if (response.destroyed) return;
  const begun = performance.now();
  const timer = setTimeout(() => response.destroy(), patience.leftFor(bytes));
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off("close", done);
      resolve();
    };
    response.on("close", done);
    begin(done);
  });
  clearTimeout(timer);
  patience.waited(performance.now() - begun, bytes);
}
