import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { once } from "node:events";
import { text } from "node:stream/consumers";

import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import type { BlobSource, Registry } from "@ocilayout/oci-types";
import { createBlobReader, defineRegistry } from "@ocilayout/oci-backend";
import { computeDigest } from "@ocilayout/oci-types";
import { readBlobSource } from "@ocilayout/oci-types/authors";
import { afterEach, describe, expect, it } from "vitest";

import type { Authorize, RegistryServer, ServeOptions } from "../src/node.ts";
import { serve } from "../src/node.ts";

const content = new TextEncoder().encode("0123456789");
const { digest } = await computeDigest(content);
const large = new Uint8Array(8_000_000);
const { digest: largeDigest } = await computeDigest(large);
const running: RegistryServer[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of running.splice(0)) await server.close(0);
});

async function start(
  options: ServeOptions = {},
  registry: Registry = createMemoryRegistry(),
): Promise<RegistryServer> {
  const server = await serve(registry, { port: 0, writable: true, ...options });
  running.push(server);
  return server;
}

/** Sends `lines` from `address`, an address of this machine, and reads nothing unless asked to. */
function send(server: RegistryServer, lines: string, address = "127.0.0.1"): Socket {
  const socket = connect({ port: server.port, host: "127.0.0.1", localAddress: address });
  socket.on("error", () => undefined);
  socket.pause();
  socket.write(lines);
  sockets.push(socket);
  return socket;
}

/** Sends a request without a body from `address`. Returns its status and `Retry-After`. */
async function ask(
  server: RegistryServer,
  method: string,
  path: string,
  { address = "127.0.0.1", headers = {} } = {},
): Promise<readonly [number | undefined, string | undefined]> {
  const sent = request(server.url + path, { method, headers, localAddress: address, agent: false });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  await text(response);
  return [response.statusCode, response.headers["retry-after"]];
}

const drip = (path = `blobs/uploads/?digest=${digest}`, headers = ""): string =>
  `POST /v2/a/${path} HTTP/1.1\r\nHost: localhost\r\n${headers}Content-Length: 10\r\n\r\n0`;

/** Sends a request many times, and waits until the server has begun to handle each. */
async function hold(server: RegistryServer, count: number, lines: string): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const received = once(server.server, "request");
    send(server, lines);
    await received;
  }
}

describe("a client that sends many bodies and completes none", () => {
  it("is rejected beyond its share, and no other address is", async () => {
    const server = await start({ limits: { maxUploads: 8, clientPercent: 50 } });
    await hold(server, 4, drip());
    expect(await ask(server, "POST", "/v2/a/blobs/uploads/")).toEqual([429, "1"]);
    expect(await ask(server, "POST", "/v2/a/blobs/uploads/", { address: "127.0.0.2" })).toEqual([
      202,
      undefined,
    ]);
    expect(await ask(server, "GET", "/v2/")).toEqual([200, undefined]);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => ask(server, "POST", "/v2/a/blobs/uploads/")).toEqual([202, undefined]);
  });

  it("is rejected from any address if authorize identifies it, and no other client is", async () => {
    const authorize: Authorize = ({ headers }) => ({
      decision: "allow",
      client: headers.get("x-client") ?? "",
    });
    const server = await start({
      authorize,
      allowSharedBlobs: true,
      limits: { maxUploads: 8, clientPercent: 50 },
    });
    await hold(server, 4, drip(undefined, "X-Client: one\r\n"));
    const from = (client: string, address: string): Promise<unknown> =>
      ask(server, "POST", "/v2/a/blobs/uploads/", { address, headers: { "x-client": client } });
    expect([await from("one", "127.0.0.2"), await from("two", "127.0.0.1")]).toEqual([
      [429, "1"],
      [202, undefined],
    ]);
  });

  it("is identified by clientOf, for example behind a proxy", async () => {
    const server = await start({
      clientOf: ({ headers }, address) => headers.get("x-forwarded-for") ?? address,
      limits: { maxUploads: 8, clientPercent: 50 },
    });
    await hold(server, 4, drip(undefined, "X-Forwarded-For: 192.0.2.1\r\n"));
    const from = (client: string): Promise<unknown> =>
      ask(server, "POST", "/v2/a/blobs/uploads/", { headers: { "x-forwarded-for": client } });
    expect([await from("192.0.2.1"), await from("192.0.2.2")]).toEqual([
      [429, "1"],
      [202, undefined],
    ]);
  });

  it("receives 408 after sending too little for too long", async () => {
    const server = await start({ limits: { rateWindowMs: 100, minBytesPerSecond: 1000 } });
    const socket = send(server, drip());
    const dripping = setInterval(() => socket.write("1"), 20);
    const said = await text(socket.resume());
    clearInterval(dripping);
    expect(said).toMatch(/^HTTP\/1\.1 408 [^]*BLOB_UPLOAD_INVALID/);
  });
});

describe("a slow server", () => {
  it("does not count its own time against the client", async () => {
    const pushBlob = async (
      _repo: string,
      expected: { digest: string },
      source: BlobSource,
    ): Promise<{ mediaType: string; digest: `sha256:${string}`; size: number }> => {
      let size = 0;
      for await (const chunk of readBlobSource(source)) {
        // The wait is longer than the client's window, which is long enough for a client on a busy machine.
        if (size === 0) await new Promise((resolve) => setTimeout(resolve, 2_500));
        size += chunk.length;
      }
      return { mediaType: "a/b", digest: expected.digest as `sha256:${string}`, size };
    };
    const server = await start(
      { limits: { rateWindowMs: 2_000, minBytesPerSecond: 1_000_000, idleMs: 2_000 } },
      defineRegistry({ pushBlob: pushBlob }),
    );
    const response = await fetch(`${server.url}/v2/a/blobs/uploads/?digest=${largeDigest}`, {
      method: "POST",
      body: large.slice(0, 200_000),
    });
    expect(response.status).toBe(201);
  });
});

describe("a client that is rejected while it sends", () => {
  it.each(["PUT /v2/a/manifests/v1", "HEAD /v2/a/manifests/v1"])(
    "sends everything and reads the response without an error: %s",
    async (line) => {
      const server = await start({ limits: { maxManifestBytes: 5 } });
      const socket = connect(server.port, "127.0.0.1");
      sockets.push(socket);
      const errors: unknown[] = [];
      socket.on("error", (error) => errors.push(error));
      socket.write(
        `${line} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: a/b\r\nContent-Length: ${large.length}\r\n\r\n`,
      );
      const [first] = (await once(socket, "data")) as [Buffer];
      for (let at = 0; at < large.length; at += 1_000_000) {
        await new Promise<void>((resolve, reject) => {
          socket.write(large.subarray(at, at + 1_000_000), (error) => {
            if (error) reject(error);
            else resolve();
          });
        });
      }
      await new Promise((resolve) => socket.resume().once("close", resolve));
      expect([String(first), errors]).toEqual([
        expect.stringMatching(line.startsWith("PUT") ? /^HTTP\/1\.1 413 / : /^HTTP\/1\.1 404 /),
        [],
      ]);
    },
  );
});

describe("manifests that do not fit into memory", () => {
  const put = (size: number, end = ""): string =>
    `PUT /v2/a/manifests/v1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: a/b\r\n${end}Content-Length: ${size}\r\n\r\n`;

  it("are rejected with 429 before they are received, while small ones succeed", async () => {
    const server = await start({ limits: { maxHeldBytes: 20_000_000, clientPercent: 100 } });
    await hold(server, 1, put(8_000_000));
    const socket = send(server, put(8_000_000, "Connection: close\r\n") + "x".repeat(8_000_000));
    expect(await text(socket.resume())).toMatch(/^HTTP\/1\.1 429 [^]*Retry-After: 1[^]*TOOMANYREQUESTS/i);
    const small = await fetch(`${server.url}/v2/a/manifests/v2`, {
      method: "PUT",
      headers: { "content-type": "a/b" },
      body: "x",
    });
    expect(small.status).toBe(201);
    expect(await ask(server, "GET", "/v2/a/manifests/v2")).toEqual([200, undefined]);
  });

  it("are read no further than a mebibyte, and the client gets the answer", async () => {
    const server = await start({ limits: { maxHeldBytes: 20_000_000, clientPercent: 100 } });
    await hold(server, 1, put(8_000_000));
    const connected = once(server.server, "connection");
    const socket = send(server, put(8_000_000));
    const [connection] = (await connected) as [Socket];
    const errors: unknown[] = [];
    socket.on("error", (error) => errors.push(error));
    for (let sent = 0; sent < 8; sent += 1) socket.write(Buffer.alloc(1_000_000, "x"));
    expect(await text(socket.resume())).toMatch(/^HTTP\/1\.1 429 [^]*TOOMANYREQUESTS/);
    // Enough turns of the event loop for all of it to come.
    for (let i = 0; i < 100; i += 1) await ask(server, "GET", "/v2/");
    expect(connection.bytesRead).toBeLessThan(1_500_000);
    expect(errors).toEqual([]);
  });

  it("are rejected with 429 if they turn out to be large", async () => {
    const server = await start({ limits: { maxHeldBytes: 2_000_000, clientPercent: 100 } });
    const push = async (size: number): Promise<number> => {
      const body = new Blob([large.slice(0, size)]).stream();
      return (
        await fetch(`${server.url}/v2/a/manifests/v1`, {
          method: "PUT",
          headers: { "content-type": "a/b" },
          body,
          duplex: "half",
        })
      ).status;
    };
    expect([await push(3_000_000), await push(900_000), await push(900_000)]).toEqual([429, 201, 201]);
  });

  it("are rejected by their stored size, without being read", async () => {
    let reads = 0;
    const getTag = async (): ReturnType<Registry["getTag"]> => {
      const endless = async function* (): AsyncGenerator<Uint8Array> {
        for (;;) {
          reads += 1;
          yield large;
        }
      };
      return createBlobReader({ mediaType: "a/b", digest: largeDigest, size: 6_000_000_000 }, endless());
    };
    const server = await start({}, defineRegistry({ getTag }));
    const response = await fetch(`${server.url}/v2/a/manifests/big`);
    expect([response.status, await response.text(), reads]).toEqual([
      500,
      expect.stringContaining("SIZE_INVALID"),
      0,
    ]);
  });
});

describe("a client that does not read its responses", () => {
  it("is disconnected, even if the response is a manifest", async () => {
    const registry = createMemoryRegistry();
    await registry.pushManifest("a", large, "a/b", { tags: ["v1"] });
    const server = await start({ limits: { idleMs: 1_000 } }, registry);
    const socket = send(server, "GET /v2/a/manifests/v1 HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(5));
    const [, response] = (await once(server.server, "request")) as [IncomingMessage, IncomingMessage];
    await once(response, "close");
    expect(socket.destroyed).toBe(false);
  });

  it("is rejected beyond its share of the memory, which is then released", async () => {
    const registry = createMemoryRegistry();
    await registry.pushBlob("a", { digest: largeDigest }, large);
    const server = await start({ limits: { maxHeldBytes: 4_000_000, clientPercent: 10 } }, registry);
    const get = `/v2/a/blobs/${largeDigest}`;
    await hold(server, 10, `GET ${get} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expect(await ask(server, "GET", get)).toEqual([429, "1"]);
    expect(await ask(server, "GET", get, { address: "127.0.0.2" })).toEqual([200, undefined]);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => ask(server, "GET", get)).toEqual([200, undefined]);
  });

  it("loses its connection if it sends more requests than may wait", async () => {
    const registry = createMemoryRegistry();
    await registry.pushBlob("a", { digest: largeDigest }, large);
    const server = await start({ limits: { maxHeldBytes: 4_000_000 } }, registry);
    const socket = send(
      server,
      `GET /v2/a/blobs/${largeDigest} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(2000),
    );
    await new Promise((resolve) => socket.resume().once("close", resolve));
    expect(await ask(server, "GET", "/v2/")).toEqual([200, undefined]);
  });
});

describe("connections over the server's limit", () => {
  it("close the oldest idle one", async () => {
    const server = await start({ limits: { maxConnections: 4 } });
    await hold(server, 1, drip());
    const busy = sockets[0] ?? expect.fail("missing connection");
    for (let i = 0; i < 8; i += 1) {
      const connected = once(server.server, "connection");
      send(server, "GET /v2/ HTT");
      await connected;
    }
    expect(await ask(server, "GET", "/v2/")).toEqual([200, undefined]);
    const count = await new Promise<number>((resolve, reject) => {
      server.server.getConnections((error, open) => {
        if (error === null) resolve(open);
        else reject(error);
      });
    });
    expect(count).toBeLessThanOrEqual(4);
    busy.write("123456789");
    const [said] = (await once(busy.resume(), "data")) as [Buffer];
    expect(String(said)).toMatch(/^HTTP\/1\.1 201 /);
  });

  it("are rejected if all of the client's are busy, and no other address's are", async () => {
    const server = await start({ limits: { maxConnections: 8, clientPercent: 50 } });
    await hold(server, 4, drip());
    await expect(ask(server, "GET", "/v2/")).rejects.toThrow();
    expect(await ask(server, "GET", "/v2/", { address: "127.0.0.2" })).toEqual([200, undefined]);
  });

  it("are closed if their headers never end", async () => {
    const server = await start({ limits: { idleMs: 50 } });
    const socket = send(server, "GET /v2/ HTTP/1.1\r\nHost: localhost\r\n");
    expect(await text(socket.resume())).toMatch(/^HTTP\/1\.1 408 /);
  });
});
