import { describe, expect, it } from "vitest";

import { createAuthenticator } from "../../src/auth/create-authenticator.ts";
import type { AuthenticatorOptions } from "../../src/auth/create-authenticator.ts";
import type { RegistryClient } from "../../src/requests/registry-client.ts";
import { bodyFrom, clientOf, testClock, textOf } from "../requests/helpers.ts";
import type { Answer, ScriptedServer } from "../scripted-server.ts";
import { bodyOf, reply, scriptedServer } from "../scripted-server.ts";
import { nodeTransport } from "../transport/helpers.ts";
import { basic, pull } from "./helpers.ts";

/** A registry with a token server. It accepts the newest token only. */
async function tokenRegistry() {
  const state = { tokens: 0, isClosed: false, bodies: [] as string[] };
  const answer: Answer = async (request, response) => {
    const { url = "", headers, method } = request;
    if (url.startsWith("/token")) {
      const isMine = headers.authorization === basic("me:secret");
      const body = JSON.stringify({ token: `token-${(state.tokens += 1)}`, expires_in: 3600 });
      return isMine ? reply(200, body)(request, response) : reply(401)(request, response);
    }
    const body = (await bodyOf(request)).toString();
    if (!state.isClosed && headers.authorization === `Bearer token-${state.tokens}`) {
      if (method !== "GET") state.bodies.push(body);
      return reply(200, "content")(request, response);
    }
    const realm = `http://${headers.host}/token`;
    return reply(401, "{}", { "www-authenticate": `Bearer realm="${realm}",service="test"` })(
      request,
      response,
    );
  };
  return { server: await scriptedServer(answer), state };
}

function authenticated(
  server: ScriptedServer,
  options: Partial<AuthenticatorOptions> = {},
): { client: RegistryClient; clock: ReturnType<typeof testClock> } {
  const clock = testClock();
  const authenticator = createAuthenticator({
    origin: server.origin,
    host: server.origin.host,
    credentials: async () => ({ username: "me", password: "secret" }),
    transport: nodeTransport(),
    time: clock,
    ...options,
  });
  return { client: clientOf(server, { authenticator, clock }), clock };
}

const request = { method: "GET", target: "/v2/a/manifests/latest", scopes: pull("a") } as const;

describe("a client with an authenticator", () => {
  it("answers the challenge of a registry, and sends the password to its token server only", async () => {
    const { server } = await tokenRegistry();
    const { client } = authenticated(server);
    expect(await textOf(await client.send(request))).toBe("content");
    expect(server.received.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ["/v2/a/manifests/latest", undefined],
      ["/token?service=test&scope=repository%3Aa%3Apull&account=me", basic("me:secret")],
      ["/v2/a/manifests/latest", "Bearer token-1"],
    ]);
  });

  it("requests one token for many requests at once", async () => {
    const { server, state } = await tokenRegistry();
    const { client } = authenticated(server);
    const send = async (): Promise<void> => (await client.send(request)).discard();
    await Promise.all(Array.from({ length: 20 }, send));
    expect(state.tokens).toBe(1);
  });

  it("trap 21: gets a new token in the middle of a push, and sends the body again", async () => {
    const { server, state } = await tokenRegistry();
    const { client, clock } = authenticated(server);
    await (await client.send(request)).discard();
    // The registry forgets the token although it has time left.
    state.tokens += 1;
    clock.time += 60_000;
    const body = bodyFrom("blob");
    const response = await client.send({
      method: "PUT",
      target: "/v2/a/blobs/uploads/1",
      scopes: pull("a"),
      body,
    });
    expect([response.status, state.bodies, body.opened]).toEqual([200, ["blob"], 2]);
    await response.discard();
  });

  it("trap 21: does not send a body again that can be read only once", async () => {
    const { server, state } = await tokenRegistry();
    const { client, clock } = authenticated(server);
    await (await client.send(request)).discard();
    state.tokens += 1;
    clock.time += 60_000;
    const body = bodyFrom("blob", 1);
    const push = client.send({ method: "PUT", target: "/v2/a/blobs/uploads/1", scopes: pull("a"), body });
    await expect(push).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    expect(state.bodies).toEqual([]);
  });

  it("trap 21: ends as DENIED if the registry refuses a fresh token, without a loop", async () => {
    const { server, state } = await tokenRegistry();
    state.isClosed = true;
    const { client } = authenticated(server);
    await expect(client.send(request)).rejects.toMatchObject({ code: "DENIED" });
    expect(server.received).toHaveLength(3);
  });

  it("ends as UNAUTHORIZED with bad credentials, and without any", async () => {
    const { server } = await tokenRegistry();
    const bad = authenticated(server, { credentials: async () => ({ username: "me", password: "wrong" }) });
    await expect(bad.client.send(request)).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: `the token server ${server.origin.host} does not accept the credentials`,
    });
    const none = authenticated(server, { credentials: undefined });
    await expect(none.client.send(request)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  });

  it("can be used again after a challenge that led nowhere", async () => {
    const { server } = await tokenRegistry();
    const { client } = authenticated(server, {
      credentials: async () => ({ username: "me", password: "wrong" }),
    });
    // More than the places for requests, which a failed challenge must give back.
    for (let count = 0; count < 10; count += 1)
      await expect(client.send(request)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    expect(server.sockets.size).toBeLessThan(10);
  });
});
