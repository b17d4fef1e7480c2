import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Socket } from "node:net";
import type { SecureContext } from "node:tls";
import * as tls from "node:tls";

import type { TimeLimits, TransportOptions } from "../options.ts";
import { guardedLookup } from "./guarded-lookup.ts";
import type { Proxy } from "./proxies.ts";
import { readIntoOneBuffer } from "./read-into-one-buffer.ts";
import { TunnelAgent } from "./tunnel-agent.ts";

/**
 * How long an unused connection stays open, in milliseconds. Servers close theirs after 5 s or later. A request on a connection
 * that the server is closing fails.
 */
const UNUSED_MS = 4000;

const SETTINGS = { keepAlive: true, maxFreeSockets: 16, scheduling: "lifo" } as const;

/** The agents of one transport. Each keeps its connections for later requests. */
export class Agents {
  readonly #options: TransportOptions;
  readonly #limits: TimeLimits;
  readonly #agents: Map<string, HttpAgent> = new Map();
  #contexts: { readonly anonymous: SecureContext; readonly identified: SecureContext } | undefined;

  constructor(options: TransportOptions, limits: TimeLimits) {
    this.#options = options;
    this.#limits = limits;
  }

  /**
   * Returns the agent that connects to `url`, through a tunnel if there is a proxy.
   *
   * @param isLed - Whether the registry chose the host. A proxy resolves names itself, so it has to guard them too.
   */
  direct(url: URL, proxy: Proxy | undefined, isLed: boolean = false): HttpAgent {
    const guard = isLed ? { lookup: guardedLookup(this.#options.origin?.hostname) } : {};
    const kind = isLed ? "led" : "chosen";
    if (url.protocol !== "https:")
      return this.#kept(`http ${kind}`, () =>
        readIntoOneBuffer(closeUnused(new HttpAgent({ ...SETTINGS, ...guard }))),
      );
    const isOwn = url.origin === this.#options.origin?.origin;
    return this.#kept(`${isOwn ? "own" : "other"} ${kind} ${proxy?.url.href ?? ""}`, () => {
      const settings = { ...SETTINGS, ...guard, secureContext: this.#context(isOwn) };
      return closeUnused(
        proxy === undefined
          ? readIntoOneBuffer(new HttpsAgent(settings))
          : new TunnelAgent(settings, {
              proxy,
              secureContext: this.#context(false),
              connectMs: this.#limits.connectMs,
            }),
      );
    });
  }

  /** Returns the agent that connects to a proxy for plain HTTP. */
  toProxy(proxy: Proxy): HttpAgent {
    return this.direct(proxy.url, undefined);
  }

  /** Closes all connections. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #kept(name: string, create: () => HttpAgent): HttpAgent {
    const agent = this.#agents.get(name) ?? create();
    this.#agents.set(name, agent);
    return agent;
  }

  /** Returns the certificates for a connection. Only the origin of the options receives the client certificate. */
  #context(isOwn: boolean): SecureContext {
    this.#contexts ??= secureContexts(this.#options);
    return this.#contexts[isOwn ? "identified" : "anonymous"];
  }
}

function secureContexts({ ca, cert, key, passphrase }: TransportOptions): {
  anonymous: SecureContext;
  identified: SecureContext;
} {
  const own =
    ca === undefined
      ? []
      : Array.isArray(ca)
        ? (ca as readonly (string | Uint8Array)[])
        : [ca as string | Uint8Array];
  // A storage service that the registry redirects to may have a public certificate.
  const authorities = own.length === 0 ? {} : { ca: [...publicAuthorities(), ...own.map(asBuffer)] };
  const anonymous = tls.createSecureContext(authorities);
  if (cert === undefined) return { anonymous, identified: anonymous };
  const identity = {
    cert: asBuffer(cert),
    ...(key === undefined ? {} : { key: asBuffer(key) }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
  return { anonymous, identified: tls.createSecureContext({ ...authorities, ...identity }) };
}

function asBuffer(content: string | Uint8Array): string | Buffer {
  return typeof content === "string" ? content : Buffer.from(content);
}

/** Returns the authorities that Node trusts. Newer versions of Node include those of `NODE_EXTRA_CA_CERTS`. */
function publicAuthorities(): readonly string[] {
  const { getCACertificates } = tls as { getCACertificates?: (type: "default") => readonly string[] };
  return getCACertificates?.("default") ?? tls.rootCertificates;
}

/** Makes an agent close connections that nothing uses. Node's own option would also limit connections in use. */
function closeUnused<Kept extends HttpAgent>(agent: Kept): Kept {
  // Node documents both methods for this use, but its types have other signatures.
  const methods = agent as unknown as {
    keepSocketAlive(socket: Socket): boolean;
    reuseSocket(socket: Socket, request: unknown): void;
  };
  const keep = methods.keepSocketAlive.bind(agent);
  const reuse = methods.reuseSocket.bind(agent);
  methods.keepSocketAlive = (socket) => {
    if (!keep(socket)) return false;
    const limit = socket.timeout ?? 0;
    socket.setTimeout(limit > 0 ? Math.min(limit, UNUSED_MS) : UNUSED_MS);
    return true;
  };
  methods.reuseSocket = (socket, request) => {
    socket.setTimeout(0);
    reuse(socket, request);
  };
  return agent;
}
