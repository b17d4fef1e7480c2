import { Agent, request } from "node:http";
import type { ClientRequest, IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { once } from "node:events";
import { text } from "node:stream/consumers";

import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { computeDigest, RegistryError } from "@ocilayout/oci-types";
import { afterEach, describe, expect, it } from "vitest";

import type { RegistryServer, ServeOptions } from "../src/node.ts";
import { serve } from "../src/node.ts";

const content = new TextEncoder().encode("0123456789");
const { digest } = await computeDigest(content);
const running: RegistryServer[] = [];

afterEach(async () => {
  for (const server of running.splice(0)) await server.close(0);
});

async function start(registry = createMemoryRegistry(), options: ServeOptions = {}): Promise<RegistryServer> {
  const server = await serve(registry, { port: 0, writable: true, ...options });
  running.push(server);
  return server;
}

function send(
  server: RegistryServer,
  method: string,
  path: string,
  headers: Record<string, string> = {},
): ClientRequest {
  return request(server.url + path, { method, headers });
}

async function answerTo(sent: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return response;
}

/** Sends `lines` unchanged, and returns the whole response. */
async function raw(server: RegistryServer, lines: string): Promise<string> {
  const socket: Socket = connect(server.port, "127.0.0.1");
  socket.write(lines);
  return text(socket);
}

describe("serve", () => {
  it("listens on a loopback address only, and returns its URL", async () => {
    const server = await start();
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    expect(server.server.address()).toMatchObject({ address: "127.0.0.1", port: server.port });
    expect((await fetch(`${server.url}/v2/`)).status).toBe(200);
  });

  it("is read-only unless writable is set", async () => {
    const server = await start(undefined, { writable: undefined });
    expect((await fetch(`${server.url}/v2/a/blobs/uploads/`, { method: "POST" })).status).toBe(405);
  });

  it("rejects if it cannot listen", async () => {
    const server = await start();
    await expect(serve(createMemoryRegistry(), { port: server.port })).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
  });

  it.each([
    [{ port: -1 }, RangeError],
    [{ port: 65_536 }, RangeError],
    [{ port: "80" }, TypeError],
    [{ host: 7 }, TypeError],
  ])("rejects the options %j", async (options, error) => {
    await expect(serve(createMemoryRegistry(), options as ServeOptions)).rejects.toThrow(error);
  });

  it("writes an IPv6 address into its URL in brackets", async () => {
    const server = await start(undefined, { host: "::1" });
    expect(server.url).toBe(`http://[::1]:${server.port}`);
  });

  it("accepts nothing more after close, lets open requests finish, and can be closed twice", async () => {
    const server = await start();
    const sent = send(server, "POST", `/v2/a/blobs/uploads/?digest=${digest}`, { "content-length": "10" });
    sent.write("01234");
    await once(server.server, "request");
    const closed = server.close();
    sent.end("56789");
    expect((await answerTo(sent)).resume().statusCode).toBe(201);
    await closed;
    await server.close();
    await expect(fetch(`${server.url}/v2/`)).rejects.toThrow();
  });

  it("waits on close for no idle connection, even if the client keeps it open", async () => {
    const server = await start();
    server.server.keepAliveTimeout = 600_000;
    const socket = connect(server.port, "127.0.0.1");
    socket.write(
      `POST /v2/a/blobs/uploads/?digest=${digest} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n01234`,
    );
    await once(server.server, "request");
    const closed = server.close(600_000);
    socket.write("56789");
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 201 /);
    await closed;
  });

  it("aborts on close the requests that do not end in time", async () => {
    const server = await start();
    const sent = send(server, "POST", `/v2/a/blobs/uploads/?digest=${digest}`, { "content-length": "10" });
    sent.on("error", () => undefined);
    sent.write("01234");
    await once(server.server, "request");
    await server.close(10);
    expect(server.server.listening).toBe(false);
  });
});

describe("a server over node:http", () => {
  it("does not normalise the path", async () => {
    const server = await start();
    for (const path of [
      "/v2/a/../_catalog",
      "/v2/./",
      "//v2/",
      "/v2/%2e%2e/_catalog",
      "/v2/a/%2e%2e/tags/list",
    ]) {
      const said = await raw(server, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      expect(said).toMatch(/^HTTP\/1\.1 (400|404) /);
    }
  });

  it("accepts an absolute request target", async () => {
    const server = await start();
    expect(
      await raw(server, `GET ${server.url}/v2/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`),
    ).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each([
    ["a message that is not HTTP", "hello\r\n\r\n", 400],
    [
      "two lengths",
      "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
      400,
    ],
    [
      "a length and chunks",
      "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["large headers", `GET /v2/ HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431],
    [
      "a long URL",
      `GET /v2/${"a".repeat(9000)}/tags/list HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      414,
    ],
    ["an unknown method", "BREW /v2/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 400],
    ["TRACE", "TRACE /v2/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 405],
    ["OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404],
  ])("answers %s, and continues", async (_what, lines, status) => {
    const server = await start();
    expect(await raw(server, lines)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect((await fetch(`${server.url}/v2/`)).status).toBe(200);
  });

  it("rejects a client that waits for 100 Continue before it sends", async () => {
    const server = await start(undefined, { limits: { maxBlobBytes: 5 } });
    const sent = send(server, "POST", `/v2/a/blobs/uploads/?digest=${digest}`, {
      "content-length": "10",
      expect: "100-continue",
    });
    let continued = false;
    sent.on("continue", () => (continued = true));
    sent.flushHeaders();
    const response = await answerTo(sent);
    expect([response.statusCode, continued]).toEqual([413, false]);
    sent.destroy();
  });

  it("answers 100 Continue to a client that waits for it and may send", async () => {
    const server = await start();
    const sent = send(server, "POST", `/v2/a/blobs/uploads/?digest=${digest}`, {
      "content-length": "10",
      expect: "100-continue",
    });
    sent.on("continue", () => sent.end(content));
    sent.flushHeaders();
    expect((await answerTo(sent)).resume().statusCode).toBe(201);
  });

  it("lets a client that is rejected while it sends read the reason", async () => {
    const server = await start(undefined, { limits: { maxManifestBytes: 5 } });
    const sent = send(server, "PUT", "/v2/a/manifests/v1", {
      "content-type": "a/b",
      "content-length": "500000",
    });
    sent.end(new Uint8Array(500_000));
    const response = await answerTo(sent);
    expect([response.statusCode, response.headers.connection]).toEqual([413, "close"]);
    expect(await text(response)).toContain("SIZE_INVALID");
  });

  it("never takes the rest of a body for the next request", async () => {
    const server = await start();
    // The answer ends when the server closes the idle connection.
    server.server.keepAliveTimeout = 1;
    const smuggled = "DELETE /v2/a/manifests/v1 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const said = await raw(
      server,
      `POST /v2/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${smuggled.length + 5}\r\n\r\n${smuggled}12345`,
    );
    expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 405"]);
  });

  it("serves successive requests on one connection", async () => {
    const server = await start();
    let connections = 0;
    server.server.on("connection", () => (connections += 1));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 5; i += 1) {
      const sent = request(`${server.url}/v2/`, { agent });
      sent.end();
      expect(JSON.parse(await text(await answerTo(sent)))).toHaveProperty("capabilities");
    }
    agent.destroy();
    expect(connections).toBe(1);
  });

  it("stores no part of a push whose client disconnects, and releases its share", async () => {
    const registry = createMemoryRegistry();
    const told: unknown[] = [];
    const server = await start(registry, { limits: { maxUploads: 1 }, onError: (error) => told.push(error) });
    const sent = send(server, "POST", `/v2/a/blobs/uploads/?digest=${digest}`, { "content-length": "10" });
    sent.on("error", () => undefined);
    sent.write("01234");
    const [, response] = (await once(server.server, "request")) as [IncomingMessage, IncomingMessage];
    const gone = once(response, "close");
    sent.destroy();
    await gone;
    await expect
      .poll(async () => (await fetch(`${server.url}/v2/a/blobs/uploads/`, { method: "POST" })).status)
      .toBe(202);
    await expect(registry.resolveBlob("a", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    expect(told).toEqual([]);
  });

  it("keeps an upload whose client disconnects, so that it can be resumed", async () => {
    const server = await start();
    const location =
      server.url +
      ((await fetch(`${server.url}/v2/a/blobs/uploads/`, { method: "POST" })).headers.get("location") ?? "");
    const sent = request(location, { method: "PATCH", headers: { "content-length": "10" } });
    sent.on("error", () => undefined);
    const received = once(server.server, "request");
    sent.write("01234");
    await received;
    sent.destroy();
    const offset = async (): Promise<string | null> => (await fetch(location)).headers.get("upload-offset");
    await expect.poll(offset).toBe("5");
    const resume = async (): Promise<number> =>
      (await fetch(location, { method: "PATCH", headers: { "content-range": "5-9" }, body: "56789" })).status;
    await expect.poll(resume).toBe(202);
    expect((await fetch(`${location}?digest=${digest}`, { method: "PUT" })).status).toBe(201);
  });

  it("releases the blob of a pull whose client disconnects", async () => {
    const registry = createMemoryRegistry();
    const large = new Uint8Array(8_000_000);
    const { digest: name } = await computeDigest(large);
    await registry.pushBlob("a", { digest: name }, large);
    let open = 0;
    const getBlob = registry.getBlob.bind(registry);
    registry.getBlob = async (...args) => {
      const reader = await getBlob(...args);
      open += 1;
      const close = reader.close.bind(reader);
      reader.close = async () => {
        open -= 1;
        await close();
      };
      return reader;
    };
    const server = await start(registry);
    const sent = send(server, "GET", `/v2/a/blobs/${name}`);
    sent.end();
    const response = await answerTo(sent);
    await once(response, "readable");
    expect(open).toBe(1);
    response.destroy();
    await expect.poll(() => open).toBe(0);
  });

  it("disconnects a client that reads nothing", async () => {
    const registry = createMemoryRegistry();
    const large = new Uint8Array(32_000_000);
    const { digest: name } = await computeDigest(large);
    await registry.pushBlob("a", { digest: name }, large);
    const server = await start(registry, { limits: { idleMs: 100 } });
    const socket = connect(server.port, "127.0.0.1");
    socket.write(`GET /v2/a/blobs/${name} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const [, response] = (await once(server.server, "request")) as [IncomingMessage, IncomingMessage];
    await once(response, "close");
    socket.destroy();
  });

  it("breaks off a blob that turns out corrupt half-way, and reports it", async () => {
    const registry = createMemoryRegistry();
    await registry.pushBlob("a", { digest }, content);
    const getBlob = registry.getBlob.bind(registry);
    registry.getBlob = async (...args) => {
      const reader = await getBlob(...args);
      const broken = async function* (): AsyncGenerator<Uint8Array> {
        yield content.slice(0, 4);
        throw new RegistryError("CONTENT_CORRUPT");
      };
      return Object.assign(Object.create(reader) as typeof reader, {
        descriptor: reader.descriptor,
        close: async () => undefined,
        [Symbol.asyncIterator]: broken,
      });
    };
    const told: unknown[] = [];
    const server = await start(registry, { onError: (error) => told.push(error) });
    const pull = async (): Promise<unknown> =>
      (await fetch(`${server.url}/v2/a/blobs/${digest}`)).arrayBuffer();
    await expect(pull()).rejects.toThrow();
    expect(told).toEqual([expect.objectContaining({ code: "CONTENT_CORRUPT" })]);
  });
});
