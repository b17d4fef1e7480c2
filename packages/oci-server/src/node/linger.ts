import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";

import type { Answer } from "../http/answer.ts";

/** The part of an unwanted body that is read before the connection is closed, in bytes and in milliseconds. */
const LINGER_BYTES = 32 * 1024 * 1024;
const LINGER_MS = 5000;

/**
 * Reads and discards some more of an unwanted body, then closes the connection. A client that is disconnected while it
 * sends might not read the answer.
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

/** Waits for the first of some events, and removes its listeners. */
function either(emitter: EventEmitter, ...events: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) emitter.off(event, done);
      resolve();
    };
    for (const event of events) emitter.on(event, done);
  });
}
