import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";

import type { Answer } from "../http/answer.ts";

/** The part of an unwanted body that is read, in bytes: usually, and if the server is too busy for the request. */
const LINGER_BYTES = { usual: 32 * 1024 * 1024, busy: 1024 * 1024 } as const;

/** How long a client that sends an unwanted body keeps its connection, in milliseconds. */
const LINGER_MS = 5000;

/** How an unwanted body is read. */
export interface LingerOptions {
  /** Whether the server is too busy for the request: the answer is 429. */
  readonly isBusy: boolean;
  readonly turn: Answer["turn"];
}

/**
 * Reads and discards some more of an unwanted body, then closes the connection. A client that is disconnected while it
 * sends might not read the answer. If there is more to read, the client still has a few seconds to read the answer.
 */
export async function linger(
  message: IncomingMessage,
  response: ServerResponse,
  { isBusy, turn }: LingerOptions,
): Promise<void> {
  let left: number = isBusy ? LINGER_BYTES.busy : LINGER_BYTES.usual;
  const timer = setTimeout(() => message.destroy(), LINGER_MS);
  message.on("data", (chunk: Uint8Array) => {
    left -= chunk.length;
    message.pause();
    // The answer is complete. Closing this direction shows that to the client, and reads nothing more.
    if (left < 0) message.socket.end();
    else void (turn?.() ?? Promise.resolve()).then(() => message.resume());
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
