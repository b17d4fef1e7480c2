import { isRegistryError, RegistryError } from "@ocilayout/oci-types";
import { requireCount, requireDuration } from "@ocilayout/oci-types/authors";

import type { Authenticator } from "../auth/authenticator.ts";
import { Running } from "../transport/running.ts";
import type { Transport } from "../transport/transport.ts";
import type { Clock } from "./clock.ts";
import { systemClock } from "./clock.ts";
import type { EndpointCall } from "./endpoint.ts";
import { Endpoint } from "./endpoint.ts";
import type { MirrorEndpoint } from "./mirror-endpoint.ts";
import { Mirror } from "./mirror.ts";
import { requireSecure } from "./origin.ts";
import type { RegistryClient, RegistryRequest, RegistryResponse } from "./registry-client.ts";
import { RepeatableBody } from "./request-body.ts";
import { Targets } from "./targets.ts";
import type { RegistryWarning } from "./warnings.ts";
import { Warnings } from "./warnings.ts";

/** Options of {@link createRegistryClient}. */
export interface RegistryClientOptions {
  /** The origin of the registry. */
  readonly origin: URL;
  /** Sends the requests. Closing the client closes it. */
  readonly transport: Transport;
  /** Authenticates requests to the registry. */
  readonly authenticator: Authenticator;
  /** The mirrors, in the order in which they are asked. Defaults to none. */
  readonly mirrors?: readonly MirrorEndpoint[] | undefined;
  /** Whether origins may be plain HTTP to another machine. Defaults to false. */
  readonly insecure?: boolean | undefined;
  /** How often a request is sent again. Defaults to 5. */
  readonly retries?: number | undefined;
  /** The longest that one request waits between its attempts, in milliseconds, in total. Defaults to 300,000. */
  readonly maxRetryMs?: number | undefined;
  /** The most requests with a body to one host at once, and the most without. Defaults to 6 each. */
  readonly concurrency?: number | undefined;
  /**
   * Hosts with a private address that redirects and uploads may lead to, each with its port if that is not the scheme's own.
   * Defaults to none: the registry's own host is always allowed.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Called for each warning of the registry, once for each text. */
  readonly onWarning?: ((warning: RegistryWarning) => void) | undefined;
  /** Time and chance, for tests. */
  readonly clock?: Clock | undefined;
}

/** How often a request to a mirror is sent again: the registry can still answer. */
const MIRROR_RETRIES = 1;

/**
 * Creates the client of one registry.
 *
 * @throws TypeError if an origin is plain HTTP to another machine without `insecure`; TypeError or RangeError for an invalid
 * number.
 */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  return new Client(options);
}

class Client implements RegistryClient {
  readonly origin: URL;
  readonly #transport: Transport;
  readonly #targets: Targets;
  readonly #endpoint: Endpoint;
  readonly #mirrors: readonly Mirror[];
  readonly #running: Running = new Running();
  #isClosed = false;

  constructor(options: RegistryClientOptions) {
    const {
      transport,
      authenticator,
      mirrors = [],
      insecure,
      allowedHosts,
      onWarning,
      clock = systemClock,
    } = options;
    requireSecure(options.origin, insecure);
    for (const mirror of mirrors) requireSecure(mirror.origin, mirror.insecure ?? insecure);
    this.origin = new URL(options.origin.origin);
    this.#transport = transport;
    this.#targets = new Targets(this.origin, allowedHosts);
    const common = {
      transport,
      clock,
      warnings: onWarning && new Warnings(onWarning),
      maxRetryMs: requireDuration(options.maxRetryMs ?? 300_000, "maxRetryMs"),
      concurrency: Math.max(1, requireCount(options.concurrency ?? 6, "concurrency")),
    };
    const retries = requireCount(options.retries ?? 5, "retries");
    this.#endpoint = new Endpoint({ ...common, authenticator, retries, targets: this.#targets });
    this.#mirrors = mirrors.map((mirror) => {
      const targets = new Targets(mirror.origin, allowedHosts);
      const endpoint = new Endpoint({
        ...common,
        authenticator: mirror.authenticator,
        retries: Math.min(retries, MIRROR_RETRIES),
        targets,
      });
      return new Mirror(mirror, endpoint, clock);
    });
  }

  async send(request: RegistryRequest): Promise<RegistryResponse> {
    request.signal?.throwIfAborted();
    if (this.#isClosed) throw wasClosed();
    const call = this.#callOf(request);
    try {
      return (await this.#askMirrors(request, call)) ?? (await this.#endpoint.send(call));
    } catch (error) {
      call.onEnd();
      throw error;
    }
  }

  resolve(location: string, base: URL, use: "page" | "upload"): URL {
    const url = this.#targets.resolve(location, base);
    if (use === "page" && !this.#targets.isOwn(url))
      throw new RegistryError("REMOTE_FAILED", "the registry continues a list on another host");
    return url;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#running.abort(wasClosed());
    await this.#transport.close();
  }

  #callOf(request: RegistryRequest): EndpointCall {
    const { method, target, scopes, headers = {}, body, signal, blockBytes } = request;
    const url = typeof target === "string" ? this.#pathOf(target) : target;
    this.#targets.check(url, this.origin);
    const { controller, end } = this.#running.start(signal);
    return {
      method,
      url,
      scopes,
      headers,
      body: body && new RepeatableBody(body),
      isRepeatable: request.repeatable ?? (method === "GET" || method === "HEAD"),
      signal: controller.signal,
      blockBytes,
      onEnd: end,
    };
  }

  #pathOf(target: string): URL {
    const url = new URL(target, this.origin);
    if (!target.startsWith("/v2/") || !url.pathname.startsWith("/v2/") || !this.#targets.isOwn(url))
      throw new TypeError("target is not a path below /v2/");
    return url;
  }

  /** Returns the response of the first mirror that has the content. If all fail, the registry is asked. */
  async #askMirrors(request: RegistryRequest, call: EndpointCall): Promise<RegistryResponse | undefined> {
    if (request.mirrored !== true || !["GET", "HEAD"].includes(request.method)) return undefined;
    if (!this.#targets.isOwn(call.url)) return undefined;
    for (const mirror of this.#mirrors) {
      try {
        const response = await mirror.send(call);
        if (response !== undefined) return response;
      } catch (error) {
        if (call.signal.aborted || !isRegistryError(error)) throw error;
      }
    }
    return undefined;
  }
}

function wasClosed(): RegistryError {
  return new RegistryError("CLOSED", "the client is closed");
}
