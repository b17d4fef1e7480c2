import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";

import type { Answer } from "../answer.ts";
import type { ServerLimits } from "../options.ts";

/** How much of a body that nobody wants is taken before the connection ends, in bytes, and for how long, in milliseconds. */
const LINGER_BYTES = 1024 * 1024;
const LINGER_MS = 2000;

/** Sends an answer, as fast as it is taken, and frees what it holds. */
export async function sendAnswer(message: IncomingMessage, response: ServerResponse, answer: Answer, limits: ServerLimits): Promise<void> {
  const { status, headers, body } = answer;
  // A body that was not read to its end stands where the next request would be.
  const isLeft = !message.complete && hasBody(message);
  response.writeHead(status, isLeft ? { ...headers, connection: "close" } : headers);
  if (body === undefined || body instanceof Uint8Array) {
    response.end(message.method === "HEAD" ? undefined : body);
  } else {
    // Also while the content is awaited: a file is not held until a slow disk answers a client that has gone.
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => (closing ??= body.close());
    const closeEarly = (): void => void close().catch(() => undefined);
    response.once("close", closeEarly);
    try {
      if (message.method !== "HEAD") await sendChunks(response, body, limits);
    } finally {
      response.off("close", closeEarly);
      await close();
    }
    if (!response.destroyed) response.end();
  }
  if (isLeft) await linger(message, response);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

async function sendChunks(response: ServerResponse, body: AsyncIterable<Uint8Array>, { idleMs, requestMs }: ServerLimits): Promise<void> {
  const timer = setTimeout(() => response.destroy(), requestMs);
  response.setTimeout(idleMs, () => response.destroy());
  try {
    for await (const chunk of body) {
      if (response.destroyed) return;
      await write(response, chunk);
    }
  } finally {
    clearTimeout(timer);
    response.setTimeout(0);
  }
}

/** Sends a chunk, whose memory is its owner's again when this resolves; also where the connection ends first. */
async function write(response: ServerResponse, chunk: Uint8Array): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off("close", done);
      resolve();
    };
    response.on("close", done);
    response.write(chunk, done);
  });
}

/** Takes a little more of what is still sent: a client that is cut off at once may never read why. */
async function linger(message: IncomingMessage, response: ServerResponse): Promise<void> {
  let left = LINGER_BYTES;
  const timer = setTimeout(() => message.destroy(), LINGER_MS);
  message.on("data", (chunk: Uint8Array) => {
    left -= chunk.length;
    if (left < 0) message.destroy();
  });
  message.resume();
  if (!message.complete && !message.destroyed) await either(message, "end", "close");
  clearTimeout(timer);
  response.end();
  message.destroy();
}

/** Waits for the first of some events, and listens to none of them any longer. */
function either(emitter: EventEmitter, ...events: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) emitter.off(event, done);
      resolve();
    };
    for (const event of events) emitter.on(event, done);
  });
}
