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
  /** The address to listen on. Defaults to `"127.0.0.1"`, which other machines cannot reach. */
  readonly host?: string | undefined;
  /** The port to listen on. Defaults to 5000. 0 selects a free port. */
  readonly port?: number | undefined;
}

/** A running server. */
export interface RegistryServer extends AsyncDisposable {
  /** The URL of the server, such as `http://127.0.0.1:5000`. */
  readonly url: string;
  /** The port of the server. */
  readonly port: number;
  /** The server of Node, for settings that this interface lacks. */
  readonly server: Server;
  /**
   * Stops accepting requests, and ends those that remain after `graceMs` milliseconds. Defaults to 5,000; at most 24.8
   * days. Idempotent. If `graceMs` is invalid, rejects with a RangeError or TypeError and closes nothing.
   */
  close(graceMs?: number): Promise<void>;
}

/**
 * Serves `registry` over `node:http`, without encryption. For an untrusted network, use `createListener` with an
 * `https` server, or run a proxy in front of this server.
 *
 * @throws TypeError or RangeError if an option is invalid; the system's error if the server cannot listen.
 */
export async function serve(registry: Registry, options: ServeOptions = {}): Promise<RegistryServer> {
  const { host = "127.0.0.1", port = 5000 } = options;
  requireString(host, "host");
  if (requireCount(port, "port") > 65_535) throw new RangeError("port must be at most 65535");
  const bound = await findAddress(host);
  const isLoopback = isLoopbackName(hostOfAddress(bound));
  // The operator's own name for the host is allowed, whatever it resolves to.
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

/** Resolves `host` before listening, because the rules depend on whether the address is a loopback address. */
async function findAddress(host: string): Promise<string> {
  return host === "" || isIP(host) !== 0 ? host : (await lookup(host)).address;
}

/** The longest time between two checks for slow headers, in milliseconds. */
const LONGEST_CHECK_MS = 30_000;

/** The time between two checks for idle connections while a server closes, in milliseconds. */
const SWEEP_MS = 20;

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const done: Promise<void> = new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  // Node has closed the idle connections. Clients keep theirs open after an answer, and no event reports that.
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
