import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

import { onTestFinished } from "vitest";

import { openRemote, type RemoteOptions, type RemoteRegistry } from "../../src/index.ts";
import type { Answer, ScriptedServer } from "../scripted-server.ts";
import { reply, scriptedServer } from "../scripted-server.ts";

/** The digest of text or bytes. */
export function digestOf(content: string | Uint8Array, algorithm = "sha256"): string {
  return `${algorithm}:${createHash(algorithm).update(content).digest("hex")}`;
}

/** A scripted registry, and a client of it. */
export interface Scripted {
  readonly server: ScriptedServer;
  readonly client: RemoteRegistry;
  /** The requests after the ping, as `GET /v2/app/…`. */
  readonly asked: () => readonly string[];
}

/** Answers for requests such as `GET /v2/app/blobs/sha256:…`; the path may have a query. The first that matches counts. */
export type Routes = Readonly<Record<string, Answer | readonly Answer[]>>;

/** Opens a client of a server that answers pings, and other requests with `routes`. All others are 404. */
export async function scripted(routes: Routes, options: RemoteOptions = {}): Promise<Scripted> {
  const counts: Map<string, number> = new Map();
  const server = await scriptedServer((request: IncomingMessage, response: ServerResponse) => {
    const { method = "", url = "" } = request;
    if (url === "/v2/") return reply(200, "{}")(request, response);
    const key = [`${method} ${url}`, `${method} ${url.split("?")[0] ?? ""}`].find((it) => it in routes);
    if (key === undefined) return reply(404, '{"errors":[]}')(request, response);
    const answers = [routes[key] ?? []].flat() as readonly Answer[];
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    const answer = answers[Math.min(count, answers.length - 1)];
    return (answer ?? reply(500, "no answer"))(request, response);
  });
  const client = await openRemote(server.origin.host, { credentials: false, retries: 0, ...options });
  onTestFinished(async () => client.close());
  const asked = (): readonly string[] =>
    server.received.slice(1).map(({ method, url }) => `${method} ${url}`);
  return { server, client, asked };
}

/** The code of the rejection of `promise`, or `"resolved"`. */
export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "resolved",
    (error: unknown) => (error as { readonly code?: unknown }).code ?? error,
  );
}
