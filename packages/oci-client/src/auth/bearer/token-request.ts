import { basicAuthorization } from "../basic.ts";
import type { Credentials } from "../credentials.ts";
import type { RequestBody, TransportRequest } from "../../transport/transport.ts";
import type { Realm } from "./realm.ts";

/** The name of this client at token servers. */
const CLIENT_ID = "ocilayout";

/** The name of a user that stands for an identity token, as Docker has it. */
const TOKEN_USER = "<token>";

/** The properties of a wanted token. */
export interface TokenWish {
  readonly realm: Realm;
  /** The parameter `service` of the challenge. */
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  /** The repository whose credentials are used. */
  readonly repository: string | undefined;
}

type Request = Pick<TransportRequest, "method" | "url" | "headers" | "body">;

/**
 * Returns a GET request for a token.
 *
 * @param credentials - Sent with the Basic scheme; an identity token takes the place of the password. Without them the token is
 * anonymous.
 * @see {@link https://distribution.github.io/distribution/spec/auth/token/}
 */
export function getRequest(
  { realm, service, scopes }: TokenWish,
  credentials: Credentials | undefined,
): Request {
  const parameters = new URLSearchParams();
  if (service !== undefined) parameters.append("service", service);
  for (const scope of scopes) parameters.append("scope", scope);
  const headers: Record<string, string> = { accept: "application/json" };
  if (credentials !== undefined && !("registryToken" in credentials)) {
    const { username = TOKEN_USER } = credentials;
    const secret = "password" in credentials ? credentials.password : credentials.identityToken;
    headers["authorization"] = basicAuthorization(username, secret);
    if (username !== TOKEN_USER) parameters.append("account", username);
  }
  const url = new URL(realm.url);
  url.search = [url.search.slice(1), parameters.toString()].filter((part) => part !== "").join("&");
  return { method: "GET", url, headers };
}

/**
 * Returns a POST request that exchanges an identity token for a token.
 *
 * @see {@link https://distribution.github.io/distribution/spec/auth/oauth/}
 */
export function postRequest({ realm, service, scopes }: TokenWish, identityToken: string): Request {
  const form = new URLSearchParams({ grant_type: "refresh_token", client_id: CLIENT_ID });
  if (service !== undefined) form.append("service", service);
  if (scopes.length > 0) form.append("scope", scopes.join(" "));
  form.append("refresh_token", identityToken);
  return {
    method: "POST",
    url: realm.url,
    headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
    body: bodyOf(new TextEncoder().encode(form.toString())),
  };
}

function bodyOf(bytes: Uint8Array): RequestBody {
  return {
    size: bytes.length,
    open: async function* () {
      yield bytes;
    },
  };
}
