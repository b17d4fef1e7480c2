import type { IncomingMessage } from "node:http";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { describe, expect, it, onTestFinished, vi } from "vitest";

import { rejection } from "@ocilayout/testing";

import { proxyFor } from "../../src/transport/node/proxies.ts";
import { reply, scriptedServer } from "../scripted-server.ts";
import { bytesOf, nodeTransport } from "./helpers.ts";

function proxyOf(address: string, environment: Readonly<Record<string, string>>): string | undefined {
  return proxyFor(new URL(address), undefined, environment)?.url.href;
}

describe("the proxy of the environment", () => {
  it.each([
    ["https://a.example/", { HTTPS_PROXY: "http://p:1" }, "http://p:1/"],
    ["https://a.example/", { https_proxy: "http://p:1" }, "http://p:1/"],
    ["https://a.example/", { https_proxy: "http://low:1", HTTPS_PROXY: "http://up:1" }, "http://low:1/"],
    ["https://a.example/", { HTTPS_PROXY: "p:3128" }, "http://p:3128/"],
    ["https://a.example/", { HTTPS_PROXY: "https://p" }, "https://p/"],
    ["https://a.example/", { HTTPS_PROXY: "" }, undefined],
    ["https://a.example/", { HTTP_PROXY: "http://p:1" }, undefined],
    ["http://a.example/", { HTTP_PROXY: "http://p:1" }, "http://p:1/"],
    ["http://a.example/", { HTTPS_PROXY: "http://p:1" }, undefined],
    ["http://a.example/", { HTTP_PROXY: "http://p:1", REQUEST_METHOD: "GET" }, undefined],
    ["http://localhost:5000/", { HTTP_PROXY: "http://p:1" }, undefined],
    ["http://127.0.0.1:5000/", { HTTP_PROXY: "http://p:1" }, undefined],
    ["https://[::1]/", { HTTPS_PROXY: "http://p:1" }, undefined],
  ])("for %s with %j is %s", (address, environment, proxy) => {
    expect(proxyOf(address, environment)).toBe(proxy);
  });

  it.each([
    ["https://a.example/", "*", true],
    ["https://a.example/", "a.example", true],
    ["https://a.example/", "other, A.EXAMPLE", true],
    ["https://b.a.example/", "a.example", true],
    ["https://b.a.example/", ".a.example", true],
    ["https://b.a.example/", "*.a.example", true],
    ["https://ba.example/", "a.example", false],
    ["https://a.example/", "a.example:443", true],
    ["https://a.example/", "a.example:8443", false],
    ["https://a.example:8443/", "a.example:8443", true],
    ["https://10.1.2.3/", "10.0.0.0/8", true],
    ["https://11.1.2.3/", "10.0.0.0/8", false],
    ["https://10.1.2.3/", "10.1.2.3", true],
    ["https://10.1.2.3/", "10.1.2.3:443", true],
    ["https://10.1.2.3/", "2.3", false],
    ["https://10.1.2.3/", "10.0.0.0/99", false],
    ["https://[2001:db8::1]/", "2001:db8::/32", true],
    ["https://[2001:db8::1]/", "[2001:db8::1]:443", true],
    ["https://[2001:db8::1]/", "10.0.0.0/8", false],
    ["https://a.example/", "", false],
    ["https://a.example/", ",.,", false],
  ])("for %s with NO_PROXY %j: it is exempt is %s", (address, list, isExempt) => {
    expect(proxyOf(address, { HTTPS_PROXY: "http://p:1", NO_PROXY: list }) === undefined).toBe(isExempt);
    expect(proxyOf(address, { HTTPS_PROXY: "http://p:1", no_proxy: list }) === undefined).toBe(isExempt);
  });

  it("has its credentials in a header, and not in its address", () => {
    const proxy = proxyFor(new URL("https://a.example/"), "http://us%40er:p%3Ass@p:1");
    expect(proxy?.url.href).toBe("http://p:1/");
    expect(proxy?.authorization).toBe(`Basic ${Buffer.from("us@er:p:ss").toString("base64")}`);
  });

  it.each(["socks5://p:1", "http://user:secret@", "::"])(
    "%j is a TypeError that does not repeat it",
    (address) => {
      expect(() => proxyFor(new URL("https://a.example/"), address)).toThrow(TypeError);
      expect(() => proxyFor(new URL("https://a.example/"), address)).not.toThrow(/secret/);
    },
  );
});

it("plain HTTP goes to the proxy with the whole address and its credentials", async () => {
  const proxy = await scriptedServer(reply(200, "content"));
  const { port } = proxy.origin;
  const transport = nodeTransport({ proxy: `http://user:secret@127.0.0.1:${port}` });
  const url = new URL("http://registry.example.test:5000/v2/?n=1");
  const response = await transport.send({ method: "GET", url, headers: { authorization: "Bearer t" } });
  expect((await bytesOf(response)).toString()).toBe("content");
  const [received] = proxy.received;
  expect(received?.url).toBe("http://registry.example.test:5000/v2/?n=1");
  expect(received?.headers.host).toBe("registry.example.test:5000");
  expect(received?.headers["proxy-authorization"]).toBe(
    `Basic ${Buffer.from("user:secret").toString("base64")}`,
  );
});

it("the environment is read for each request", async () => {
  const proxy = await scriptedServer(reply(200, "content"));
  vi.stubEnv("http_proxy", proxy.origin.href);
  vi.stubEnv("no_proxy", "");
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  await (
    await nodeTransport().send({ method: "GET", url: new URL("http://registry.example.test/"), headers: {} })
  ).discard();
  expect(proxy.received[0]?.url).toBe("http://registry.example.test/");
});

it.each([407, 502])("HTTPS asks the proxy for a tunnel, and fails if it answers %d", async (status) => {
  const asked: IncomingMessage[] = [];
  const proxy = createServer().listen(0, "127.0.0.1");
  proxy.on("connect", (request: IncomingMessage, socket) => {
    asked.push(request);
    socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
  });
  await once(proxy, "listening");
  onTestFinished(() => void proxy.close());
  const { port } = proxy.address() as AddressInfo;
  const transport = nodeTransport({ proxy: `http://user:secret@127.0.0.1:${port}` });
  const sent = transport.send({
    method: "GET",
    url: new URL("https://registry.example.test/v2/"),
    headers: { authorization: "Bearer t" },
  });
  expect(await rejection(sent)).toMatchObject({ code: "PROXY_REFUSED" });
  expect(asked[0]?.url).toBe("registry.example.test:443");
  expect(asked[0]?.headers["proxy-authorization"]).toBe(
    `Basic ${Buffer.from("user:secret").toString("base64")}`,
  );
  expect(asked[0]?.headers.authorization).toBeUndefined();
});
