import { describe, expect, it } from "vitest";

import { isRegistryError } from "@ocilayout/oci-types";
import { rejection } from "@ocilayout/testing";

import { hangUp, reply, scriptedServer } from "../scripted-server.ts";
import { bodyFrom, clientOf, testClock, textOf } from "./helpers.ts";

const get = { method: "GET", target: "/v2/app/blobs/sha256:1", scopes: [] } as const;
const put = { method: "PUT", target: "/v2/app/manifests/v1", scopes: [] } as const;

const hub = JSON.stringify({
  errors: [{ code: "TOOMANYREQUESTS", message: "You have reached your pull rate limit." }],
});

describe("a status 429", () => {
  it.each([
    ["60", 60_000],
    ["Thu, 01 Jan 2026 00:01:00 GMT", 60_000],
    [String(Date.UTC(2026, 0, 1) / 1000 + 60), 60_000],
    ["0", 500],
    ["Thu, 01 Jan 2025 00:00:00 GMT", 500],
    ["-5", 500],
    ["soon", 500],
    ["", 500],
  ])("trap 17: with Retry-After %j is repeated after %d ms", async (value, delay) => {
    const server = await scriptedServer([reply(429, "", { "retry-after": value }), reply(200, "content")]);
    const clock = testClock();
    const response = await clientOf(server, { clock }).send(get);
    expect(await textOf(response)).toBe("content");
    expect(clock.slept).toEqual([delay]);
  });

  it("trap 17: is repeated for a request that changes something, because it had no effect", async () => {
    const server = await scriptedServer([reply(429, "", { "retry-after": "1" }), reply(201)]);
    const response = await clientOf(server).send({ ...put, body: bodyFrom("content") });
    expect([response.status, server.received.length]).toEqual([201, 2]);
  });

  it.each([
    ["the body", reply(429, hub)],
    ["the headers", reply(429, "", { "ratelimit-remaining": "0;w=21600" })],
    ["a Retry-After that is too long", reply(429, "", { "retry-after": "21600" })],
  ])("trap 17: is not repeated if a quota is used up, as %s shows", async (_, answer) => {
    const server = await scriptedServer(answer);
    const error = await rejection(clientOf(server).send(get));
    expect(isRegistryError(error, "TOOMANYREQUESTS")).toBe(true);
    expect(server.received).toHaveLength(1);
  });

  it("is repeated five times, with growing delays, and then is TOOMANYREQUESTS", async () => {
    const server = await scriptedServer(reply(429, "slow down"));
    const clock = testClock();
    const error = await rejection(clientOf(server, { clock }).send(get));
    expect(isRegistryError(error, "TOOMANYREQUESTS")).toBe(true);
    expect(String(error)).toContain("slow down");
    expect(clock.slept).toEqual([500, 1000, 2000, 4000, 8000]);
  });

  it("delays by chance between half and the whole, and never longer than `maxRetryMs` in total", async () => {
    const server = await scriptedServer(reply(429));
    const clock = { ...testClock(), random: () => 0 };
    await rejection(clientOf(server, { clock, maxRetryMs: 1000 }).send(get));
    expect(clock.slept).toEqual([250, 500]);
  });
});

describe.each([408, 500, 502, 503, 504])("a status %d", (status) => {
  it("is repeated for a read, and the last answer is returned", async () => {
    const server = await scriptedServer(reply(status, "not now"));
    const response = await clientOf(server, { retries: 2 }).send(get);
    expect([response.status, server.received.length]).toEqual([status, 3]);
    expect(await textOf(response)).toBe("not now");
  });

  it("is not repeated for a change, unless that is allowed", async () => {
    const server = await scriptedServer([reply(status), reply(status), reply(201)]);
    const client = clientOf(server);
    const once = await client.send({ ...put, body: bodyFrom("content") });
    expect([once.status, server.received.length]).toEqual([status, 1]);
    const body = bodyFrom("content");
    const repeated = await client.send({ ...put, body, repeatable: true });
    expect([repeated.status, server.received.length, body.opened]).toEqual([201, 3, 2]);
  });

  it("is not repeated if the body can be read once only", async () => {
    const server = await scriptedServer(reply(status));
    const response = await clientOf(server).send({ ...put, body: bodyFrom("content", 1), repeatable: true });
    expect([response.status, server.received.length]).toEqual([status, 1]);
  });
});

describe("a connection that breaks", () => {
  it("before the answer is made again for a read", async () => {
    const server = await scriptedServer([hangUp, hangUp, reply(200, "content")]);
    expect(await textOf(await clientOf(server).send(get))).toBe("content");
  });

  it("before the answer of a change fails with REMOTE_FAILED, unless repeating is allowed", async () => {
    const server = await scriptedServer([hangUp, hangUp, reply(201)]);
    const client = clientOf(server);
    const error = await rejection(client.send({ ...put, body: bodyFrom("content") }));
    expect(isRegistryError(error, "REMOTE_FAILED") && error.detail).toEqual({ systemCode: "ECONNRESET" });
    expect(server.received).toHaveLength(1);
    const response = await client.send({ ...put, body: bodyFrom("content"), repeatable: true });
    expect([response.status, server.received.length]).toEqual([201, 3]);
  });

  it("always ends after the retries, with the system's error in cause", async () => {
    const server = await scriptedServer(hangUp);
    const clock = testClock();
    const error = await rejection(clientOf(server, { clock }).send(get));
    expect(isRegistryError(error, "REMOTE_FAILED")).toBe(true);
    expect(error).toMatchObject({ cause: { code: "ECONNRESET" } });
    expect([server.received.length, clock.slept.length]).toEqual([6, 5]);
  });

  it("in the middle of a body fails with REMOTE_FAILED where it is read", async () => {
    const server = await scriptedServer((request, response) => {
      response
        .writeHead(200, { "content-length": "100" })
        .write("half", () => request.socket.resetAndDestroy());
    });
    const response = await clientOf(server).send(get);
    expect(isRegistryError(await rejection(textOf(response)), "REMOTE_FAILED")).toBe(true);
  });

  it("that was never made is made again also for a change, because nothing was sent", async () => {
    const server = await scriptedServer(reply(200));
    const clock = testClock();
    const body = bodyFrom("content", 1);
    const client = clientOf({ ...server, origin: new URL("http://127.0.0.1:1") }, { clock });
    const error = await rejection(client.send({ ...put, body }));
    expect(isRegistryError(error, "REMOTE_FAILED") && error.detail).toEqual({ systemCode: "ECONNREFUSED" });
    expect([clock.slept.length, body.opened]).toEqual([1, 0]);
  });

  it("to another machine is made again five times if it is refused, and to this one only once", async () => {
    const server = await scriptedServer(reply(200));
    const transport = {
      send: async () => Promise.reject(Object.assign(new Error("refused"), { code: "ECONNREFUSED" })),
      close: async () => undefined,
    };
    for (const [host, count] of [
      ["registry.example:5000", 5],
      ["localhost:5000", 1],
    ] as const) {
      const clock = testClock();
      const origin = new URL(`https://${host}`);
      const error = await rejection(clientOf({ ...server, origin }, { transport, clock }).send(get));
      expect(String(error)).toContain(`cannot use ${host}: the connection failed (ECONNREFUSED)`);
      expect(clock.slept).toHaveLength(count);
    }
  });

  it("to a name that does not exist is not made again", async () => {
    const server = await scriptedServer(reply(200));
    const clock = testClock();
    const transport = {
      send: async () => Promise.reject(Object.assign(new Error("no such name"), { code: "ENOTFOUND" })),
      close: async () => undefined,
    };
    const error = await rejection(clientOf(server, { transport, clock }).send(get));
    expect(isRegistryError(error, "REMOTE_FAILED") && error.detail).toEqual({ systemCode: "ENOTFOUND" });
    expect(clock.slept).toEqual([]);
  });
});

it("the error of a body's source is thrown as it is, and nothing is repeated", async () => {
  const server = await scriptedServer((request) => request.resume());
  const failure = Object.assign(new Error("the disk is gone"), { code: "ECONNRESET" });
  let opened = 0;
  const body = {
    size: 7,
    open: async function* () {
      opened += 1;
      yield Buffer.from("con");
      throw failure;
    },
  };
  const error = await rejection(clientOf(server).send({ ...put, body, repeatable: true }));
  expect(error).toBe(failure);
  expect(opened).toBe(1);
});

it("a body with another size is SIZE_INVALID", async () => {
  const server = await scriptedServer((request) => request.resume());
  const error = await rejection(clientOf(server).send({ ...put, body: { ...bodyFrom("content"), size: 9 } }));
  expect(isRegistryError(error, "SIZE_INVALID") && error.detail).toEqual({ expected: 9, received: 7 });
});
