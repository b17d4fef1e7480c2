import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, request as ask } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A proxy that fails at random, and another server that it sends clients to. */
export interface FlakyProxy extends AsyncDisposable {
  /** The host and port of the proxy. */
  readonly host: string;
  /** The host and port of the other server. */
  readonly otherHost: string;
  /** The headers of every request to the other server, with its address. */
  readonly elsewhere: readonly Readonly<Record<string, unknown>>[];
  /** How often each fault happened. */
  readonly faults: ReadonlyMap<string, number>;
}

/** Settings of {@link startFlakyProxy}. */
export interface FlakySettings {
  /** The port of the registry on this machine. */
  readonly port: number;
  /** Returns numbers from 0 to 1. */
  readonly random: () => number;
  /** The share of requests with a fault. */
  readonly share: number;
  /** The value of `Authorization` with which the other server reads from the registry. */
  readonly authorization: string;
}

const FAULTS = [
  "drop before the request",
  "drop the response",
  "delay",
  "truncate the response",
  "truncate the request",
  "corrupt the response",
  "corrupt the request",
  "answer 503",
  "answer 429",
  "answer with a page",
  "redirect elsewhere",
  "ask for a token elsewhere",
  "ask for a password elsewhere",
  "upload elsewhere",
  "continue a list elsewhere",
] as const;
type Fault = (typeof FAULTS)[number];

/** Starts a proxy in front of a registry. Bodies of lists are not corrupted, because no digest protects them. */
export async function startFlakyProxy(settings: FlakySettings): Promise<FlakyProxy> {
  const { port, random, share } = settings;
  const elsewhere: Record<string, unknown>[] = [];
  const faults: Map<string, number> = new Map();
  const other = createServer((request, response) => {
    elsewhere.push({ url: request.url, ...request.headers });
    if (request.url?.startsWith("/token") === true)
      response.writeHead(200, { "content-type": "application/json" }).end('{"token":"from-elsewhere"}');
    else forward(request, response, { port, authorization: settings.authorization });
  });
  const otherHost = await listen(other);
  const proxy = createServer((request, response) => {
    const fault = random() < share ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined;
    if (fault !== undefined) faults.set(fault, (faults.get(fault) ?? 0) + 1);
    void misbehave(request, response, fault).catch(() => response.destroy());
  });

  async function misbehave(
    request: IncomingMessage,
    response: ServerResponse,
    fault: Fault | undefined,
  ): Promise<void> {
    const { url = "", method = "" } = request;
    const isContent = /\/(blobs|manifests)\/[^/]+$/.test(url.split("?")[0] ?? "");
    const elsewhereTo = `http://${otherHost}${url}`;
    const pass = (how: Partial<Forwarding> = {}): void => {
      forward(request, response, { port, ...how });
    };
    const say = (status: number, headers: Record<string, string>): void => {
      answer(request, response, status, headers);
    };
    const faultsOf: Readonly<Record<Fault, () => void>> = {
      "drop before the request": () => response.destroy(),
      "drop the response": () => {
        pass({ keep: 0 });
      },
      delay: () => {
        pass();
      },
      "truncate the response": () => {
        pass({ keep: random() });
      },
      "truncate the request": () => {
        pass({ send: random() });
      },
      "corrupt the response": () => {
        pass(isContent ? { corrupts: random() } : {});
      },
      "corrupt the request": () => {
        pass({ corruptsRequest: random() });
      },
      "answer 503": () => {
        say(503, { "retry-after": "0" });
      },
      "answer 429": () => {
        say(429, { "retry-after": "0" });
      },
      "answer with a page": () => {
        say(502, { "content-type": "text/html" });
      },
      "redirect elsewhere": () => {
        say(307, { location: elsewhereTo });
      },
      "ask for a token elsewhere": () => {
        say(401, {
          "www-authenticate": `Bearer realm="http://${otherHost}/token",service="x",scope="repository:app:pull"`,
        });
      },
      "ask for a password elsewhere": () => {
        say(401, {
          "www-authenticate": `Bearer realm="http://user@${otherHost}/token", Basic realm="http://${otherHost}"`,
        });
      },
      "upload elsewhere": () => {
        if (method === "POST") say(202, { location: `http://${otherHost}/upload/1`, range: "0-0" });
        else pass();
      },
      "continue a list elsewhere": () => {
        pass({ headers: { link: `<http://${otherHost}${url}>; rel="next"` } });
      },
    };
    if (fault === "delay") await sleep(random() * 300);
    if (fault === undefined) pass();
    else faultsOf[fault]();
  }

  const host = await listen(proxy);
  return {
    host,
    otherHost,
    elsewhere,
    faults,
    async [Symbol.asyncDispose]() {
      for (const server of [proxy, other]) {
        server.closeAllConnections();
        server.close();
        await once(server, "close");
      }
    },
  };
}

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  server.on("clientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
): void {
  request.resume();
  response.writeHead(status, headers).end("<html>");
}

/** How to forward a request. Shares are of the body, from 0 to 1. */
interface Forwarding {
  readonly port: number;
  readonly authorization?: string | undefined;
  readonly headers?: Record<string, string> | undefined;
  /** The share of the response that is sent before the connection is closed. */
  readonly keep?: number | undefined;
  /** The share of the request that is sent before the connection is closed. */
  readonly send?: number | undefined;
  /** Where the response is corrupted. */
  readonly corrupts?: number | undefined;
  /** Where the request is corrupted. */
  readonly corruptsRequest?: number | undefined;
}

function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { port, authorization, headers, keep, send, corrupts, corruptsRequest }: Forwarding,
): void {
  const onward = ask(
    {
      host: "127.0.0.1",
      port,
      method: request.method,
      path: request.url,
      headers: { ...request.headers, ...(authorization === undefined ? {} : { authorization }) },
    },
    (answered) => {
      const size = Number(answered.headers["content-length"] ?? "0");
      response.writeHead(answered.statusCode ?? 0, { ...answered.headers, ...headers });
      void passBody(answered, response, { size, keep, corrupts });
    },
  );
  onward.on("error", () => response.destroy());
  response.on("close", () => onward.destroy());
  const size = Number(request.headers["content-length"] ?? "0");
  void passBody(request, onward, { size, keep: send, corrupts: corruptsRequest });
}

/** Passes a body on, as far as `keep` of it, with one byte changed at `corrupts` of it. */
async function passBody(
  from: IncomingMessage,
  to: ServerResponse | ReturnType<typeof ask>,
  { size, keep, corrupts }: { readonly size: number } & Pick<Forwarding, "keep" | "corrupts">,
): Promise<void> {
  const end = keep === undefined ? Infinity : Math.floor(keep * size);
  const wrong = corrupts === undefined ? -1 : Math.floor(corrupts * size);
  let position = 0;
  try {
    if (end === 0) {
      to.destroy();
      return;
    }
    for await (const chunk of from as AsyncIterable<Buffer>) {
      const bytes = Buffer.from(chunk);
      if (wrong >= position && wrong < position + bytes.length)
        bytes[wrong - position] = (bytes[wrong - position] ?? 0) ^ 1;
      const part = bytes.subarray(0, end - position);
      position += bytes.length;
      if (part.length > 0 && !to.write(part)) await once(to, "drain");
      if (position >= end) {
        to.destroy();
        return;
      }
    }
    to.end();
  } catch {
    to.destroy();
  }
}
