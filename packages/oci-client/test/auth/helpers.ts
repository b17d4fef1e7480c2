import { createAuthenticator } from "../../src/auth/create-authenticator.ts";
import type { AuthenticatorOptions } from "../../src/auth/create-authenticator.ts";
import type { Authenticator, Scope } from "../../src/auth/authenticator.ts";
import type { Time } from "../../src/auth/time.ts";
import type { Transport, TransportRequest } from "../../src/transport/transport.ts";

/** A request that a fake server received, with its body as text. */
export interface Sent {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isLed: boolean;
}

/** The answer of a fake server. An object as body is sent as JSON. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A transport whose servers are a function. */
export interface FakeTransport extends Transport {
  readonly sent: Sent[];
}

export function fakeTransport(
  answer: (sent: Sent, signal?: AbortSignal) => Answer | Promise<Answer>,
): FakeTransport {
  const sent: Sent[] = [];
  return {
    sent,
    close: async () => undefined,
    async send(request) {
      const seen = await recorded(request);
      sent.push(seen);
      const { status = 200, headers = {}, body = "" } = await answer(seen, request.signal);
      request.signal?.throwIfAborted();
      const bytes = new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
      return {
        status,
        header: (name) => (headers[name] === undefined ? [] : [headers[name]]),
        body: (async function* () {
          // In pieces, as a network delivers it.
          for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
        })(),
        discard: async () => undefined,
      };
    },
  };
}

async function recorded({ method, url, headers, body, isLed = false }: TransportRequest): Promise<Sent> {
  let text = "";
  for await (const chunk of body?.open() ?? []) text += new TextDecoder().decode(chunk);
  return { method, url, headers, body: text, isLed };
}

/** A clock that stands still until a test moves it. Sleeps are over at once, and move it. */
export function stillTime(): Time & { at: number; readonly slept: number[] } {
  const time = {
    at: Date.UTC(2026, 0, 1),
    slept: [] as number[],
    now: () => time.at,
    async sleep(ms: number, signal?: AbortSignal) {
      signal?.throwIfAborted();
      time.slept.push(ms);
      time.at += ms;
    },
  };
  return time;
}

/** Creates an authenticator for `https://registry.example.com` with the user `me`. */
export function authenticatorOver(
  transport: Transport,
  options: Partial<AuthenticatorOptions> = {},
): Authenticator {
  return createAuthenticator({
    origin: new URL("https://registry.example.com"),
    host: "registry.example.com",
    credentials: async () => ({ username: "me", password: "secret" }),
    transport,
    time: stillTime(),
    ...options,
  });
}

/** A response with status 401 and challenges. */
export function challenge(...values: readonly string[]): { header(name: string): readonly string[] } {
  return { header: (name) => (name === "www-authenticate" ? values : []) };
}

/** A challenge with the token server of the registry itself. */
export function bearer(
  parameters = 'service="registry"',
  realm = "https://registry.example.com/token",
): ReturnType<typeof challenge> {
  return challenge(`Bearer realm="${realm}",${parameters}`);
}

export const pull = (name: string): readonly Scope[] => [{ type: "repository", name, actions: ["pull"] }];

export const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;

/** Sends one request as the request layer does: answers up to two challenges. Returns the last header, or how it ended. */
export async function attempt(
  authenticator: Authenticator,
  scopes: readonly Scope[],
  registry: (authorization: string | undefined) => ReturnType<typeof challenge> | "ok",
  signal?: AbortSignal,
): Promise<{ readonly sent: readonly (string | undefined)[]; readonly isOk: boolean }> {
  const sent: (string | undefined)[] = [];
  for (;;) {
    const authorization = await authenticator.authorization(scopes, signal);
    sent.push(authorization);
    const answer = registry(authorization);
    if (answer === "ok") return { sent, isOk: true };
    const isNew = sent.length <= 2 && (await authenticator.challenged(answer, scopes, authorization, signal));
    if (!isNew) return { sent, isOk: false };
  }
}
