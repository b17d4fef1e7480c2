import { lookup } from "node:dns/promises";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { isIP } from "node:net";
import type { AddressInfo } from "node:net";

import type { Registry } from "@ocilayout/oci-types";
import { requireCount, requireDuration, requireString } from "@ocilayout/oci-types/authors";

import { clientAt } from "./limits/client-key.ts";
import { createHandle } from "./endpoints/handle.ts";
import { Connections } from "./node/connections.ts";
import type { RequestListener } from "./node/listener.ts";
import { createListener, listenWith } from "./node/listener.ts";
import type { HandlerOptions } from "./settings/options.ts";
import { hostOfAddress, isLoopbackName } from "./pages/host.ts";

export type {
  AccessRequest,
  Action,
  Allowed,
  Authorize,
  AuthorizedRequest,
  Challenge,
  Decision,
} from "./settings/authorize.ts";
export type { IncomingRequest } from "./http/incoming.ts";
export type { HandlerOptions, ServerLimits } from "./settings/options.ts";
export { createListener, type RequestListener };

/** Options of {@link serve}. */
export interface ServeOptions extends HandlerOptions {
  /** The address to listen at. Default `"127.0.0.1"`: nobody else's machine. */
  readonly host?: string | undefined;
  /** The port to listen at; 0 takes one that is free. Default 5000. */
  readonly port?: number | undefined;
}

/** A server that listens. */
export interface RegistryServer extends AsyncDisposable {
  /** Where it listens, such as `http://127.0.0.1:5000`. */
  readonly url: string;
  /** The port it listens at. */
  readonly port: number;
  /** Node's own, for what is not here. */
  readonly server: Server;
  /**
   * Takes no more requests, and ends what does not end by itself within `graceMs` (default 5,000, at most 24.8 days).
   * Idempotent. Rejects with a RangeError or TypeError, and closes nothing, if `graceMs` is invalid.
   */
  close(graceMs?: number): Promise<void>;
}

/**
 * Serves `registry` by `node:http`, without encryption: for a network that is not trusted, put `createListener` into an
 * `https` server, or a proxy before this one.
 *
 * @throws TypeError or RangeError where the options make no sense; the system's error where it cannot listen.
 */
export async function serve(registry: Registry, options: ServeOptions = {}): Promise<RegistryServer> {
  const { host = "127.0.0.1", port = 5000 } = options;
  requireString(host, "host");
  if (requireCount(port, "port") > 65_535) throw new RangeError("port must be 65535 at most");
  const bound = await findAddress(host);
  const isLoopback = isLoopbackName(hostOfAddress(bound));
  // A name that the operator gave is the server's own, whatever it resolves to.
  const allowedHosts =
    isLoopback && isIP(host) === 0 ? [...(options.allowedHosts ?? []), host] : options.allowedHosts;
  const handle = createHandle(registry, { ...options, allowedHosts }, true, isLoopback);
  const { clientPercent, idleMs, maxConnections, maxHeaderLength, requestMs } = handle.limits;
  const listener = listenWith(handle);
  const connectionsCheckingInterval = Math.min(Math.max(Math.floor(idleMs / 2), 10), LONGEST_CHECK_MS);
  const server = createServer(
    {
      maxHeaderSize: maxHeaderLength,
      headersTimeout: idleMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval,
    },
    listener,
  );
  server.on("checkContinue", listener);
  new Connections(maxConnections, clientPercent).watch(server, ({ remoteAddress }) =>
    clientAt(remoteAddress),
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, bound, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  const shown = address.family === "IPv6" ? `[${address.address}]` : address.address;
  let closed: Promise<void> | undefined;
  const close = async (graceMs: number = 5000): Promise<void> => {
    requireDuration(graceMs, "graceMs");
    await (closed ??= closeServer(server, graceMs));
  };
  return {
    url: `http://${shown}:${address.port}`,
    port: address.port,
    server,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The address of `host`, found before it is listened at, because what is served depends on it. */
async function findAddress(host: string): Promise<string> {
  return host === "" || isIP(host) !== 0 ? host : (await lookup(host)).address;
}

/** How often, at least, Node looks for connections whose headers take too long, in milliseconds. */
const LONGEST_CHECK_MS = 30_000;

/** How often connections are looked at while a server closes, in milliseconds. */
const SWEEP_MS = 20;

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const done: Promise<void> = new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  // Node has closed what is idle. A client keeps its connection when its answer has come, and nobody is told that it is idle then.
  const sweep = setInterval(() => {
    server.closeIdleConnections();
  }, SWEEP_MS);
  const timer = setTimeout(() => {
    server.closeAllConnections();
  }, graceMs);
  await done;
  clearTimeout(timer);
  clearInterval(sweep);
}
