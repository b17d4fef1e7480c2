import { describe, expect, it } from "vitest";

import { isRegistryError } from "@ocilayout/oci-types";
import { rejection } from "@ocilayout/testing";

import { bodyOf, reply, scriptedServer } from "../scripted-server.ts";
import { anonymous, bodyFrom, clientOf, numberedTokens } from "./helpers.ts";

const get = { method: "GET", target: "/v2/app/manifests/v1", scopes: [] } as const;
const put = { method: "PUT", target: "/v2/app/manifests/v1", scopes: [] } as const;
const challenge = { "www-authenticate": 'Bearer realm="https://auth.example/"' };

describe("a status 401", () => {
  it("is answered with the credentials that the challenge leads to", async () => {
    const server = await scriptedServer([reply(401, "", challenge), reply(200)]);
    await clientOf(server, { authenticator: numberedTokens() }).send(get);
    expect(server.received.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer token-1",
      "Bearer token-2",
    ]);
  });

  it("trap 21: on a fresh token ends as DENIED, without a loop", async () => {
    const server = await scriptedServer(reply(401, "", challenge));
    const authenticator = numberedTokens();
    const error = await rejection(clientOf(server, { authenticator }).send(get));
    expect(isRegistryError(error, "DENIED")).toBe(true);
    expect([server.received.length, authenticator.challenges]).toEqual([3, 2]);
  });

  it("is UNAUTHORIZED for a request without credentials, or with a password", async () => {
    const server = await scriptedServer(
      reply(401, JSON.stringify({ errors: [{ code: "UNAUTHORIZED", message: "log in" }] })),
    );
    const error = await rejection(clientOf(server).send(get));
    expect(isRegistryError(error, "UNAUTHORIZED")).toBe(true);
    expect(String(error)).toContain("log in");
    const basic = { ...anonymous, authorization: async () => "Basic eDp5" };
    expect(
      isRegistryError(await rejection(clientOf(server, { authenticator: basic }).send(get)), "UNAUTHORIZED"),
    ).toBe(true);
  });

  it("trap 21: in the middle of a push sends a body again that can be opened again", async () => {
    const bodies: string[] = [];
    const server = await scriptedServer(async (request, response) => {
      bodies.push((await bodyOf(request)).toString());
      response.writeHead(bodies.length === 1 ? 401 : 201, challenge).end();
    });
    const body = bodyFrom("content");
    const response = await clientOf(server, { authenticator: numberedTokens() }).send({ ...put, body });
    expect([response.status, bodies, body.opened]).toEqual([201, ["content", "content"], 2]);
  });

  it("trap 21: in the middle of a push fails if the body cannot be opened again", async () => {
    const server = await scriptedServer(reply(401, "", challenge));
    const sent = clientOf(server, { authenticator: numberedTokens() }).send({
      ...put,
      body: bodyFrom("content", 1),
    });
    expect(isRegistryError(await rejection(sent), "UNAUTHORIZED")).toBe(true);
    expect(server.received).toHaveLength(1);
  });

  it("frees its connection if the authenticator fails", async () => {
    const server = await scriptedServer((_request, response) =>
      response.writeHead(401, { "content-length": "1000000" }).write("begin"),
    );
    const failure = new Error("the helper is broken");
    const authenticator = { ...anonymous, challenged: async () => Promise.reject(failure) };
    const error = await rejection(clientOf(server, { authenticator, concurrency: 1 }).send(get));
    expect(error).toMatchObject({ code: "REMOTE_FAILED", cause: failure });
    await expect.poll(() => server.sockets.size).toBe(0);
  });
});

it("the authenticator gets the scopes, and a signal that the caller's signal aborts", async () => {
  const server = await scriptedServer(reply(200));
  const stop = new AbortController();
  const scopes = [{ type: "repository", name: "app", actions: ["pull"] }] as const;
  const asked: unknown[] = [];
  const authenticator = {
    ...anonymous,
    authorization: async (...[given, signal]: readonly [unknown, AbortSignal?]) =>
      new Promise<never>((_, reject) => {
        asked.push(given);
        signal?.addEventListener("abort", () => {
          reject(new Error("of the authenticator"));
        });
        stop.abort("enough");
      }),
  };
  const sent = clientOf(server, { authenticator }).send({ ...get, scopes, signal: stop.signal });
  expect(await rejection(sent)).toBe("enough");
  expect(asked).toEqual([scopes]);
});
