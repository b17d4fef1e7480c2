import { describe, expect, it } from "vitest";

import { isRegistryError } from "@ocilayout/oci-types";
import { rejection } from "@ocilayout/testing";

import type { Received } from "../scripted-server.ts";
import { bodyOf, redirect, reply, scriptedServer } from "../scripted-server.ts";
import { bodyFrom, clientOf, numberedTokens, textOf } from "./helpers.ts";

const get = { method: "GET", target: "/v2/app/blobs/sha256:1", scopes: [] } as const;

function authorizations(received: readonly Received[]): (string | undefined)[] {
  return received.map(({ headers }) => headers.authorization);
}

describe("a redirect", () => {
  it("trap 3: to another port gets no Authorization, and its query stays as it is", async () => {
    const storage = await scriptedServer(reply(200, "content"));
    const server = await scriptedServer(redirect(`${storage.origin.href}object?X-Signature=a%2Bb`));
    const response = await clientOf(server, { authenticator: numberedTokens() }).send(get);
    expect(await textOf(response)).toBe("content");
    expect(authorizations(server.received)).toEqual(["Bearer token-1"]);
    expect(storage.received[0]?.url).toBe("/object?X-Signature=a%2Bb");
    expect(authorizations(storage.received)).toEqual([undefined]);
    expect(response.url.href).toBe(`${storage.origin.href}object?X-Signature=a%2Bb`);
  });

  it("trap 3: to another host gets no Authorization, also on the same port", async () => {
    const server = await scriptedServer([redirect("/other"), reply(200, "content")]);
    const { port } = server.origin;
    const elsewhere = await scriptedServer(redirect(`http://localhost:${port}/object`));
    const client = clientOf(elsewhere, { authenticator: numberedTokens() });
    await client.send(get);
    expect(authorizations(server.received)).toEqual([undefined, undefined]);
  });

  it("trap 3: gets no Authorization after a 401 of another host", async () => {
    const storage = await scriptedServer(
      reply(401, "", { "www-authenticate": 'Bearer realm="http://127.0.0.1/"' }),
    );
    const server = await scriptedServer(redirect(storage.origin.href));
    const authenticator = numberedTokens();
    const response = await clientOf(server, { authenticator }).send(get);
    expect(response.status).toBe(401);
    expect(authenticator.challenges).toBe(0);
    expect(authorizations(storage.received)).toEqual([undefined]);
  });

  it("trap 3: that comes back from another host gets no Authorization", async () => {
    const server = await scriptedServer([
      (request, response) => redirect(storage.origin.href)(request, response),
      reply(200),
    ]);
    const storage = await scriptedServer((request, response) =>
      redirect(server.origin.href)(request, response),
    );
    await clientOf(server, { authenticator: numberedTokens() }).send(get);
    expect(authorizations(server.received)).toEqual(["Bearer token-1", undefined]);
  });

  it("within the registry keeps Authorization", async () => {
    const server = await scriptedServer([redirect("../blobs/sha256:2?x=1"), reply(200, "content")]);
    const response = await clientOf(server, { authenticator: numberedTokens() }).send(get);
    expect(await textOf(response)).toBe("content");
    expect(authorizations(server.received)).toEqual(["Bearer token-1", "Bearer token-1"]);
    expect(server.received[1]?.url).toBe("/v2/app/blobs/sha256:2?x=1");
  });

  it.each([
    ["http://169.254.169.254/latest/meta-data/", "private"],
    ["http://10.0.0.1/", "private"],
    ["http://[fd00::1]/", "private"],
    ["http://[::ffff:10.0.0.1]/", "private"],
    ["http://0xa.1/", "private"],
    ["file:///etc/passwd", "neither http: nor https:"],
    ["http://user:secret@registry.example/", "password"],
    ["http://[", "invalid"],
  ])("to %s is refused", async (location, reason) => {
    const server = await scriptedServer(redirect(location));
    const error = await rejection(clientOf(server).send(get));
    expect(isRegistryError(error, "REMOTE_FAILED")).toBe(true);
    expect(String(error)).toContain(reason);
    expect(String(error)).not.toContain("secret");
  });

  it("to a private address is followed if the caller allows the host", async () => {
    const server = await scriptedServer(redirect("http://10.255.255.1:1/"));
    const asked: string[] = [];
    const transport = {
      send: async ({ url }: { url: URL }) => {
        asked.push(url.href);
        return {
          status: 307,
          header: () => ["http://10.0.0.7:9000/x"],
          body: [] as never,
          discard: async () => undefined,
        };
      },
      close: async () => undefined,
    };
    const client = clientOf(server, { transport, allowedHosts: ["10.0.0.7:9000"] });
    await rejection(client.send(get));
    expect(asked).toContain("http://10.0.0.7:9000/x");
  });

  it("is followed ten times, and not more", async () => {
    const server = await scriptedServer(redirect("/again"));
    const error = await rejection(clientOf(server).send(get));
    expect(isRegistryError(error, "REMOTE_FAILED")).toBe(true);
    expect(server.received).toHaveLength(11);
  });

  it.each([301, 302, 303])(
    "of a PUT with status %d is not followed, because it loses the content",
    async (status) => {
      const server = await scriptedServer(redirect("/elsewhere", status));
      const response = await clientOf(server).send({ ...get, method: "PUT", body: bodyFrom("content") });
      expect([response.status, server.received.length]).toEqual([status, 1]);
    },
  );

  it.each([
    ["POST", 307],
    ["PUT", 307],
    ["PATCH", 308],
    ["DELETE", 308],
  ] as const)("of %s with status %d sends the content again, to the same origin", async (method, status) => {
    const bodies: string[] = [];
    const server = await scriptedServer(async (request, response) => {
      bodies.push((await bodyOf(request)).toString());
      if (bodies.length === 1) redirect("/v2/moved/blobs/uploads/?x=%2F", status)(request, response);
      else reply(202)(request, response);
    });
    const client = clientOf(server, { authenticator: numberedTokens() });
    const response = await client.send({ ...get, method, body: bodyFrom("content") });
    expect([response.status, response.url.pathname]).toEqual([202, "/v2/moved/blobs/uploads/"]);
    expect(server.received.map((it) => [it.method, it.url])).toEqual([
      [method, get.target],
      [method, "/v2/moved/blobs/uploads/?x=%2F"],
    ]);
    expect(bodies).toEqual(["content", "content"]);
    expect(authorizations(server.received)).toEqual(["Bearer token-1", "Bearer token-1"]);
  });

  it.each(["POST", "PUT", "PATCH", "DELETE"] as const)(
    "of %s to another origin fails, and the content stays with the registry",
    async (method) => {
      const other = await scriptedServer(reply(201));
      const server = await scriptedServer(redirect(other.origin.href));
      const error = await rejection(clientOf(server).send({ ...get, method, body: bodyFrom("content") }));
      expect(isRegistryError(error, "REMOTE_FAILED")).toBe(true);
      expect(String(error)).toContain(`redirects a ${method} to another host`);
      expect([other.received.length, server.received.length]).toEqual([0, 1]);
    },
  );

  it("of a PUT fails if the content cannot be sent again", async () => {
    const server = await scriptedServer([
      async (request, response) => {
        await bodyOf(request);
        redirect("/v2/moved")(request, response);
      },
      reply(201),
    ]);
    const error = await rejection(
      clientOf(server).send({ ...get, method: "PUT", body: bodyFrom("content", 1) }),
    );
    expect(isRegistryError(error, "REMOTE_FAILED")).toBe(true);
    expect(String(error)).toContain("cannot be sent again");
    expect(server.received).toHaveLength(1);
  });
});

describe("trap 19: a HEAD that is redirected to an address signed for GET", () => {
  it("is repeated as a GET, whose body is dropped", async () => {
    const storage = await scriptedServer((request, response) => {
      if (request.method === "HEAD") response.writeHead(403).end();
      else response.writeHead(200, { "content-length": "1000000000" }).write("begin");
    });
    const server = await scriptedServer(redirect(storage.origin.href));
    const response = await clientOf(server, { authenticator: numberedTokens() }).send({
      ...get,
      method: "HEAD",
    });
    expect([response.status, response.header("content-length")]).toEqual([200, ["1000000000"]]);
    expect(await textOf(response)).toBe("");
    expect(server.received.map(({ method }) => method)).toEqual(["HEAD", "GET"]);
    expect(authorizations(storage.received)).toEqual([undefined, undefined]);
    await expect.poll(() => storage.sockets.size).toBeLessThanOrEqual(1);
  });

  it("is not repeated if the registry itself answers 403", async () => {
    const server = await scriptedServer(reply(403));
    const response = await clientOf(server).send({ ...get, method: "HEAD" });
    expect([response.status, server.received.length]).toEqual([403, 1]);
  });
});

it("trap 5: another host than the registry's never gets Authorization", async () => {
  const other = await scriptedServer(reply(401));
  const server = await scriptedServer(reply(200));
  const authenticator = numberedTokens();
  const response = await clientOf(server, { authenticator }).send({
    ...get,
    target: new URL("/layer", other.origin),
  });
  expect([response.status, authenticator.challenges]).toEqual([401, 0]);
  expect(authorizations(other.received)).toEqual([undefined]);
});

it("trap 8: a host that begins or ends like the registry's gets no Authorization", async () => {
  const sent: [string, string | undefined][] = [];
  const transport = {
    send: async ({ url, headers }: { url: URL; headers: Readonly<Record<string, string>> }) => {
      sent.push([url.origin, headers["authorization"]]);
      return { status: 200, header: () => [], body: [] as never, discard: async () => undefined };
    },
    close: async () => undefined,
  };
  const server = { ...(await scriptedServer(reply(200))), origin: new URL("https://registry.example") };
  const client = clientOf(server, { transport, authenticator: numberedTokens() });
  const others = [
    "https://registry.example.evil.test",
    "https://evil-registry.example",
    "https://a.registry.example",
    "https://registry.example:8443",
  ];
  for (const other of others) await client.send({ ...get, target: new URL("/v2/", other) });
  await client.send(get);
  expect(sent).toEqual([
    ...others.map((other) => [other, undefined]),
    ["https://registry.example", "Bearer token-1"],
  ]);
});

it("an Authorization among the headers of a request is not sent", async () => {
  const server = await scriptedServer(reply(200));
  await clientOf(server).send({ ...get, headers: { authorization: "Bearer other", accept: "a/b" } });
  expect(server.received[0]?.headers).toMatchObject({ accept: "a/b" });
  expect(authorizations(server.received)).toEqual([undefined]);
});

it("trap 4: the transport learns which names the registry chose", async () => {
  const sent: [string, boolean | undefined][] = [];
  const answers = ["https://storage.example/", "https://allowed.example/", "https://registry.example/v2/"];
  const transport = {
    send: async ({ url, isLed }: { url: URL; isLed?: boolean | undefined }) => {
      sent.push([url.hostname, isLed]);
      const location = answers.shift();
      return {
        status: location === undefined ? 200 : 307,
        header: (name: string) => (name === "location" && location !== undefined ? [location] : []),
        body: [] as never,
        discard: async () => undefined,
      };
    },
    close: async () => undefined,
  };
  const server = { ...(await scriptedServer(reply(200))), origin: new URL("https://registry.example") };
  await clientOf(server, { transport, allowedHosts: ["allowed.example"] }).send(get);
  expect(sent).toEqual([
    ["registry.example", false],
    ["storage.example", true],
    ["allowed.example", false],
    ["registry.example", false],
  ]);
});
