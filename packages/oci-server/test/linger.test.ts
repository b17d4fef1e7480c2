import type { IncomingMessage, ServerResponse } from "node:http";
import { PassThrough } from "node:stream";

import { describe, expect, it } from "vitest";

import { linger } from "../src/node/linger.ts";

describe("a body that is not wanted", () => {
  it("is taken one chunk for each turn of its client", async () => {
    const body = new PassThrough({ highWaterMark: 1_000_000 });
    const answer = new PassThrough();
    const message = Object.assign(body, { complete: false }) as unknown as IncomingMessage;
    let takeTurn = (): void => undefined;
    const turn = (): Promise<void> => new Promise((resolve) => (takeTurn = resolve));
    let taken = 0;
    const ended = linger(message, answer as unknown as ServerResponse, { isBusy: false, turn });
    body.on("data", () => (taken += 1));
    for (let i = 0; i < 5; i += 1) body.write(new Uint8Array(1000));
    body.end();
    for (let turns = 1; turns <= 5; turns += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      expect(taken).toBe(turns);
      takeTurn();
    }
    await ended;
    expect(answer.writableEnded).toBe(true);
  });
});
