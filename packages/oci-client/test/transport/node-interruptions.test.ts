import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { describe, expect, it, onTestFinished } from "vitest";

import { rejection } from "@ocilayout/testing";

import { systemCode } from "../../src/requests/retry.ts";
import { reply, scriptedServer } from "../scripted-server.ts";
import { bytesOf, endless, nodeTransport, scriptedBody } from "./helpers.ts";

const get = { method: "GET", headers: {} } as const;
const put = { method: "PUT", headers: {} } as const;

/** Stages of an exchange, and how a server waits in each. */
const stages: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
  "before the answer": () => undefined,
  "in the headers": (request) => request.socket.write("HTTP/1.1 200 OK\r\nContent-Le"),
  "after the headers": (_request, response) => {
    response.writeHead(200, { "content-length": "100" }).flushHeaders();
  },
  "in the body": (_request, response) => {
    response.writeHead(200, { "content-length": "100" }).write("half");
  },
  "in a body of chunks": (_request, response) => {
    response.writeHead(200).write("half");
  },
};

async function readAll(sent: Promise<{ readonly body: AsyncIterable<Uint8Array> }>): Promise<unknown> {
  return rejection(sent.then(bytesOf));
}

describe.each(Object.keys(stages))("%s", (stage) => {
  it("an abort ends the exchange with the signal's reason, and closes the connection", async () => {
    const server = await scriptedServer((request, response) => stages[stage]?.(request, response));
    const stop = new AbortController();
    const read = readAll(nodeTransport().send({ ...get, url: server.origin, signal: stop.signal }));
    await expect.poll(() => server.received.length).toBe(1);
    stop.abort("enough");
    expect(await read).toBe("enough");
    await expect.poll(() => server.sockets.size).toBe(0);
  });

  it.each(["resets", "ends"])(
    "a server that %s the connection ends the exchange with an error",
    async (way) => {
      const server = await scriptedServer((request, response) => {
        stages[stage]?.(request, response);
        setImmediate(() => (way === "resets" ? request.socket.resetAndDestroy() : request.socket.end()));
      });
      const error = await readAll(nodeTransport().send({ ...get, url: server.origin }));
      expect(systemCode(error)).toMatch(/^(ECONNRESET|HPE_INVALID_EOF_STATE)$/);
    },
  );

  it("a server that stops there is given up after a time limit", async () => {
    const server = await scriptedServer((request, response) => stages[stage]?.(request, response));
    const limits = { headersMs: 30, idleMs: 30 };
    const error = await readAll(nodeTransport({ limits }).send({ ...get, url: server.origin }));
    expect(error).toMatchObject({ name: "TimeLimitError", code: "ETIMEDOUT" });
    await expect.poll(() => server.sockets.size).toBe(0);
  });
});

describe("while a body is sent", () => {
  it("an abort ends the exchange with the signal's reason, and the source is closed", async () => {
    const server = await scriptedServer((request) => request.resume());
    const stop = new AbortController();
    const body = scriptedBody(endless(Buffer.alloc(1024)));
    const sent = rejection(nodeTransport().send({ ...put, url: server.origin, body, signal: stop.signal }));
    await expect.poll(() => body.asked).toBeGreaterThan(3);
    stop.abort("enough");
    expect(await sent).toBe("enough");
    await expect.poll(() => body.isReturned).toBe(true);
  });

  it("an abort does not wait for a source that hangs", async () => {
    const server = await scriptedServer((request) => request.resume());
    const stop = new AbortController();
    const body = {
      size: undefined,
      open: () => ({
        [Symbol.asyncIterator]: () => ({ next: async () => new Promise<never>(() => undefined) }),
      }),
    };
    const sent = rejection(nodeTransport().send({ ...put, url: server.origin, body, signal: stop.signal }));
    await expect.poll(() => server.connections()).toBe(1);
    stop.abort("enough");
    expect(await sent).toBe("enough");
  });

  it("a reset ends the exchange with an error, and the source is closed", async () => {
    const server = await scriptedServer((request) => {
      request.once("data", () => request.socket.resetAndDestroy());
    });
    const body = scriptedBody(endless(Buffer.alloc(1024)));
    const error = await rejection(nodeTransport().send({ ...put, url: server.origin, body }));
    expect(systemCode(error)).toMatch(/^(ECONNRESET|EPIPE)$/);
    await expect.poll(() => body.isReturned).toBe(true);
  });

  it("a server that does not take the body is given up after a time limit", async () => {
    const server = await scriptedServer((request) => request.pause());
    const body = scriptedBody(endless(Buffer.alloc(1024 * 1024)));
    const sent = nodeTransport({ limits: { idleMs: 50 } }).send({ ...put, url: server.origin, body });
    expect(await rejection(sent)).toMatchObject({ name: "TimeLimitError" });
    await expect.poll(() => body.isReturned).toBe(true);
  });

  it("a slow source is not given up", async () => {
    const server = await scriptedServer(reply(201));
    const slow = (async function* () {
      yield Buffer.from("con");
      await new Promise((resolve) => setTimeout(resolve, 60));
      yield Buffer.from("tent");
    })();
    const response = await nodeTransport({ limits: { idleMs: 20, headersMs: 20 } }).send({
      ...put,
      url: server.origin,
      body: scriptedBody(slow, 7),
    });
    expect(response.status).toBe(201);
  });
});

it("trap 25: a commit may take longer than the time limit for other answers", async () => {
  const server = await scriptedServer((request, response) => {
    request.resume();
    setTimeout(() => response.writeHead(201).end(), 60);
  });
  const transport = nodeTransport({ limits: { headersMs: 10, idleMs: 10 } });
  const body = scriptedBody([Buffer.from("content")], 7);
  expect((await transport.send({ ...put, url: server.origin, body })).status).toBe(201);
  const read = rejection(transport.send({ ...get, url: server.origin }));
  expect(await read).toMatchObject({ name: "TimeLimitError" });
});

it("a slow caller is not given up", async () => {
  const server = await scriptedServer((_request, response) => {
    response.writeHead(200, { "content-length": String(300 * 1024) }).end(Buffer.alloc(300 * 1024));
  });
  const response = await nodeTransport({ limits: { idleMs: 20 } }).send({ ...get, url: server.origin });
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  expect(size).toBe(300 * 1024);
});

it("an aborted signal sends nothing", async () => {
  const server = await scriptedServer(reply(200));
  const sent = nodeTransport().send({ ...get, url: server.origin, signal: AbortSignal.abort("enough") });
  expect(await rejection(sent)).toBe("enough");
  expect(server.connections()).toBe(0);
});

it("a proxy that accepts a connection and never answers is given up", async () => {
  const silent = createServer(() => undefined);
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as AddressInfo;
  const transport = nodeTransport({ proxy: `http://127.0.0.1:${port}`, limits: { connectMs: 30 } });
  const sent = transport.send({ ...get, url: new URL("https://registry.example.test/") });
  expect(await rejection(sent)).toMatchObject({ name: "TimeLimitError", isUnsent: true });
});
