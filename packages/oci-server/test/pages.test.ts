import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";

import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { collect } from "@ocilayout/oci-types";
import { afterEach, describe, expect, it } from "vitest";

import type { HandlerOptions } from "../src/index.ts";
import { createHandler } from "../src/index.ts";
import type { RegistryServer, ServeOptions } from "../src/node.ts";
import { serve } from "../src/node.ts";
import { codes, headersOf, serving } from "./ask.ts";

const running: RegistryServer[] = [];

afterEach(async () => {
  for (const server of running.splice(0)) await server.close(0);
});

async function start(options: ServeOptions = {}): Promise<RegistryServer> {
  const server = await serve(createMemoryRegistry(), { port: 0, writable: true, ...options });
  running.push(server);
  return server;
}

/** Sends a request line and headers unchanged, and returns the status of the answer. */
async function raw(server: RegistryServer, ...lines: readonly string[]): Promise<number> {
  const { address } = server.server.address() as { address: string };
  const socket = connect(server.port, address === "0.0.0.0" ? "127.0.0.1" : address);
  socket.write([...lines, "connection: close", "", ""].join("\r\n"));
  const answer = await text(socket);
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
}

async function statusUnder(server: RegistryServer, host: string): Promise<number> {
  return raw(server, "GET /v2/ HTTP/1.1", `host: ${host}`);
}

describe("a server on a loopback address", () => {
  it.each([
    "localhost",
    "localhost:5000",
    "LocalHost",
    "localhost.",
    "localhost:",
    "127.0.0.1",
    "127.0.0.1:80",
    "127.8.9.255:1",
    "[::1]",
    "[::1]:5000",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
  ])("answers requests for the host %s", async (host) => {
    expect(await statusUnder(await start(), host)).toBe(200);
  });

  it.each([
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evil-localhost",
    "xlocalhost",
    "foo.localhost",
    "2130706433",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "127.1",
    "127.0.0.256",
    "127.00.0.1",
    "128.0.0.1",
    "0.0.0.0",
    "[::]",
    "[::2]",
    "[::ffff:128.0.0.1]",
    "localhost@evil.example",
    "evil.example@localhost",
    "user:x@127.0.0.1",
    "localhost:80:80",
    "localhost:99999",
    "localhost:x",
    "localhost,evil.example",
    "localhost/evil",
    "localhost#",
    "local host",
    "::1",
    "[::1",
    "[::1]x",
    ".",
    "..",
    "localhost..",
    "127.0.0.1:5000.evil.example",
    "\u00e9vil",
  ])("rejects requests for the host %s", async (host) => {
    expect(await statusUnder(await start(), host)).toBe(403);
  });

  it("names the refused host in its answer", async () => {
    const response = await createHandler(createMemoryRegistry(), { allowedHosts: ["localhost"] })(
      new Request("http://evil.example:5000/v2/"),
    );
    expect(await response.text()).toContain('the host \\"evil.example:5000\\" is not allowed');
  });

  it("rejects in the specification's form, whatever the request, and changes nothing", async () => {
    const registry = createMemoryRegistry();
    const server = await serve(registry, { port: 0, writable: true });
    running.push(server);
    for (const line of [
      "GET /v2/_catalog",
      "PUT /v2/a/manifests/v1",
      "POST /v2/a/blobs/uploads/",
      "OPTIONS /v2/",
      "GET /",
      "HEAD /v2/",
    ]) {
      expect(await raw(server, `${line} HTTP/1.1`, "host: evil.example", "content-length: 0")).toBe(403);
    }
    const response = await createHandler(registry, { allowedHosts: ["localhost"] })(
      new Request("http://evil.example/v2/"),
    );
    expect([response.status, await codes(response)]).toEqual([403, ["DENIED"]]);
    expect(await collect(registry.repositories())).toEqual([]);
  });

  it("checks every host that a request names", async () => {
    const server = await start();
    expect(await raw(server, "GET /v2/ HTTP/1.1", "host: localhost", "host: evil.example")).not.toBe(200);
    expect(await raw(server, "GET /v2/ HTTP/1.1", "host: evil.example", "host: localhost")).not.toBe(200);
    expect(await raw(server, "GET http://evil.example/v2/ HTTP/1.1", "host: localhost")).toBe(403);
    expect(await raw(server, "GET http://localhost@evil.example/v2/ HTTP/1.1", "host: localhost")).toBe(403);
    expect(await raw(server, "GET http://localhost/v2/ HTTP/1.1", "host: evil.example")).toBe(403);
    expect(await raw(server, "GET http://localhost/v2/ HTTP/1.1", "host: localhost")).toBe(200);
  });

  it("rejects a request that names no host", async () => {
    const server = await start();
    expect(await raw(server, "GET /v2/ HTTP/1.0")).toBe(403);
    expect(await raw(server, "GET /v2/ HTTP/1.0", "host:")).toBe(403);
    expect(await raw(server, "GET /v2/ HTTP/1.1")).toBe(400);
    expect(await raw(server, "GET /v2/ HTTP/1.0", "host: localhost")).toBe(200);
  });

  it("answers requests for its allowedHosts, at their ports", async () => {
    const server = await start({ allowedHosts: ["Registry.Example", "other.example:5000"] });
    const hosts = [
      "registry.example",
      "registry.example.:443",
      "other.example:5000",
      "localhost",
      "other.example",
      "other.example:5001",
    ];
    expect(await Promise.all(hosts.map((host) => statusUnder(server, host)))).toEqual([
      200, 200, 200, 200, 403, 403,
    ]);
  });

  it.each(["::1", "localhost", "127.0.0.2"])("can listen on %s", async (host) => {
    const server = await start({ host });
    expect(await statusUnder(server, "localhost")).toBe(200);
    expect(await statusUnder(server, "evil.example")).toBe(403);
  });
});

describe("a server on another address", () => {
  it("answers requests for every host", async () => {
    const server = await start({ host: "0.0.0.0" });
    expect(await Promise.all(["evil.example", "localhost"].map((host) => statusUnder(server, host)))).toEqual(
      [200, 200],
    );
  });

  it("answers requests for its allowedHosts only, if there are any", async () => {
    const server = await start({ host: "0.0.0.0", allowedHosts: ["registry.example"] });
    expect(
      await Promise.all(
        ["registry.example:1", "evil.example", "localhost"].map((host) => statusUnder(server, host)),
      ),
    ).toEqual([200, 403, 403]);
  });

  it("still rejects changes from foreign pages", async () => {
    const server = await start({ host: "0.0.0.0" });
    expect(
      await raw(
        server,
        "POST /v2/a/blobs/uploads/ HTTP/1.1",
        "host: registry.example",
        "content-length: 0",
        "origin: http://evil.example",
      ),
    ).toBe(403);
  });
});

describe("a handler", () => {
  it("answers requests for every host unless it has allowedHosts", async () => {
    const statuses = async (options: HandlerOptions): Promise<number[]> => {
      const handler = createHandler(createMemoryRegistry(), options);
      const urls = ["http://registry.example/v2/", "http://registry.example:81/v2/", "http://localhost/v2/"];
      return Promise.all(urls.map(async (url) => (await handler(new Request(url))).status));
    };
    expect(await statuses({})).toEqual([200, 200, 200]);
    expect(await statuses({ allowedHosts: ["registry.example"] })).toEqual([200, 200, 403]);
    expect(await statuses({ allowedHosts: [] })).toEqual([403, 403, 403]);
  });

  it.each([["http://x"], ["a b"], [""], ["x@y"], ["*"], [7 as unknown as string]])(
    "rejects the allowed host %s",
    (host) => {
      expect(() => createHandler(createMemoryRegistry(), { allowedHosts: [host] })).toThrow(TypeError);
    },
  );

  it.each([
    ["ui.example"],
    ["*"],
    ["null"],
    ["https://ui.example/"],
    ["https://u@ui.example"],
    [7 as unknown as string],
  ])("rejects the allowed origin %s", (origin) => {
    expect(() => createHandler(createMemoryRegistry(), { allowedOrigins: [origin] })).toThrow(TypeError);
  });
});

const writes = [
  ["POST", "/v2/a/blobs/uploads/"],
  ["PUT", "/v2/a/manifests/v1"],
  ["PATCH", "/v2/a/blobs/uploads/id"],
  ["DELETE", "/v2/a/manifests/v1"],
  ["PROPFIND", "/v2/"],
] as const;

describe("a change requested by a page", () => {
  const foreign: Record<string, string>[] = [
    { origin: "http://evil.example" },
    { origin: "null" },
    { origin: "" },
    { origin: "http://registry.test:81" },
    { origin: "http://registry.test.evil.example" },
    { origin: "file://" },
    { origin: "http://registry.test, http://evil.example" },
    { origin: "chrome-extension://registry.test" },
    { origin: "http://x@registry.test" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "none, cross-site" },
    { origin: "http://registry.test", "sec-fetch-site": "cross-site" },
  ];

  it.each(foreign)("of another origin is rejected with 403: %j", async (headers) => {
    const registry = createMemoryRegistry();
    for (const [method, path] of writes) {
      const response = await serving(registry)(method, path, { headers });
      expect([response.status, await codes(response)]).toEqual([403, ["DENIED"]]);
    }
    expect(await collect(registry.repositories())).toEqual([]);
  });

  it.each<Record<string, string>>([
    {},
    { origin: "http://registry.test" },
    { origin: "HTTP://Registry.Test:80" },
    { origin: "https://registry.test", "sec-fetch-site": "same-origin" },
    { "sec-fetch-site": "none" },
  ])("of the same origin is answered: %j", async (headers) => {
    expect((await serving()("POST", "/v2/a/blobs/uploads/", { headers })).status).toBe(202);
  });

  it("is compared with the Host header rather than the URL's host", async () => {
    const headers = { host: "registry.example:5000", origin: "http://registry.example:5000" };
    expect((await serving()("POST", "/v2/a/blobs/uploads/", { headers })).status).toBe(202);
  });

  it("is rejected before authorize is called", async () => {
    const authorize = (): never => {
      throw new Error("asked");
    };
    expect(
      (
        await serving(undefined, { authorize })("POST", "/v2/a/blobs/uploads/", {
          headers: { origin: "null" },
        })
      ).status,
    ).toBe(403);
  });
});

describe("the response to a page of another origin", () => {
  it("may not be read by the page", async () => {
    for (const method of ["GET", "HEAD", "OPTIONS"]) {
      const response = await serving()(method, "/v2/", {
        headers: { origin: "http://evil.example", "access-control-request-method": "PUT" },
      });
      expect(response.status).toBe(method === "OPTIONS" ? 405 : 200);
      expect([...response.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
      expect(response.headers.get("cross-origin-resource-policy")).toBe("same-origin");
    }
  });
});

describe("a page of an allowed origin", () => {
  const origin = "https://ui.example";
  const allowing = (options: HandlerOptions = {}): ReturnType<typeof serving> =>
    serving(undefined, { allowedOrigins: [origin, "http://localhost:8080"], ...options });
  const headers = { origin, "sec-fetch-site": "cross-site" };

  it("may push and read", async () => {
    const response = await allowing()("POST", "/v2/a/blobs/uploads/", { headers });
    expect([response.status, headersOf(response, "access-control-allow-origin", "vary")]).toEqual([
      202,
      { "access-control-allow-origin": origin, vary: "Origin" },
    ]);
    const exposed = (response.headers.get("access-control-expose-headers") ?? "").toLowerCase().split(", ");
    for (const name of [
      "docker-content-digest",
      "link",
      "location",
      "www-authenticate",
      "range",
      "oci-subject",
      "oci-chunk-min-length",
      "docker-upload-uuid",
    ])
      expect(exposed).toContain(name);
    expect(response.headers.get("access-control-allow-credentials")).toBeNull();
  });

  it("may read errors, too", async () => {
    const basic = { scheme: "Basic", realm: "x" } as const;
    const answers = [
      allowing()("GET", "/v2/a/manifests/none", { headers }),
      allowing({ authorize: () => basic })("GET", "/v2/", { headers }),
      allowing()("GET", "/", { headers }),
    ];
    expect(
      (await Promise.all(answers)).map((it) => [it.status, it.headers.get("access-control-allow-origin")]),
    ).toEqual([404, 401, 404].map((status) => [status, origin]));
  });

  it.each([
    [true, "GET, HEAD, POST, PUT, PATCH, DELETE"],
    [false, "GET, HEAD"],
  ])(
    "receives the allowed methods in a preflight without credentials (writable: %s)",
    async (writable, methods) => {
      const ask = allowing({ writable, authorize: () => "deny" });
      const response = await ask("OPTIONS", "/v2/a/manifests/v1", {
        headers: {
          ...headers,
          "access-control-request-method": "PUT",
          "access-control-request-headers": "content-type",
        },
      });
      expect([
        response.status,
        headersOf(response, "access-control-allow-origin", "access-control-allow-methods", "vary"),
      ]).toEqual([
        204,
        { "access-control-allow-origin": origin, "access-control-allow-methods": methods, vary: "Origin" },
      ]);
      const accepted = (response.headers.get("access-control-allow-headers") ?? "").toLowerCase();
      for (const name of ["accept", "authorization", "content-type", "content-range", "range", "if-match"])
        expect(accepted).toContain(name);
    },
  );

  it.each([
    "https://ui.example.evil.example",
    "http://ui.example",
    "https://ui.example:8443",
    "null",
    "https://sub.ui.example",
  ])("does not include a page of %s", async (other) => {
    const ask = allowing();
    expect((await ask("POST", "/v2/a/blobs/uploads/", { headers: { origin: other } })).status).toBe(403);
    const response = await ask("GET", "/v2/", { headers: { origin: other } });
    expect(headersOf(response, "access-control-allow-origin", "vary")).toEqual({
      "access-control-allow-origin": null,
      vary: "Origin",
    });
  });

  it("may use only the server's hosts", async () => {
    const server = await start({ allowedOrigins: [origin] });
    expect(await raw(server, "GET /v2/ HTTP/1.1", "host: evil.example", `origin: ${origin}`)).toBe(403);
    expect(await raw(server, "GET /v2/ HTTP/1.1", "host: localhost", `origin: ${origin}`)).toBe(200);
  });

  it("causes no Vary header if no origin is allowed", async () => {
    expect((await serving()("GET", "/v2/")).headers.get("vary")).toBeNull();
  });
});

it("an unknown host rejects with the system's error", async () => {
  await expect(start({ host: "no-such-host.invalid" })).rejects.toMatchObject({
    code: expect.stringMatching(/^E/) as unknown,
  });
  const server = await start({ host: "" });
  const socket = connect(server.port, "127.0.0.1");
  await once(socket, "connect");
  socket.destroy();
});
