import { isRegistryError, RegistryError } from "@ocilayout/oci-types";

import type { Authenticator, Scope } from "../auth/authenticator.ts";
import type { Clock } from "./clock.ts";
import { isLoopback } from "../transport/addresses.ts";
import { failedAt } from "../transport/failed-host.ts";
import type { Followed, Outgoing, Route } from "./follow.ts";
import { follow, needsGet } from "./follow.ts";
import type { Place } from "./places.ts";
import { Places } from "./places.ts";
import { readErrors } from "./read-errors.ts";
import type { RegistryResponse } from "./registry-client.ts";
import type { RepeatableBody } from "./request-body.ts";
import { isQuota, isTransient, mayRepeat, Retries, retryAfter, systemCode } from "./retry.ts";
import { asRemoteFailure, TrackedResponse } from "./tracked-response.ts";

/** The most challenges of one request that are answered: one without a token, and one with an old token. */
const MAX_CHALLENGES = 2;

/** How often a connection that this machine refuses is made again. */
const LOCAL_RETRIES = 1;

/** A request to an endpoint. */
export interface EndpointCall {
  readonly method: string;
  readonly url: URL;
  readonly scopes: readonly Scope[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RepeatableBody | undefined;
  readonly isRepeatable: boolean;
  readonly signal: AbortSignal;
  /** Lets the transport use the memory of chunks again: `TransportRequest.blockBytes`. */
  readonly blockBytes: number | undefined;
  /** Called once, when the response was read or dropped, or did not come. */
  readonly onEnd: () => void;
}

/** Settings of an endpoint. */
export interface EndpointOptions extends Route {
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly retries: number;
  readonly maxRetryMs: number;
  readonly concurrency: number;
}

/** One host that answers requests: the registry, or a mirror. It authenticates, repeats, and limits concurrency. */
export class Endpoint {
  readonly #options: EndpointOptions;
  /** The places of requests with a body. */
  readonly #uploads: Places;
  /** The places of requests without. A download keeps its place while an upload to the same host sends it on. */
  readonly #others: Places;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#uploads = new Places(options.concurrency, options.clock);
    this.#others = new Places(options.concurrency, options.clock);
  }

  /** Sends a request, again if that is safe and may help. */
  async send(call: EndpointCall): Promise<RegistryResponse> {
    const { clock, retries, maxRetryMs } = this.#options;
    const left = new Retries(retries, maxRetryMs, clock);
    for (;;) {
      const place = await (call.body === undefined ? this.#others : this.#uploads).take(call.signal);
      const outcome = await this.#try(call, place, left).catch((error: unknown) => {
        place.leave();
        throw error;
      });
      if (typeof outcome !== "number") return outcome;
      place.leave();
      await clock.sleep(outcome, call.signal);
    }
  }

  /** Returns the response, or how long to wait before the next attempt in milliseconds. */
  async #try(call: EndpointCall, place: Place, left: Retries): Promise<RegistryResponse | number> {
    const began = this.#options.clock.now();
    try {
      const { response, url } = await this.#authenticated(call, place);
      const { status } = response;
      if (status === 429) return await this.#tooMany(call, response, left);
      const delay =
        isTransient(status) && call.isRepeatable && canSend(call) ? left.next(response) : undefined;
      if (delay !== undefined) {
        await response.discard();
        return delay;
      }
      const isEmpty =
        call.method === "HEAD" || [204, 304].includes(status) || response.header("content-length")[0] === "0";
      const isDownload = call.method === "GET";
      const { signal, onEnd } = call;
      return new TrackedResponse(response, { url, place, signal, isEmpty, isDownload, onEnd });
    } catch (error) {
      if (call.signal.aborted) throw call.signal.reason as unknown;
      if (call.body?.failure !== undefined) throw call.body.failure.error;
      if (isRegistryError(error)) throw error;
      // The time of an attempt that timed out counts, so that a registry that never answers fails soon.
      if (systemCode(error) === "ETIMEDOUT") left.spend(this.#options.clock.now() - began);
      if (isRefusedHere(error, call.url)) left.leaveAtMost(LOCAL_RETRIES);
      const delay = mayRepeat(error, call.isRepeatable) && canSend(call) ? left.next() : undefined;
      if (delay === undefined) throw asRemoteFailure(error, call.url);
      return delay;
    }
  }

  async #tooMany(call: EndpointCall, response: Followed["response"], left: Retries): Promise<number> {
    const error = await readErrors(response);
    const isHopeless = retryAfter(response, 0) === undefined && isQuota(response, error.message);
    const delay = !isHopeless && canSend(call) ? left.next(response) : undefined;
    if (delay !== undefined) return delay;
    throw new RegistryError("TOOMANYREQUESTS", error.message);
  }

  async #authenticated(call: EndpointCall, place: Place): Promise<Followed> {
    const { authenticator, targets } = this.#options;
    const { scopes, signal } = call;
    const isOwn = targets.isOwn(call.url);
    for (let challenges = 0; ; challenges += 1) {
      const authorization = isOwn ? await authenticator.authorization(scopes, signal) : undefined;
      const outgoing = { ...call, body: call.body?.for(place), canSend: () => canSend(call) };
      const followed = await this.#follow(outgoing, authorization);
      const { response } = followed;
      if (response.status !== 401 || !followed.isOwn) return followed;
      try {
        const isNew =
          challenges < MAX_CHALLENGES &&
          (await authenticator.challenged(response, scopes, authorization, signal));
        if (!isNew) throw await refusal(response, authorization);
      } finally {
        await response.discard();
      }
      if (!canSend(call))
        throw new RegistryError(
          "UNAUTHORIZED",
          "the registry wants new credentials, and the content cannot be sent again",
        );
    }
  }

  async #follow(outgoing: Outgoing, authorization: string | undefined): Promise<Followed> {
    const followed = await follow(outgoing, authorization, this.#options);
    if (!needsGet(outgoing, followed)) return followed;
    await followed.response.discard();
    const got = await follow({ ...outgoing, method: "GET" }, authorization, this.#options);
    // Only the headers are wanted.
    await got.response.discard();
    return got;
  }
}

/** Whether this machine refused the connection: no program listens, and waiting rarely helps. */
function isRefusedHere(error: unknown, url: URL): boolean {
  return systemCode(error) === "ECONNREFUSED" && isLoopback((failedAt(error) ?? url).hostname);
}

function canSend({ body }: EndpointCall): boolean {
  return body?.canSend() ?? true;
}

/** Returns the error for credentials that the registry does not accept. A token that is new means that it lacks permission. */
async function refusal(response: Followed["response"], used: string | undefined): Promise<RegistryError> {
  const { message } = await readErrors(response);
  return new RegistryError(used !== undefined && /^bearer /i.test(used) ? "DENIED" : "UNAUTHORIZED", message);
}
