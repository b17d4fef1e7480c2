import { onTestFinished } from "vitest";

import type { Authenticator } from "../../src/auth/authenticator.ts";
import { createTransport } from "../../src/platform/node.ts";
import type { Clock } from "../../src/requests/clock.ts";
import { systemClock } from "../../src/requests/clock.ts";
import type { RegistryClientOptions } from "../../src/requests/create-registry-client.ts";
import { createRegistryClient } from "../../src/requests/create-registry-client.ts";
import type { RegistryClient } from "../../src/requests/registry-client.ts";
import type { RequestBody, TransportResponse } from "../../src/transport/transport.ts";
import type { ScriptedServer } from "../scripted-server.ts";

/** A clock whose sleeps are over at once, and recorded. */
export interface TestClock extends Clock {
  readonly slept: number[];
  time: number;
}

export function testClock(): TestClock {
  const clock: TestClock = {
    slept: [],
    time: Date.UTC(2026, 0, 1),
    now: () => clock.time,
    random: () => 1,
    after: systemClock.after,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      clock.slept.push(ms);
      clock.time += ms;
    },
  };
  return clock;
}

/** Sends no credentials. */
export const anonymous: Authenticator = {
  authorization: async () => undefined,
  challenged: async () => false,
};

/** Sends `Bearer token-1`, and after each challenge the next number. */
export function numberedTokens(): Authenticator & { challenges: number } {
  const authenticator = {
    challenges: 0,
    authorization: async () => `Bearer token-${authenticator.challenges + 1}`,
    challenged: async () => {
      authenticator.challenges += 1;
      return true;
    },
  };
  return authenticator;
}

/** Creates a client of a scripted server, which closes when the test ends. */
export function clientOf(
  server: ScriptedServer,
  options: Partial<RegistryClientOptions> = {},
): RegistryClient {
  const client = createRegistryClient({
    origin: server.origin,
    transport: createTransport({ limits: { connectMs: 5000 } }),
    authenticator: anonymous,
    clock: testClock(),
    ...options,
  });
  onTestFinished(async () => client.close());
  return client;
}

/** Returns the body of a response as text. */
export async function textOf(response: Pick<TransportResponse, "body">): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** A body that can be opened `times` times. */
export function bodyFrom(text: string, times = Number.POSITIVE_INFINITY): RequestBody & { opened: number } {
  const body = {
    size: Buffer.byteLength(text),
    opened: 0,
    open() {
      if (body.opened >= times) return undefined;
      body.opened += 1;
      return (async function* () {
        yield Buffer.from(text);
      })();
    },
  };
  return body;
}
