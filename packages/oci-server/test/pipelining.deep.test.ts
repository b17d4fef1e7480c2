import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";

import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import type { Registry } from "@ocilayout/oci-types";
import { computeDigest } from "@ocilayout/oci-types";
import { afterEach, describe, expect, it } from "vitest";

import type { RegistryServer, ServeOptions } from "../src/node.ts";
import { serve } from "../src/node.ts";

const large = new Uint8Array(8_000_000);
const { digest } = await computeDigest(large);
const running: RegistryServer[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of running.splice(0)) await server.close(0);
});

/** A registry that counts how many blobs are open, and how many were opened. */
async function counting(): Promise<{ registry: Registry; open: Set<object>; opened: () => number }> {
  const registry = createMemoryRegistry();
  await registry.pushBlob("a", { digest }, large);
  const open: Set<object> = new Set();
  let opened = 0;
  const getBlob = registry.getBlob.bind(registry);
  registry.getBlob = async (...args) => {
    const reader = await getBlob(...args);
    open.add(reader);
    opened += 1;
    const close = reader.close.bind(reader);
    reader.close = async () => {
      open.delete(reader);
      await close();
    };
    return reader;
  };
  return { registry, open, opened: () => opened };
}

async function start(registry: Registry, options: ServeOptions = {}): Promise<RegistryServer> {
  const server = await serve(registry, { port: 0, writable: true, ...options });
  running.push(server);
  return server;
}

/** Sends `lines` on a new connection, and reads nothing from it. */
function send(server: RegistryServer, lines: string): Socket {
  const socket = connect(server.port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.pause();
  socket.write(lines);
  sockets.push(socket);
  return socket;
}

const get = `GET /v2/a/blobs/${digest} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const ping = "GET /v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n";
const lastPing = "GET /v2/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

describe("pipelined requests", () => {
  it("open one file at a time, and none after the client has disconnected", async () => {
    const { registry, open, opened } = await counting();
    const server = await start(registry);
    const socket = send(server, get.repeat(2001));
    await expect.poll(opened).toBe(1);
    const { server: node } = server;
    const [first] = open;
    expect(first).toBeDefined();
    // This request comes last, so the server has received the others when it answers.
    await fetch(`${server.url}/v2/`);
    expect([open.size, opened()]).toEqual([1, 1]);
    socket.destroy();
    await expect.poll(() => open.size).toBe(0);
    await expect
      .poll(
        () =>
          new Promise((resolve) =>
            node.getConnections((_error, count) => {
              resolve(count <= 1);
            }),
          ),
      )
      .toBe(true);
    expect(opened()).toBe(1);
  });

  it("are answered in order, each completely", async () => {
    const { registry, open } = await counting();
    const server = await start(registry);
    const socket = send(
      server,
      `${ping}${get}${ping.repeat(40)}HEAD /v2/a/blobs/${digest} HTTP/1.1\r\nHost: localhost\r\n\r\n${lastPing}`,
    );
    const said = await text(socket);
    expect(said.match(/HTTP\/1\.1 \d+/g)).toHaveLength(44);
    expect(said.length).toBeGreaterThan(large.length);
    expect(open.size).toBe(0);
  });

  it("are read only as fast as they are answered", async () => {
    const { registry } = await counting();
    const getBlob = registry.getBlob.bind(registry);
    let begin = (): void => undefined;
    const begun: Promise<void> = new Promise((resolve) => (begin = resolve));
    registry.getBlob = async (...args) => {
      await begun;
      return getBlob(...args);
    };
    const server = await start(registry);
    const socket = send(server, get + ping.repeat(20_000) + lastPing);
    await once(server.server, "request");
    // Waits for enough turns of the event loop to receive all requests.
    for (let i = 0; i < 100; i += 1) await fetch(`${server.url}/v2/`);
    begin();
    expect((await text(socket)).match(/HTTP\/1\.1 200/g)).toHaveLength(20_002);
  });

  it("do not fail one by one when the client disconnects", async () => {
    const { registry, opened } = await counting();
    const server = await start(registry);
    const messages: IncomingMessage[] = [];
    server.server.on("request", (message: IncomingMessage) => messages.push(message));
    const socket = send(server, get.repeat(200));
    await expect.poll(opened).toBe(1);
    await expect.poll(() => messages.length).toBe(200);
    socket.destroy();
    await expect.poll(() => messages.every(({ destroyed }) => destroyed)).toBe(true);
    // Hundreds of errors at once would block the event loop.
    expect(messages.filter(({ errored }) => errored !== null).length).toBeLessThanOrEqual(1);
  });

  it("with bodies are answered in order", async () => {
    const { registry } = await counting();
    const server = await start(registry);
    const put = (tag: string, end = ""): string =>
      `PUT /v2/a/manifests/${tag} HTTP/1.1\r\nHost: localhost\r\nContent-Type: a/b\r\n${end}Content-Length: 100000\r\n\r\n${"x".repeat(100_000)}`;
    const socket = send(
      server,
      Array.from({ length: 30 }, (_, i) => put(`v${i}`)).join("") + put("last", "Connection: close\r\n"),
    );
    expect((await text(socket)).match(/HTTP\/1\.1 \d+/g)).toEqual(Array(31).fill("HTTP/1.1 201"));
  });

  it("end with the server", async () => {
    const { registry, open, opened } = await counting();
    const server = await start(registry);
    send(server, get.repeat(20));
    await expect.poll(opened).toBe(1);
    await server.close(0);
    await expect.poll(() => open.size).toBe(0);
    expect(opened()).toBe(1);
  });
});

describe("a response whose client has disconnected", () => {
  it("releases its content at once, even while the content is awaited", async () => {
    const { registry } = await counting();
    let closed = false;
    const getBlob = registry.getBlob.bind(registry);
    registry.getBlob = async (...args) => {
      const reader = await getBlob(...args);
      let given = false;
      const stalled: AsyncIterator<Uint8Array, undefined> = {
        next: () => {
          if (given) return new Promise(() => undefined);
          given = true;
          return Promise.resolve({ done: false, value: large.slice(0, 10) });
        },
      };
      const close = async (): Promise<void> => {
        closed = true;
      };
      return Object.assign(Object.create(reader) as typeof reader, {
        descriptor: reader.descriptor,
        close,
        [Symbol.asyncIterator]: () => stalled,
      });
    };
    const server = await start(registry);
    const socket = send(server, get);
    await once(socket.resume(), "data");
    expect(closed).toBe(false);
    socket.destroy();
    await expect.poll(() => closed).toBe(true);
  });
});
