import { RegistryError } from "@ocilayout/oci-types";

import { readLimited } from "../../transport/read-limited.ts";
import type { Transport, TransportRequest, TransportResponse } from "../../transport/transport.ts";
import type { Credentials } from "../credentials.ts";
import type { Time } from "../time.ts";
import type { TokenAnswer } from "./token.ts";
import { parseTokenAnswer } from "./token.ts";
import type { TokenWish } from "./token-request.ts";
import { getRequest, postRequest } from "./token-request.ts";

/** The maximum size of the answer of a token server, in bytes. */
const MAX_BYTES = 64 * 1024;

/** How often a request is sent again, the first delay and the longest, in milliseconds. */
const RETRIES = 3;
const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Statuses of a server that may work again soon. */
const TRANSIENT: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** Statuses of a server that has no POST. */
const NO_POST: ReadonlySet<number> = new Set([404, 405]);

/**
 * Asks a token server for a token. Follows no redirects.
 *
 * @param credentials - The credentials, if the server may have them. Without them the token is anonymous.
 * @throws `RegistryError` with `UNAUTHORIZED`, `DENIED`, `TOOMANYREQUESTS` or `REMOTE_FAILED`; the errors of the transport; the
 * signal's reason.
 */
export async function requestToken(
  wish: TokenWish,
  credentials: Credentials | undefined,
  { transport, time }: { readonly transport: Transport; readonly time: Time },
  signal: AbortSignal,
): Promise<TokenAnswer> {
  const send = async (request: Omit<TransportRequest, "signal" | "isLed">): Promise<TransportResponse> =>
    sendPatiently({ ...request, isLed: wish.realm.isLed, signal }, transport, time);
  let response: TransportResponse | undefined;
  if (credentials !== undefined && "identityToken" in credentials) {
    response = await send(postRequest(wish, credentials.identityToken));
    if (NO_POST.has(response.status)) {
      await response.discard();
      response = undefined;
    }
  }
  response ??= await send(getRequest(wish, credentials));
  if (response.status !== 200) {
    await response.discard();
    throw failure(response.status, wish, credentials !== undefined);
  }
  const date = Date.parse(response.header("date")[0] ?? "");
  const now = Number.isNaN(date) ? time.now() : date;
  return parseTokenAnswer(await readLimited(response, MAX_BYTES), now);
}

/** Sends a request, again after a while if the server is busy. */
async function sendPatiently(
  request: TransportRequest,
  transport: Transport,
  time: Time,
): Promise<TransportResponse> {
  for (let count = 0; ; count += 1) {
    const response = await transport.send(request);
    if (!TRANSIENT.has(response.status) || count === RETRIES) return response;
    const asked = Number(response.header("retry-after")[0] ?? 0) * 1000;
    const delay = Math.max(FIRST_MS * 2 ** count, Number.isNaN(asked) ? 0 : asked);
    if (delay > LONGEST_MS) return response;
    await response.discard();
    await time.sleep(delay, request.signal);
  }
}

function failure(status: number, { realm }: TokenWish, isAuthenticated: boolean): RegistryError {
  const server = `the token server ${realm.url.host}`;
  if (status === 401)
    return new RegistryError(
      "UNAUTHORIZED",
      `${server} ${isAuthenticated ? "does not accept the credentials" : "wants credentials"}`,
    );
  if (status === 403) return new RegistryError("DENIED", `${server} refuses a token`);
  if (status === 429) return new RegistryError("TOOMANYREQUESTS", `${server} gets too many requests`);
  return new RegistryError("REMOTE_FAILED", `${server} answered with status ${status}`, {
    detail: { status },
  });
}
