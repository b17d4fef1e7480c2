import { createPrivateKey, randomUUID, sign, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";

import type { Authority } from "./authority.ts";

/** A token server that runs on this machine until it is disposed of. */
export interface TokenServer extends AsyncDisposable {
  /** The address, for `realm`. */
  readonly realm: string;
  /** The scopes of the tokens that it issued. */
  readonly issued: readonly string[];
}

/** The issuer and the service in its tokens. */
export const ISSUER = "interop issuer";
export const SERVICE = "interop service";

/**
 * Starts a token server for one account, whose tokens allow what they are asked for and expire after a minute.
 *
 * @see {@link https://distribution.github.io/distribution/spec/auth/token/}
 */
export async function startTokenServer(
  { certificate, key }: Authority,
  account: { readonly username: string; readonly password: string },
): Promise<TokenServer> {
  const issued: string[] = [];
  const [cert, privateKey] = [readFileSync(certificate), readFileSync(key)];
  const expected = `Basic ${Buffer.from(`${account.username}:${account.password}`).toString("base64")}`;
  const server = createServer({ cert, key: privateKey }, (request, response) => {
    const url = new URL(request.url ?? "", "https://localhost");
    if (request.headers.authorization !== expected) {
      response.writeHead(401).end('{"errors":[{"code":"UNAUTHORIZED"}]}');
      return;
    }
    const scopes = url.searchParams.getAll("scope").flatMap((scope) => scope.split(" "));
    issued.push(...scopes);
    const now = Math.floor(Date.now() / 1000);
    const token = jwt(cert, privateKey, {
      iss: ISSUER,
      aud: SERVICE,
      sub: account.username,
      iat: now,
      nbf: now - 10,
      exp: now + 60,
      jti: randomUUID(),
      access: scopes.map(accessOf),
    });
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ token, expires_in: 60, issued_at: new Date(now * 1000).toISOString() }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    realm: `https://localhost:${(server.address() as AddressInfo).port}/token`,
    issued,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function accessOf(scope: string): object {
  const [type, ...rest] = scope.split(":");
  const actions = rest.pop() ?? "";
  return { type, name: rest.join(":"), actions: actions.split(",") };
}

function jwt(cert: Buffer, key: Buffer, claims: object): string {
  const x5c = [new X509Certificate(cert).raw.toString("base64")];
  const head = [{ typ: "JWT", alg: "RS256", x5c }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${head}.${sign("sha256", Buffer.from(head), createPrivateKey(key)).toString("base64url")}`;
}
