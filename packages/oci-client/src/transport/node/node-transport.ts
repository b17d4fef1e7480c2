import type { ClientRequest, Agent as HttpAgent, RequestOptions } from "node:http";
import { request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";

import type { TimeLimits, TransportOptions } from "../options.ts";
import { timeLimits } from "../options.ts";
import type { Transport, TransportRequest, TransportResponse } from "../transport.ts";
import { Agents } from "./agents.ts";
import { Exchange } from "./exchange.ts";
import { proxyFor } from "./proxies.ts";

/** The maximum size of the headers of a response, in bytes. Node's default is 16 KiB, which long tokens and links exceed. */
const MAX_HEADER_BYTES = 64 * 1024;

/** Sends requests with Node's own HTTP/1.1 client. Memory per request is constant. */
export class NodeTransport implements Transport {
  readonly #agents: Agents;
  readonly #agentOption: TransportOptions["agent"];
  readonly #limits: TimeLimits;
  readonly #proxy: TransportOptions["proxy"];
  readonly #running: Set<Exchange> = new Set();
  #isClosed = false;

  constructor(options: TransportOptions = {}) {
    this.#limits = timeLimits(options.limits);
    this.#agents = new Agents(options, this.#limits);
    this.#agentOption = options.agent;
    this.#proxy = options.proxy;
  }

  /** Sends a request. */
  async send(request: TransportRequest): Promise<TransportResponse> {
    request.signal?.throwIfAborted();
    if (this.#isClosed) throw closed();
    const exchange = new Exchange(request, this.#limits);
    this.#running.add(exchange);
    exchange.onDone = () => this.#running.delete(exchange);
    return exchange.run(this.#start(request));
  }

  /** Ends requests in flight, and closes the connections of our own agents. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const exchange of this.#running) exchange.fail(closed());
    this.#agents.close();
  }

  #start(request: TransportRequest): ClientRequest {
    const { url, method } = request;
    const headers: Record<string, string> = { "user-agent": "ocilayout", ...request.headers };
    const { size } = request.body ?? {};
    if (size !== undefined) headers["content-length"] = String(size);
    else if (request.body !== undefined) headers["transfer-encoding"] = "chunked";
    else if (method !== "GET" && method !== "HEAD") headers["content-length"] = "0";
    const options = { method, headers, maxHeaderSize: MAX_HEADER_BYTES };
    return this.#agentOption === undefined
      ? this.#startOwn(request, options)
      : start(url, { ...options, ...addressOf(url), agent: this.#agentFor(url) });
  }

  #startOwn(
    { url, isLed }: TransportRequest,
    options: { method: string; headers: Record<string, string>; maxHeaderSize: number },
  ): ClientRequest {
    const proxy = this.#proxy === false ? undefined : proxyFor(url, this.#proxy);
    if (proxy === undefined || url.protocol === "https:")
      return start(url, { ...options, ...addressOf(url), agent: this.#agents.direct(url, proxy, isLed) });
    // A proxy for plain HTTP gets the whole address, instead of a tunnel.
    const { authorization } = proxy;
    const headers = {
      host: url.host,
      ...options.headers,
      ...(authorization === undefined ? {} : { "proxy-authorization": authorization }),
    };
    const { path } = addressOf(url);
    return start(proxy.url, {
      ...options,
      ...addressOf(proxy.url),
      path: `${url.origin}${path}`,
      headers,
      agent: this.#agents.toProxy(proxy),
    });
  }

  #agentFor(url: URL): HttpAgent {
    const agent =
      typeof this.#agentOption === "function"
        ? (this.#agentOption as (url: URL) => object)(url)
        : this.#agentOption;
    return agent as HttpAgent;
  }
}

function start(url: URL, options: RequestOptions): ClientRequest {
  return url.protocol === "https:" ? requestTls(options) : requestPlain(options);
}

/** Returns the parts of an address. The path and the query stay as they are. */
function addressOf(url: URL): { host: string; port: string | undefined; path: string } {
  return {
    host: url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname,
    port: url.port === "" ? undefined : url.port,
    path: `${url.pathname}${url.search}`,
  };
}

function closed(): Error {
  return new Error("the transport is closed");
}
