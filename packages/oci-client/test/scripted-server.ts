import { once } from "node:events";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";

import { onTestFinished } from "vitest";

/** A request that a scripted server received. */
export interface Received {
  readonly method: string;
  /** The path and the query, as they were sent. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
}

/** One answer of a script. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A server on this machine whose answers a test decides. */
export interface ScriptedServer {
  readonly origin: URL;
  /** Every request, in order. */
  readonly received: Received[];
  /** The open connections. */
  readonly sockets: ReadonlySet<Socket>;
  /** The number of connections that were ever made. */
  readonly connections: () => number;
}

/**
 * Starts a server that answers with `script`: a function for all requests, or a list with one answer for each. It fails
 * requests after the end of the list with status 500. It is closed when the test ends.
 */
export async function scriptedServer(
  script: Answer | readonly Answer[],
  hostname = "127.0.0.1",
): Promise<ScriptedServer> {
  const received: Received[] = [];
  const sockets: Set<Socket> = new Set();
  let count = 0;
  const listener: RequestListener = (request, response) => {
    const { method = "", url = "", headers } = request;
    received.push({ method, url, headers });
    const answer = typeof script === "function" ? script : script[received.length - 1];
    if (answer === undefined) response.writeHead(500).end("the script is at its end");
    else void answer(request, response);
  };
  const server = createServer({ keepAliveTimeout: 60_000, maxHeaderSize: 128 * 1024 }, listener);
  server.on("connection", (socket) => {
    count += 1;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, hostname);
  await once(server, "listening");
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: new URL(`http://${hostname}:${port}`), received, sockets, connections: () => count };
}

/** Answers with a status, a body and headers. */
export function reply(
  status: number,
  body: string | Uint8Array = "",
  headers: Record<string, string> = {},
): Answer {
  return (request, response) => {
    request.resume();
    response.writeHead(status, { "content-length": String(Buffer.byteLength(body)), ...headers });
    response.end(request.method === "HEAD" ? undefined : body);
  };
}

/** Redirects to an address. */
export function redirect(location: string, status = 307): Answer {
  return reply(status, "", { location });
}

/** Closes the connection without an answer. */
export function hangUp(request: IncomingMessage): void {
  request.socket.resetAndDestroy();
}

/** Reads the whole body of a request. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
