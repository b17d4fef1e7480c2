import { once } from "node:events";
import type { IncomingMessage, Server } from "node:http";
import { createServer as createPlain } from "node:http";
import { createServer as createTls } from "node:https";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo, Server as SilentServer, Socket } from "node:net";
import { connect, createServer as createSilent } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";

import { afterAll, describe, expect, it, onTestFinished } from "vitest";

import { rejection } from "@ocilayout/testing";

import { systemCode } from "../../src/requests/retry.ts";
import { hasOpenssl, makeAuthority } from "./certificates.ts";
import { bytesOf, nodeTransport } from "./helpers.ts";

const get = { method: "GET", headers: { authorization: "Bearer secret" } } as const;

async function listen(server: Server | SilentServer): Promise<number> {
  const sockets: Set<Socket> = new Set();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** A proxy that records what it is asked, and connects to `port` whatever the name is. */
async function startProxy(
  port: number,
): Promise<{ port: number; asked: IncomingMessage[]; tunnels: () => number }> {
  const asked: IncomingMessage[] = [];
  let tunnels = 0;
  const server = createPlain();
  server.on("connect", (request: IncomingMessage, client: Socket) => {
    asked.push(request);
    const target = connect(port, "127.0.0.1", () => {
      tunnels += 1;
      client.write("HTTP/1.1 200 Connected\r\n\r\n");
      target.pipe(client).pipe(target);
    });
    for (const socket of [client, target]) {
      socket.on("error", () => undefined);
      socket.on("close", () => {
        client.destroy();
        target.destroy();
      });
    }
  });
  return { port: await listen(server), asked, tunnels: () => tunnels };
}

/** Returns the certificate of the client, which is empty if it has none. */
function peerOf({ socket }: { readonly socket: unknown }): { readonly subject?: { readonly CN?: string } } {
  return (socket as TLSSocket).getPeerCertificate() as { subject?: { CN?: string } };
}

describe.runIf(hasOpenssl())("TLS", () => {
  const directory = mkdtempSync(join(tmpdir(), "ocilayout-"));
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });
  const authority = makeAuthority(directory);
  const registry = authority.issue("registry.example.test");
  const client = authority.issue("client");

  /** Answers with the name in the client's certificate. */
  async function startRegistry(requestCert = false): Promise<number> {
    const server = createTls(
      { ...registry, ca: authority.ca, requestCert, rejectUnauthorized: false },
      (request, response) => {
        const { subject } = peerOf(request);
        response.end(subject?.CN ?? "nobody");
      },
    );
    return listen(server);
  }

  it("a private authority is trusted if the caller names it, and not otherwise", async () => {
    const url = new URL(`https://127.0.0.1:${await startRegistry()}/`);
    const response = await nodeTransport({ ca: authority.ca }).send({ ...get, url });
    expect(response.status).toBe(200);
    const error = await rejection(nodeTransport().send({ ...get, url }));
    expect(systemCode(error)).toBe("SELF_SIGNED_CERT_IN_CHAIN");
    const several = nodeTransport({ ca: [Buffer.from(authority.ca)] });
    expect((await several.send({ ...get, url })).status).toBe(200);
  });

  it("a certificate for another name is rejected", async () => {
    const port = await startRegistry();
    const error = await rejection(
      nodeTransport({ ca: authority.ca }).send({ ...get, url: new URL(`https://localhost:${port}/`) }),
    );
    expect(systemCode(error)).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  });

  it("the client certificate goes to the registry's origin only", async () => {
    const own = new URL(`https://127.0.0.1:${await startRegistry(true)}/`);
    const other = new URL(`https://127.0.0.1:${await startRegistry(true)}/`);
    const transport = nodeTransport({ ca: authority.ca, ...client, origin: own });
    const names = [];
    for (const url of [own, other, own])
      names.push((await bytesOf(await transport.send({ ...get, url }))).toString());
    expect(names).toEqual(["client", "nobody", "client"]);
  });

  it("HTTPS goes through a tunnel of the proxy, which sees neither addresses nor credentials", async () => {
    const proxy = await startProxy(await startRegistry());
    const transport = nodeTransport({
      ca: authority.ca,
      proxy: `http://user:secret@127.0.0.1:${proxy.port}`,
    });
    const url = new URL("https://registry.example.test/v2/app/blobs/sha256:1");
    for (let sent = 0; sent < 3; sent += 1)
      expect((await bytesOf(await transport.send({ ...get, url }))).toString()).toBe("nobody");
    expect(proxy.tunnels()).toBe(1);
    expect(proxy.asked.map((request) => request.url)).toEqual(["registry.example.test:443"]);
    expect(proxy.asked[0]?.headers).toEqual({
      host: "registry.example.test:443",
      connection: "close",
      "proxy-authorization": `Basic ${Buffer.from("user:secret").toString("base64")}`,
    });
  });

  it("a certificate for another name is rejected also behind a proxy", async () => {
    const proxy = await startProxy(await startRegistry());
    const transport = nodeTransport({ ca: authority.ca, proxy: `http://127.0.0.1:${proxy.port}` });
    const error = await rejection(transport.send({ ...get, url: new URL("https://evil.example.test/") }));
    expect(systemCode(error)).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  });

  it("a proxy may be reached by TLS itself", async () => {
    const port = await startRegistry();
    const proxy = createTls({ ...registry });
    proxy.on("connect", (_request: IncomingMessage, socket: Socket) => {
      const target = connect(port, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connected\r\n\r\n");
        target.pipe(socket).pipe(target);
      });
      for (const side of [socket, target]) side.on("error", () => undefined);
      socket.on("close", () => target.destroy());
    });
    const transport = nodeTransport({ ca: authority.ca, proxy: `https://127.0.0.1:${await listen(proxy)}` });
    const url = new URL("https://registry.example.test/");
    expect((await bytesOf(await transport.send({ ...get, url }))).toString()).toBe("nobody");
    await transport.close();
  });

  it("a handshake that hangs is given up", async () => {
    const silent = createSilent();
    const port = await listen(silent);
    const transport = nodeTransport({ limits: { connectMs: 50 } });
    const error = await rejection(transport.send({ ...get, url: new URL(`https://127.0.0.1:${port}/`) }));
    expect(error).toMatchObject({ name: "TimeLimitError", isUnsent: true });
  });
});
