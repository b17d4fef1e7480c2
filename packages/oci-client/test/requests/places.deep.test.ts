import type { ServerResponse } from "node:http";

import { expect, it } from "vitest";

import { rejection } from "@ocilayout/testing";

import { systemClock } from "../../src/requests/clock.ts";
import { Places } from "../../src/requests/places.ts";
import { bodyOf, reply, scriptedServer } from "../scripted-server.ts";
import { clientOf, testClock, textOf } from "./helpers.ts";

const get = { method: "GET", target: "/v2/app/blobs/sha256:1", scopes: [] } as const;

/** A clock whose timers a test fires. */
function manualClock(): typeof systemClock & { readonly timers: Set<() => void> } {
  const timers: Set<() => void> = new Set();
  return {
    ...testClock(),
    timers,
    after: (_, run) => {
      timers.add(run);
      return () => timers.delete(run);
    },
  };
}

it("at most `concurrency` requests are under way, and the others follow in order", async () => {
  const open: ServerResponse[] = [];
  const server = await scriptedServer((_request, response) => open.push(response));
  const client = clientOf(server, { concurrency: 2 });
  const sent = [1, 2, 3, 4].map(async (at) =>
    client.send({ ...get, target: `/v2/app/blobs/sha256:${at}` }).then(textOf),
  );
  await expect.poll(() => open.length).toBe(2);
  expect(server.received.map(({ url }) => url.at(-1)).sort()).toEqual(["1", "2"]);
  open[0]?.end("content");
  await expect.poll(() => open.length).toBe(3);
  expect(server.received[2]?.url.at(-1)).toBe("3");
  open[1]?.end();
  await expect.poll(() => open.length).toBe(4);
  open[2]?.end();
  open[3]?.end();
  await Promise.all(sent);
});

it("a request that waits for its place can be aborted, and leaves the line", async () => {
  const places = new Places(1, systemClock);
  const { signal } = new AbortController();
  const first = await places.take(signal);
  const stop = new AbortController();
  const second = rejection(places.take(stop.signal));
  const third = places.take(signal);
  stop.abort("enough");
  expect(await second).toBe("enough");
  first.leave();
  first.leave();
  const held = await third;
  const fourth = places.take(signal);
  held.leave();
  await fourth;
});

it("a body that is read keeps its place", async () => {
  const clock = manualClock();
  const open: ServerResponse[] = [];
  const server = await scriptedServer((_request, response) => {
    open.push(response);
    response.writeHead(200).write("half");
  });
  const client = clientOf(server, { concurrency: 1, clock });
  const response = await client.send(get);
  const chunks = response.body[Symbol.asyncIterator]();
  await chunks.next();
  const next = chunks.next();
  expect(clock.timers.size).toBe(0);
  const second = client.send(get);
  open[0]?.end();
  await next;
  await (await second).discard();
});

it("a body that its caller leaves alone gives its place to the next request", async () => {
  const clock = manualClock();
  const server = await scriptedServer((_request, response) => response.writeHead(200).write("half"));
  const client = clientOf(server, { concurrency: 1, clock });
  await client.send(get);
  const second = client.send(get);
  for (const run of clock.timers) run();
  await second;
  expect(server.received).toHaveLength(2);
});

it("an upload whose source waits for another request gives its place to it", async () => {
  const clock = manualClock();
  const server = await scriptedServer(async (request, response) => {
    await bodyOf(request);
    response.end();
  });
  const client = clientOf(server, { concurrency: 1, clock });
  const inner = bodySource(async () => Buffer.from("inner"));
  const outer = bodySource(async () => {
    await client.send({ ...get, method: "PUT", body: inner });
    return Buffer.from("outer");
  });
  const sent = client.send({ ...get, method: "PUT", body: outer });
  await expect.poll(() => clock.timers.size).toBe(1);
  for (const run of clock.timers) run();
  expect((await sent).status).toBe(200);
});

function bodySource(chunk: () => Promise<Uint8Array>): {
  size: number;
  open: () => AsyncIterable<Uint8Array>;
} {
  return {
    size: 5,
    open: async function* () {
      yield await chunk();
    },
  };
}

it("12 copies within one registry end, with two requests at once", async () => {
  const content = Buffer.alloc(200 * 1024, "x");
  let stored = 0;
  const server = await scriptedServer(async (request, response) => {
    if (request.method === "GET") {
      reply(200, content)(request, response);
      return;
    }
    const { length } = await bodyOf(request);
    stored += length;
    response.writeHead(201).end();
  });
  // The timers never fire, so no request gives up its place early.
  const client = clientOf(server, { concurrency: 2, clock: manualClock() });
  await Promise.all(
    Array.from({ length: 12 }, async () => {
      const from = await client.send(get);
      await client.send({ ...get, method: "PUT", body: { size: content.length, open: () => from.body } });
    }),
  );
  expect(stored).toBe(12 * content.length);
});

it("a response without a body gives its place back at once", async () => {
  const server = await scriptedServer([reply(204), reply(200), reply(200, "content"), reply(200)]);
  const client = clientOf(server, { concurrency: 1, clock: manualClock() });
  await client.send(get);
  await client.send(get);
  await client.send({ ...get, method: "HEAD" });
  await client.send(get);
});
