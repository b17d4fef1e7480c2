import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";

import type { Answer } from "../http/answer.ts";

/** How much of a body that is not wanted is taken before the connection ends, in bytes, and for how long, in milliseconds. */
const LINGER_BYTES = 32 * 1024 * 1024;
const LINGER_MS = 5000;

/**
 * Takes a little more of a body that is not wanted, keeping none of it, and ends the connection: a client that is cut off
 * while it sends may never read the answer.
 */
export async function linger(
  message: IncomingMessage,
  response: ServerResponse,
  turn: Answer["turn"],
): Promise<void> {
  let left = LINGER_BYTES;
  const timer = setTimeout(() => message.destroy(), LINGER_MS);
  message.on("data", (chunk: Uint8Array) => {
    left -= chunk.length;
    if (left < 0) message.destroy();
    if (turn === undefined) return;
    message.pause();
    void turn().then(() => message.resume());
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
