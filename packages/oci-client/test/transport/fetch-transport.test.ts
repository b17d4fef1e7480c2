import type { Socket } from "node:net";

import { expect, it, onTestFinished } from "vitest";

import { isRegistryError } from "@ocilayout/oci-types";
import { rejection } from "@ocilayout/testing";

import { createTransport } from "../../src/platform/web.ts";
import type { TransportOptions } from "../../src/transport/options.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { bodyOf, redirect, reply, scriptedServer } from "../scripted-server.ts";
import { bytesOf, scriptedBody } from "./helpers.ts";

const get = { method: "GET", headers: {} } as const;
const put = { method: "PUT", headers: {} } as const;

function webTransport(options: TransportOptions = {}): Transport {
  const transport = createTransport(options);
  onTestFinished(async () => transport.close());
  return transport;
}

it("reads a body, its status and its headers", async () => {
  const server = await scriptedServer(reply(200, "content", { "docker-content-digest": "sha256:1" }));
  const response = await webTransport().send({ ...get, url: server.origin });
  expect([response.status, response.header("docker-content-digest"), response.header("link")]).toEqual([
    200,
    ["sha256:1"],
    [],
  ]);
  expect((await bytesOf(response)).toString()).toBe("content");
});

it("does not follow redirects, if the runtime shows them", async () => {
  const server = await scriptedServer(redirect("https://elsewhere.example/"));
  const response = await webTransport().send({ ...get, url: server.origin });
  expect([response.status, response.header("location")]).toEqual([307, ["https://elsewhere.example/"]]);
});

/** Behaves like a browser: a redirect is hidden. */
function browserFetch(): typeof fetch & { modes: (string | undefined)[] } {
  const modes: (string | undefined)[] = [];
  const like = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    modes.push(init.redirect);
    const response = await fetch(input, init);
    const isHidden = init.redirect === "manual" && response.status >= 300 && response.status < 400;
    return isHidden ? Object.defineProperty(Response.error(), "type", { value: "opaqueredirect" }) : response;
  };
  return Object.assign(like, { modes });
}

it("lets a browser follow the redirects of a read, and asks once only", async () => {
  const storage = await scriptedServer(reply(200, "content"));
  const server = await scriptedServer(redirect(storage.origin.href));
  const like = browserFetch();
  const transport = webTransport({ fetch: like });
  for (let sent = 0; sent < 2; sent += 1) {
    const response = await transport.send({
      ...get,
      url: server.origin,
      headers: { authorization: "Bearer t" },
    });
    expect((await bytesOf(response)).toString()).toBe("content");
  }
  expect(like.modes).toEqual(["manual", "follow", "follow"]);
  expect(storage.received.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
});

it("fails if a browser hides the redirect of a change", async () => {
  const server = await scriptedServer(redirect("/elsewhere"));
  const sent = webTransport({ fetch: browserFetch() }).send({ ...put, url: server.origin });
  expect(isRegistryError(await rejection(sent), "REMOTE_FAILED")).toBe(true);
});

it("sends a small body from memory, with its size", async () => {
  let content: Buffer | undefined;
  const server = await scriptedServer(async (request, response) => {
    content = await bodyOf(request);
    response.writeHead(201).end();
  });
  const shared = Buffer.alloc(1);
  const source = (function* () {
    for (const byte of Buffer.from("content")) yield shared.fill(byte);
  })();
  await webTransport().send({ ...put, url: server.origin, body: scriptedBody(source, 7) });
  expect(content?.toString()).toBe("content");
  expect(server.received[0]?.headers["content-length"]).toBe("7");
});

it("streams a large body", async () => {
  let size = 0;
  const server = await scriptedServer(async (request, response) => {
    size = (await bodyOf(request)).length;
    response.writeHead(201).end();
  });
  const body = scriptedBody([Buffer.alloc(600), Buffer.alloc(600)], 1200);
  const response = await webTransport({ maxCollectedBytes: 1000 }).send({ ...put, url: server.origin, body });
  expect([response.status, size]).toEqual([201, 1200]);
});

it.each([1200, undefined])("rejects a body of %s bytes if the runtime cannot stream it", async (size) => {
  const server = await scriptedServer(reply(201));
  const { Request: original } = globalThis;
  globalThis.Request = class {
    readonly headers = new Headers({ "content-type": "text/plain" });
  } as unknown as typeof Request;
  onTestFinished(() => {
    globalThis.Request = original;
  });
  const body = scriptedBody([Buffer.alloc(600), Buffer.alloc(600)], size);
  const error = await rejection(
    webTransport({ maxCollectedBytes: 1000 }).send({ ...put, url: server.origin, body }),
  );
  expect(isRegistryError(error, "UNSUPPORTED") && error.detail).toEqual({ limit: 1000 });
  expect(server.received).toEqual([]);
});

it.each([
  ["before the answer", false],
  ["in the body", true],
])("an abort and a time limit end the exchange %s", async (_, isBegun) => {
  const used: Socket[] = [];
  const server = await scriptedServer(({ socket }, response) => {
    used.push(socket);
    if (isBegun) response.writeHead(200).write("half");
  });
  const stop = new AbortController();
  const sent = webTransport().send({ ...get, url: server.origin, signal: stop.signal });
  const read = rejection(sent.then(bytesOf));
  await expect.poll(() => server.received.length).toBe(1);
  stop.abort("enough");
  expect(await read).toBe("enough");
  const limited = webTransport({ limits: { headersMs: 30, idleMs: 30 } }).send({
    ...get,
    url: server.origin,
  });
  expect(await rejection(limited.then(bytesOf))).toMatchObject({ name: "TimeLimitError" });
  // Node then makes a connection for later requests, so the server still has one.
  await expect.poll(() => used.every(({ destroyed }) => destroyed)).toBe(true);
});

it("an abort ends an upload, and the source is closed", async () => {
  const server = await scriptedServer((request) => request.resume());
  const stop = new AbortController();
  // The fetch of Node reads a body as fast as it can, so the source has to leave time for the server.
  const source = (async function* () {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      yield Buffer.alloc(1024);
    }
  })();
  const body = scriptedBody(source);
  const sent = rejection(webTransport().send({ ...put, url: server.origin, body, signal: stop.signal }));
  await expect.poll(() => server.received.length).toBe(1);
  stop.abort("enough");
  expect(await sent).toBe("enough");
  await expect.poll(() => body.isReturned).toBe(true);
});

it("discarding a body ends the request, and closing ends all", async () => {
  const used: Socket[] = [];
  const server = await scriptedServer(({ socket }, response) => {
    used.push(socket);
    response.writeHead(200).write("half");
  });
  const transport = webTransport();
  await (await transport.send({ ...get, url: server.origin })).discard();
  await expect.poll(() => used[0]?.destroyed).toBe(true);
  const read = rejection(transport.send({ ...get, url: server.origin }).then(bytesOf));
  await expect.poll(() => server.received.length).toBe(2);
  await transport.close();
  expect(await read).toMatchObject({ message: "the transport is closed" });
});
