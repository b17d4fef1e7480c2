import { describe, expect, it } from "vitest";

import type { MirrorEndpoint } from "../../src/requests/mirror-endpoint.ts";
import type { ScriptedServer } from "../scripted-server.ts";
import { hangUp, redirect, reply, scriptedServer } from "../scripted-server.ts";
import { anonymous, clientOf, numberedTokens, testClock, textOf } from "./helpers.ts";

const get = {
  method: "GET",
  target: "/v2/library/app/manifests/v1?x=%2B",
  scopes: [{ type: "repository", name: "library/app", actions: ["pull"] }],
  mirrored: true,
} as const;

function mirrorOf({ origin }: ScriptedServer, more: Partial<MirrorEndpoint> = {}): MirrorEndpoint {
  return { origin, authenticator: anonymous, ...more };
}

describe("a mirror", () => {
  it("answers reads that may be mirrored, with its own credentials", async () => {
    const mirror = await scriptedServer(reply(200, "of the mirror"));
    const server = await scriptedServer(reply(200, "of the registry"));
    const asked: unknown[] = [];
    const authenticator = {
      ...anonymous,
      authorization: async (scopes: unknown) => {
        asked.push(scopes);
        return "Basic bWlycm9y";
      },
    };
    const mirrors = [
      mirrorOf(mirror, { authenticator, namespace: "docker.io", rewrite: (name) => `hub/${name}` }),
    ];
    const client = clientOf(server, { mirrors, authenticator: numberedTokens() });
    expect(await textOf(await client.send(get))).toBe("of the mirror");
    expect(mirror.received[0]?.url).toBe("/v2/hub/library/app/manifests/v1?x=%2B&ns=docker.io");
    expect(mirror.received[0]?.headers.authorization).toBe("Basic bWlycm9y");
    expect(asked).toEqual([[{ type: "repository", name: "hub/library/app", actions: ["pull"] }]]);
    expect(server.received).toEqual([]);
  });

  it("is not asked for other requests", async () => {
    const mirror = await scriptedServer(reply(200, "of the mirror"));
    const server = await scriptedServer(reply(200, "of the registry"));
    const client = clientOf(server, { mirrors: [mirrorOf(mirror)] });
    await (await client.send({ ...get, mirrored: false })).discard();
    await (await client.send({ ...get, method: "DELETE" })).discard();
    await (await client.send({ ...get, target: "/v2/library/app/tags/list" })).discard();
    expect(mirror.received).toEqual([]);
    expect(server.received).toHaveLength(3);
  });

  it("is not asked if it is not for the repository or reference", async () => {
    const mirror = await scriptedServer(reply(200, "of the mirror"));
    const server = await scriptedServer(reply(200, "of the registry"));
    const asked: string[][] = [];
    const rewrite = (...names: string[]): undefined => void asked.push(names);
    const client = clientOf(server, { mirrors: [mirrorOf(mirror, { rewrite })] });
    expect(await textOf(await client.send(get))).toBe("of the registry");
    expect(asked).toEqual([["library/app", "v1"]]);
  });

  it.each([
    ["does not have the content", reply(404)],
    ["rejects the caller", reply(401)],
    ["is at its quota", reply(429, "", { "ratelimit-remaining": "0" })],
    ["fails", reply(500)],
    ["hangs up", hangUp],
    ["redirects to a private address", redirect("http://10.0.0.1/")],
  ])("that %s is passed over, in order, to the registry", async (_, answer) => {
    const first = await scriptedServer(answer);
    const second = await scriptedServer(reply(404));
    const server = await scriptedServer(reply(200, "of the registry"));
    const client = clientOf(server, { mirrors: [mirrorOf(first), mirrorOf(second)] });
    expect(await textOf(await client.send(get))).toBe("of the registry");
    expect(first.received.length).toBeGreaterThan(0);
    expect(first.received.length).toBeLessThanOrEqual(2);
    expect(second.received).toHaveLength(1);
  });

  it("that cannot be reached is not asked again for 30 s", async () => {
    const mirror = await scriptedServer(hangUp);
    const server = await scriptedServer(reply(200, "of the registry"));
    const clock = testClock();
    const client = clientOf(server, { mirrors: [mirrorOf(mirror)], clock });
    await textOf(await client.send(get));
    await textOf(await client.send(get));
    expect(mirror.received).toHaveLength(2);
    clock.time += 31_000;
    await textOf(await client.send(get));
    expect(mirror.received).toHaveLength(4);
  });

  it("that fails leaves the caller's signal in force for the registry", async () => {
    const mirror = await scriptedServer(reply(404));
    const server = await scriptedServer((_request, response) => response.writeHead(200).write("half"));
    const stop = new AbortController();
    const client = clientOf(server, { mirrors: [mirrorOf(mirror)] });
    const response = await client.send({ ...get, signal: stop.signal });
    stop.abort("enough");
    await expect(textOf(response)).rejects.toBe("enough");
  });

  it("may be plain HTTP to another machine only with the option insecure", async () => {
    const server = await scriptedServer(reply(200));
    const origin = new URL("http://mirror.example");
    expect(() => clientOf(server, { mirrors: [{ origin, authenticator: anonymous }] })).toThrow(TypeError);
    expect(() =>
      clientOf(server, { mirrors: [{ origin, authenticator: anonymous, insecure: true }] }),
    ).not.toThrow();
  });
});
