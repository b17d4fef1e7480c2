import { describe, expect, it } from "vitest";

import { isRegistryError } from "@ocilayout/oci-types";
import { rejection } from "@ocilayout/testing";

import { systemClock } from "../../src/requests/clock.ts";
import { createRegistryClient } from "../../src/requests/create-registry-client.ts";
import { originOf } from "../../src/requests/origin.ts";
import { reply, scriptedServer } from "../scripted-server.ts";
import { anonymous, bodyFrom, clientOf, testClock, textOf } from "./helpers.ts";

const get = { method: "GET", target: "/v2/app/blobs/sha256:1", scopes: [] } as const;
const transport = { send: async () => Promise.reject(new Error("not used")), close: async () => undefined };

describe("an abort", () => {
  it("before the call sends nothing", async () => {
    const server = await scriptedServer(reply(200));
    expect(await rejection(clientOf(server).send({ ...get, signal: AbortSignal.abort("enough") }))).toBe(
      "enough",
    );
    expect(server.connections()).toBe(0);
  });

  it("while the request waits to be repeated ends the wait", async () => {
    const server = await scriptedServer(reply(503));
    const stop = new AbortController();
    const clock = {
      ...systemClock,
      sleep: async (_: number, signal?: AbortSignal) => {
        const waiting = systemClock.sleep(60_000, signal);
        stop.abort("enough");
        return waiting;
      },
    };
    expect(await rejection(clientOf(server, { clock }).send({ ...get, signal: stop.signal }))).toBe("enough");
  });

  it("while the answer is awaited, or its body is read, ends with the signal's reason", async () => {
    const server = await scriptedServer([
      () => undefined,
      (_request, response) => response.writeHead(200).write("half"),
    ]);
    const client = clientOf(server);
    const stop = new AbortController();
    const sent = rejection(client.send({ ...get, signal: stop.signal }));
    await expect.poll(() => server.received.length).toBe(1);
    stop.abort("enough");
    expect(await sent).toBe("enough");
    const later = new AbortController();
    const read = rejection(textOf(await client.send({ ...get, signal: later.signal })));
    later.abort("enough");
    expect(await read).toBe("enough");
  });

  it("after the body was read does nothing", async () => {
    const server = await scriptedServer(reply(200, "content"));
    const stop = new AbortController();
    const response = await clientOf(server).send({ ...get, signal: stop.signal });
    expect(await textOf(response)).toBe("content");
    stop.abort();
  });
});

describe("closing", () => {
  it("ends every request with CLOSED: waiting, sent, read, and new ones", async () => {
    const server = await scriptedServer((_request, response) => response.writeHead(200).write("half"));
    const client = clientOf(server, {
      concurrency: 1,
      clock: { ...testClock(), after: () => () => undefined },
    });
    const reading = rejection(textOf(await client.send(get)));
    const waiting = rejection(client.send(get));
    const sending = rejection(
      client.send({ ...get, method: "PUT", body: { ...bodyFrom("x"), size: 9, open: () => hanging } }),
    );
    await client.close();
    await client.close();
    for (const error of [await reading, await waiting, await sending, await rejection(client.send(get))])
      expect(isRegistryError(error, "CLOSED")).toBe(true);
    await expect.poll(() => server.sockets.size).toBe(0);
  });
});

const hanging: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => ({ next: async () => new Promise<never>(() => undefined) }),
};

describe("plain HTTP", () => {
  const create = (origin: string, insecure?: boolean): unknown =>
    createRegistryClient({ origin: new URL(origin), transport, authenticator: anonymous, insecure });

  it("is for this machine, or if the caller asks for it", () => {
    expect(() => create("http://localhost:5000")).not.toThrow();
    expect(() => create("http://[::1]:5000")).not.toThrow();
    expect(() => create("http://registry.example")).toThrow(TypeError);
    expect(() => create("http://registry.example", true)).not.toThrow();
    expect(() => create("ftp://registry.example", true)).toThrow(TypeError);
  });

  it.each([
    ["registry.example", undefined, "https://registry.example"],
    ["registry.example:5000", true, "http://registry.example:5000"],
    ["registry.example:80", true, "http://registry.example"],
    ["localhost:5000", undefined, "http://localhost:5000"],
    ["localhost:5000", false, "https://localhost:5000"],
    ["[::1]:5000", undefined, "http://[::1]:5000"],
  ])("of the host %s with insecure %s: the origin is %s", (host, insecure, origin) => {
    expect(originOf(host, insecure).origin).toBe(origin);
  });

  it.each(["", "a/b", "a?b", "u@a", "a#b", "http://a", "a b"])("%j is not a host", (host) => {
    expect(() => originOf(host)).toThrow(TypeError);
  });
});

it.each(["/v1/", "v2/", "//evil.example/v2/", "/v2/../v1/", "/\\evil.example/v2/"])(
  "the path %j is a TypeError",
  async (target) => {
    const server = await scriptedServer(reply(200));
    expect(await rejection(clientOf(server).send({ ...get, target }))).toBeInstanceOf(TypeError);
    expect(server.received).toEqual([]);
  },
);

it.each([{ retries: -1 }, { concurrency: 1.5 }, { maxRetryMs: 2 ** 31 }])("%j is a RangeError", (options) => {
  const origin = new URL("https://registry.example");
  expect(() => createRegistryClient({ origin, transport, authenticator: anonymous, ...options })).toThrow(
    RangeError,
  );
});
