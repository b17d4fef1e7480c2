import { RegistryError } from "@ocilayout/oci-types";

import type { RequestBody, Transport, TransportResponse } from "../transport/transport.ts";
import type { Targets } from "./targets.ts";
import type { Warnings } from "./warnings.ts";

/** The most redirects of one request that are followed. */
const MAX_REDIRECTS = 10;

/** The statuses of redirects of reads that are followed. */
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** The statuses of redirects of other requests that are followed. They keep the method and the body. */
const KEEPING_REDIRECTS = new Set([307, 308]);

/** Statuses of a storage service that has signed an address for GET, and gets HEAD. */
const SIGNED_FOR_GET = new Set([403, 405]);

/** One request, without its credentials. */
export interface Outgoing {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: RequestBody | undefined;
  /** Whether the body, if there is one, can be sent again. */
  readonly canSend: () => boolean;
  readonly signal: AbortSignal;
  readonly blockBytes?: number | undefined;
}

/** A response after redirects. */
export interface Followed {
  readonly response: TransportResponse;
  /** The address that sent it. */
  readonly url: URL;
  /** Whether the registry itself sent it, and no other host had a part in it. */
  readonly isOwn: boolean;
  /** Whether there was a redirect. */
  readonly isRedirected: boolean;
}

/** The parts of the client that each request uses. */
export interface Route {
  readonly transport: Transport;
  readonly targets: Targets;
  readonly warnings: Warnings | undefined;
}

/**
 * Sends a request, and follows its redirects. Those of GET and HEAD may lead to other hosts, those of other requests only to the
 * same origin. Credentials go to the origin of the registry only. Once another host had a part in the way, no later request has
 * credentials.
 *
 * @throws `RegistryError` `REMOTE_FAILED` for an address that {@link Targets} refuses, for another origin than that of a request
 * which changes something, if its body cannot be sent again, and after ten redirects.
 */
export async function follow(
  outgoing: Outgoing,
  authorization: string | undefined,
  route: Route,
): Promise<Followed> {
  const { transport, targets, warnings } = route;
  const headers = Object.fromEntries(
    Object.entries(outgoing.headers).filter(([name]) => name !== "authorization"),
  );
  const credentials = authorization === undefined ? {} : { authorization };
  let { url } = outgoing;
  let isOwn = targets.isOwn(url);
  for (let redirects = 0; ; redirects += 1) {
    const response = await transport.send({
      ...outgoing,
      url,
      headers: isOwn ? { ...headers, ...credentials } : headers,
      isLed: targets.isLed(url),
    });
    if (isOwn) warnings?.take(response, url);
    const [location] = response.header("location");
    const isFollowed = (isRead(outgoing) ? REDIRECTS : KEEPING_REDIRECTS).has(response.status);
    if (!isFollowed || location === undefined) return { response, url, isOwn, isRedirected: redirects > 0 };
    await response.discard();
    if (redirects === MAX_REDIRECTS) throw failed(`redirects more than ${MAX_REDIRECTS} times`);
    const target = targets.resolve(location, url);
    if (!isRead(outgoing)) requireRepeatable(outgoing, url, target);
    url = target;
    isOwn &&= targets.isOwn(url);
  }
}

function isRead({ method }: Outgoing): boolean {
  return method === "GET" || method === "HEAD";
}

/** Content that the caller sends to one host never goes to another. */
function requireRepeatable({ method, canSend }: Outgoing, from: URL, to: URL): void {
  if (to.origin !== from.origin) throw failed(`redirects a ${method} to another host`);
  if (!canSend()) throw failed(`redirects a ${method}, and the content cannot be sent again`);
}

function failed(what: string): RegistryError {
  return new RegistryError("REMOTE_FAILED", `the registry ${what}`);
}

/** Whether a HEAD has to be repeated as a GET, because the address that it was redirected to is signed for GET. */
export function needsGet({ method }: Outgoing, { response, isRedirected }: Followed): boolean {
  return method === "HEAD" && isRedirected && SIGNED_FOR_GET.has(response.status);
}
