import { onTestFinished } from "vitest";

import { createTransport } from "../../src/platform/node.ts";
import type { TransportOptions } from "../../src/transport/options.ts";
import type { RequestBody, Transport, TransportResponse } from "../../src/transport/transport.ts";

/** Creates a transport of Node, which closes when the test ends. */
export function nodeTransport(options: TransportOptions = {}): Transport {
  const transport = createTransport(options);
  onTestFinished(async () => transport.close());
  return transport;
}

/** Returns the body of a response. */
export async function bytesOf(response: Pick<TransportResponse, "body">): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A body that yields chunks, and records how its source is used. */
export function scriptedBody(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  size?: number,
): RequestBody & { asked: number; isReturned: boolean } {
  const state = {
    size,
    asked: 0,
    isReturned: false,
    open: () =>
      (async function* () {
        try {
          for await (const chunk of chunks) {
            state.asked += 1;
            yield chunk;
          }
        } finally {
          state.isReturned = true;
        }
      })(),
  };
  return state;
}

/** Yields `chunk` forever. */
export function* endless(chunk: Uint8Array): Generator<Uint8Array, never> {
  for (;;) yield chunk;
}
