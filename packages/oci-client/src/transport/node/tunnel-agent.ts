import type { ClientRequest } from "node:http";
import { request as requestPlain } from "node:http";
import { Agent, request as requestTls } from "node:https";
import type { AgentOptions, RequestOptions } from "node:https";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import type { SecureContext } from "node:tls";
import { connect as connectTls } from "node:tls";

import { TimeLimitError } from "../time-limit.ts";
import type { Proxy } from "./proxies.ts";

/** The way to the proxy. */
export interface Tunnel {
  readonly proxy: Proxy;
  /** The certificates for a proxy that is reached with TLS. */
  readonly secureContext: SecureContext;
  readonly connectMs: number;
}

type Created = (error: Error | null, socket?: Duplex) => void;

/**
 * Connects through a proxy that answers CONNECT. Node has an agent for proxies only from version 24.5.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#name-connect}
 */
export class TunnelAgent extends Agent {
  readonly #tunnel: Tunnel;

  constructor(options: AgentOptions, tunnel: Tunnel) {
    super(options);
    this.#tunnel = tunnel;
  }

  /** Makes a connection. Node calls it, and takes the connection from the callback. */
  override createConnection(options: ConnectionOptions, created: Created): undefined {
    const host = String(options.host);
    const authority = `${host.includes(":") ? `[${host}]` : host}:${options.port ?? 443}`;
    const request = askProxy(this.#tunnel, authority);
    const timer = setTimeout(() => {
      request.destroy(new TimeLimitError("the proxy does not answer in time", true));
    }, this.#tunnel.connectMs);
    request.once("error", (error) => {
      clearTimeout(timer);
      created(error);
    });
    request.once("connect", (response, socket, head) => {
      clearTimeout(timer);
      if (response.statusCode !== 200 || head.length > 0) {
        socket.destroy();
        created(refused(response.statusCode));
        return;
      }
      const servername = options.servername ?? (isIP(host) === 0 ? host : "");
      created(null, connectTls({ ...options, path: undefined, socket, servername } as never));
    });
    // A proxy that refuses may answer as if CONNECT were any other method.
    request.once("response", (response) => {
      clearTimeout(timer);
      response.destroy();
      created(refused(response.statusCode));
    });
    request.end();
  }
}

/** The part of the options of a connection that is used here. */
interface ConnectionOptions {
  readonly host?: string | null | undefined;
  readonly port?: string | number | null | undefined;
  readonly servername?: string | undefined;
}

function refused(status: number | undefined): Error {
  return Object.assign(new Error(`the proxy does not connect to the registry: status ${status ?? 0}`), {
    code: "PROXY_REFUSED",
  });
}

function askProxy({ proxy, secureContext }: Tunnel, authority: string): ClientRequest {
  const { url, authorization } = proxy;
  const options = {
    method: "CONNECT",
    host: url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname,
    port: url.port === "" ? undefined : url.port,
    path: authority,
    headers: {
      host: authority,
      ...(authorization === undefined ? {} : { "proxy-authorization": authorization }),
    },
    agent: false as const,
  };
  const withCertificates: RequestOptions & { secureContext: SecureContext } = { ...options, secureContext };
  return url.protocol === "https:" ? requestTls(withCertificates) : requestPlain(options);
}
