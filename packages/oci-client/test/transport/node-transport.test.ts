import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { gzipSync } from "node:zlib";

import { describe, expect, it } from "vitest";

import { isRegistryError } from "@ocilayout/oci-types";
import { rejection } from "@ocilayout/testing";

import { bodyOf, reply, scriptedServer } from "../scripted-server.ts";
import { bytesOf, endless, nodeTransport, scriptedBody } from "./helpers.ts";

const none = {};

describe("a response", () => {
  it("trap 25: keeps the raw bytes of a blob that is sent with Content-Encoding: gzip", async () => {
    const packed = gzipSync("content");
    const server = await scriptedServer(reply(200, packed, { "content-encoding": "gzip" }));
    const response = await nodeTransport().send({ method: "GET", url: server.origin, headers: none });
    expect(await bytesOf(response)).toEqual(packed);
    expect(server.received[0]?.headers["accept-encoding"]).toBeUndefined();
  });

  it("trap 25: may have headers of 20 KiB", async () => {
    const server = await scriptedServer(
      reply(200, "", { link: `</v2/?last=${"x".repeat(20 * 1024)}>; rel="next"` }),
    );
    const response = await nodeTransport().send({ method: "GET", url: server.origin, headers: none });
    expect(response.header("link")[0]?.length).toBeGreaterThan(20 * 1024);
  });

  it("may not have headers of more than 64 KiB", async () => {
    const server = await scriptedServer(reply(200, "", { link: "x".repeat(65 * 1024) }));
    const error = await rejection(nodeTransport().send({ method: "GET", url: server.origin, headers: none }));
    expect(error).toMatchObject({ code: "HPE_HEADER_OVERFLOW" });
  });

  it("has every value of a header that is sent twice, and none of a header that is not", async () => {
    const server = await scriptedServer((_request, response) => {
      response.writeHead(401, [
        ["www-authenticate", "Basic"],
        ["www-authenticate", "Bearer realm=x"],
      ] as never);
      response.end();
    });
    const response = await nodeTransport().send({ method: "GET", url: server.origin, headers: none });
    expect(response.header("www-authenticate")).toEqual(["Basic", "Bearer realm=x"]);
    expect(response.header("constructor")).toEqual([]);
  });

  it("hands on a large body unchanged", async () => {
    const content = randomBytes(3 * 1024 * 1024);
    const server = await scriptedServer(reply(200, content));
    const response = await nodeTransport().send({ method: "GET", url: server.origin, headers: none });
    expect((await bytesOf(response)).equals(content)).toBe(true);
  });

  it("is read no faster than its caller reads it", async () => {
    let sent = 0;
    const server = await scriptedServer((_request, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (response.write(Buffer.alloc(64 * 1024))) sent += 1;
      };
      response.on("drain", more);
      more();
    });
    const response = await nodeTransport().send({ method: "GET", url: server.origin, headers: none });
    const chunks = response.body[Symbol.asyncIterator]();
    await chunks.next();
    const [socket] = server.sockets;
    // The buffers of the system are full when the server can write no more.
    await expect.poll(() => (socket?.writableLength ?? 0) > 0 && sent).toBe(sent);
    expect(sent * 64).toBeLessThan(64 * 1024);
    await chunks.return?.();
  });

  it("cannot be read twice", async () => {
    const server = await scriptedServer(reply(200, "content"));
    const response = await nodeTransport().send({ method: "GET", url: server.origin, headers: none });
    await bytesOf(response);
    expect(() => response.body[Symbol.asyncIterator]()).toThrow(TypeError);
  });
});

describe("a connection", () => {
  it("is used again after a body was read, after HEAD, and after a discarded body", async () => {
    const server = await scriptedServer(reply(200, "content"));
    const transport = nodeTransport();
    await bytesOf(await transport.send({ method: "GET", url: server.origin, headers: none }));
    await transport.send({ method: "HEAD", url: server.origin, headers: none });
    await expect.poll(() => server.received.length).toBe(2);
    await (await transport.send({ method: "GET", url: server.origin, headers: none })).discard();
    await bytesOf(await transport.send({ method: "GET", url: server.origin, headers: none }));
    expect(server.connections()).toBeLessThanOrEqual(2);
    expect(server.received).toHaveLength(4);
  });

  it("is closed when its caller leaves the body", async () => {
    const server = await scriptedServer((_request, response) => response.writeHead(200).write("begin"));
    const response = await nodeTransport().send({ method: "GET", url: server.origin, headers: none });
    for await (const chunk of response.body) {
      expect(Buffer.from(chunk).toString()).toBe("begin");
      break;
    }
    await expect.poll(() => server.sockets.size).toBe(0);
  });

  it("is closed when a large body is discarded", async () => {
    const server = await scriptedServer((_request, response) =>
      response.writeHead(200, { "content-length": "1000000000" }).write("begin"),
    );
    const response = await nodeTransport().send({ method: "GET", url: server.origin, headers: none });
    await response.discard();
    await expect.poll(() => server.sockets.size).toBe(0);
  });

  it("is closed when the transport closes, and requests in flight fail", async () => {
    const server = await scriptedServer(() => undefined);
    const transport = nodeTransport();
    const sent = rejection(transport.send({ method: "GET", url: server.origin, headers: none }));
    await expect.poll(() => server.received.length).toBe(1);
    await transport.close();
    expect(await sent).toMatchObject({ message: "the transport is closed" });
    await expect.poll(() => server.sockets.size).toBe(0);
    await expect(transport.send({ method: "GET", url: server.origin, headers: none })).rejects.toThrow(
      "closed",
    );
  });
});

describe("a request body", () => {
  const put = { method: "PUT", headers: none } as const;

  it("trap 16: has a Content-Length, and neither Content-Range nor Transfer-Encoding", async () => {
    let content: Buffer | undefined;
    const server = await scriptedServer(async (request, response) => {
      content = await bodyOf(request);
      response.writeHead(201).end();
    });
    const body = scriptedBody([Buffer.from("con"), Buffer.from("tent")], 7);
    await nodeTransport().send({ ...put, url: server.origin, body });
    expect(content?.toString()).toBe("content");
    const { headers } = server.received[0] ?? {};
    expect(headers?.["content-length"]).toBe("7");
    expect(Object.keys(headers ?? {}).sort()).toEqual(["connection", "content-length", "host", "user-agent"]);
  });

  it("of unknown size is sent in chunks", async () => {
    let content: Buffer | undefined;
    const server = await scriptedServer(async (request, response) => {
      content = await bodyOf(request);
      response.writeHead(201).end();
    });
    await nodeTransport().send({ ...put, url: server.origin, body: scriptedBody([Buffer.from("content")]) });
    expect(content?.toString()).toBe("content");
    expect(server.received[0]?.headers["transfer-encoding"]).toBe("chunked");
  });

  it.each([
    ["shorter", 8],
    ["longer", 6],
  ])("that is %s than its size fails with SIZE_INVALID", async (_, size) => {
    const server = await scriptedServer(() => undefined);
    const body = scriptedBody([Buffer.from("content")], size);
    const error = await rejection(nodeTransport().send({ ...put, url: server.origin, body }));
    expect(isRegistryError(error, "SIZE_INVALID")).toBe(true);
    await expect.poll(() => server.sockets.size).toBe(0);
  });

  it("whose source fails fails with its error", async () => {
    const server = await scriptedServer(() => undefined);
    const failure = new Error("the disk is gone");
    const source = (async function* () {
      yield Buffer.from("content");
      throw failure;
    })();
    const sent = nodeTransport().send({ ...put, url: server.origin, body: scriptedBody(source) });
    expect(await rejection(sent)).toBe(failure);
  });

  it("is asked for the next chunk after the last one was sent, so its source may use the memory again", async () => {
    let content: Buffer | undefined;
    const server = await scriptedServer(async (request, response) => {
      content = await bodyOf(request);
      response.writeHead(201).end();
    });
    const shared = Buffer.alloc(256 * 1024);
    const source = (function* () {
      for (let value = 0; value < 20; value += 1) yield shared.fill(value);
    })();
    await nodeTransport().send({
      ...put,
      url: server.origin,
      body: scriptedBody(source, 20 * shared.length),
    });
    for (let value = 0; value < 20; value += 1)
      expect(
        content?.subarray(value * shared.length, (value + 1) * shared.length).every((it) => it === value),
      ).toBe(true);
  });

  it.each([
    [401, "stays"],
    [413, "stays"],
    [413, "leaves"],
  ])("is not sent to its end if the answer %d comes before, and the server %s", async (status, way) => {
    const server = await scriptedServer((request, response) => {
      request.once("data", () => {
        request.pause();
        response.writeHead(status, { "content-length": "3" });
        response.end("no!", () => {
          if (way === "leaves") request.socket.end();
          // A server that reads nothing would not notice that the connection is closed.
          request.resume();
        });
      });
    });
    const body = scriptedBody(endless(Buffer.alloc(64 * 1024)));
    const response = await nodeTransport().send({ ...put, url: server.origin, body });
    expect(response.status).toBe(status);
    expect((await bytesOf(response)).toString()).toBe("no!");
    await expect.poll(() => body.isReturned).toBe(true);
    await expect.poll(() => server.sockets.size).toBe(0);
  });

  it("is not opened before there is a connection", async () => {
    const body = scriptedBody([Buffer.from("content")], 7);
    let opened = 0;
    const counting = { size: 7, open: () => ((opened += 1), body.open()) };
    const error = await rejection(
      nodeTransport().send({ ...put, url: new URL("http://127.0.0.1:1/"), body: counting }),
    );
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
    expect(opened).toBe(0);
  });

  it("is read no faster than the server takes it", async () => {
    const server = await scriptedServer((request) => request.pause());
    const body = scriptedBody(endless(Buffer.alloc(1024 * 1024)));
    const stop = new AbortController();
    const sent = rejection(nodeTransport().send({ ...put, url: server.origin, body, signal: stop.signal }));
    await expect.poll(() => server.received.length).toBe(1);
    await expect.poll(() => body.asked > 1 && body.asked).toBe(body.asked);
    expect(body.asked).toBeLessThan(64);
    stop.abort(new Error("enough"));
    expect(await sent).toMatchObject({ message: "enough" });
  });
});

it("a path and a query are sent as they are", async () => {
  const server = await scriptedServer(reply(200));
  const url = new URL("/v2/a/blobs/uploads/1?_state=a%2Bb+c%3D%3d&x='~", server.origin);
  await nodeTransport().send({ method: "GET", url, headers: none });
  expect(server.received[0]?.url).toBe("/v2/a/blobs/uploads/1?_state=a%2Bb+c%3D%3d&x=%27~");
});

it("an agent of the caller makes the connections", async () => {
  const server = await scriptedServer(reply(200));
  const { Agent } = await import("node:http");
  const agent = new Agent({ keepAlive: true });
  const created = once(agent as unknown as NodeJS.EventEmitter, "free");
  await nodeTransport({ agent }).send({ method: "GET", url: server.origin, headers: none });
  await created;
  await nodeTransport({ agent: () => agent }).send({ method: "GET", url: server.origin, headers: none });
  expect(server.connections()).toBe(1);
  agent.destroy();
});
