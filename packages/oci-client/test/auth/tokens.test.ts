import { describe, expect, it } from "vitest";

import type { Credentials } from "../../src/auth/credentials.ts";
import type { Scope } from "../../src/auth/authenticator.ts";
import type { Answer, Sent } from "./helpers.ts";
import {
  attempt,
  authenticatorOver,
  basic,
  bearer,
  challenge,
  fakeTransport,
  pull,
  stillTime,
} from "./helpers.ts";

/** A token server that counts its tokens: `token-1`, `token-2`. */
function counting(more: Record<string, unknown> = {}): (sent: Sent) => Answer {
  let count = 0;
  return () => ({ body: { token: `token-${(count += 1)}`, ...more } });
}

/** A registry that accepts one header only. */
function accepting(
  accepted: string,
  asked = bearer(),
): (header: string | undefined) => ReturnType<typeof bearer> | "ok" {
  return (header) => (header === accepted ? "ok" : asked);
}

const queryOf = ({ url }: Pick<Sent, "url">): [string, string][] => [...url.searchParams];

describe("an authenticator without challenges", () => {
  it("sends nothing, and does not look for credentials", async () => {
    const transport = fakeTransport(counting());
    const authenticator = authenticatorOver(transport, {
      credentials: async () => {
        throw new Error("not needed");
      },
    });
    expect(await authenticator.authorization(pull("a"))).toBeUndefined();
    expect(transport.sent).toEqual([]);
  });

  it.each(["Negotiate", "", 'Digest realm="x"', "Bearer", 'Bearer service="x"'])(
    "gives up if the challenge is %j",
    async (value) => {
      const authenticator = authenticatorOver(fakeTransport(counting()));
      expect(await authenticator.challenged(challenge(value), pull("a"), undefined)).toBe(false);
    },
  );
});

describe("the scheme Basic", () => {
  const asked = challenge('Basic realm="registry"');

  it("sends user and password, at once for later requests", async () => {
    const authenticator = authenticatorOver(fakeTransport(counting()), {
      credentials: async () => ({ username: "jürgen", password: "a:b" }),
    });
    const { sent } = await attempt(authenticator, pull("a"), accepting(basic("jürgen:a:b"), asked));
    expect(sent).toEqual([undefined, basic("jürgen:a:b")]);
    expect(await authenticator.authorization(pull("b"))).toBe(basic("jürgen:a:b"));
  });

  it("ends after the first refusal, and asks the source once more for newer credentials", async () => {
    const passwords = ["old", "old", "new"];
    let asks = 0;
    const authenticator = authenticatorOver(fakeTransport(counting()), {
      credentials: async () => ({ username: "me", password: passwords[(asks += 1) - 1] ?? "new" }),
    });
    const first = await attempt(authenticator, pull("a"), () => asked);
    expect([first.isOk, first.sent.length, asks]).toEqual([false, 2, 2]);
    const second = await attempt(authenticator, pull("a"), accepting(basic("me:new"), asked));
    expect([second.isOk, second.sent]).toEqual([true, [basic("me:old"), basic("me:new")]]);
  });

  it.each<Credentials | undefined>([undefined, { identityToken: "t" }, { registryToken: "t" }])(
    "gives up with the credentials %j",
    async (credentials) => {
      const authenticator = authenticatorOver(fakeTransport(counting()), {
        credentials: async () => credentials,
      });
      expect(await attempt(authenticator, pull("a"), () => asked)).toEqual({
        sent: [undefined],
        isOk: false,
      });
    },
  );
});

describe("a token request", () => {
  it("names service and scopes, and keeps the query of the realm", async () => {
    const transport = fakeTransport(counting());
    const asked = bearer(
      'service="a b&c",scope="repository:a:pull"',
      "https://registry.example.com/token?x=%20y",
    );
    const scopes: Scope[] = [...pull("a"), { type: "repository", name: "b", actions: ["pull", "push"] }];
    await attempt(authenticatorOver(transport), scopes, accepting("Bearer token-1", asked));
    const [sent] = transport.sent;
    expect(sent?.url.search.startsWith("?x=%20y&service=")).toBe(true);
    expect(sent && queryOf(sent)).toEqual([
      ["x", " y"],
      ["service", "a b&c"],
      ["scope", "repository:a:pull"],
      ["scope", "repository:b:pull,push"],
      ["account", "me"],
    ]);
    expect(sent).toMatchObject({
      method: "GET",
      headers: { authorization: basic("me:secret") },
      isLed: false,
    });
  });

  it("is anonymous without credentials", async () => {
    const transport = fakeTransport(counting());
    const authenticator = authenticatorOver(transport, { credentials: undefined });
    expect(await attempt(authenticator, pull("a"), accepting("Bearer token-1"))).toMatchObject({
      isOk: true,
    });
    expect(transport.sent[0]?.headers).toEqual({ accept: "application/json" });
  });

  it("exchanges an identity token with POST, and takes its successor", async () => {
    let count = 0;
    const transport = fakeTransport(() => ({
      body: { access_token: `t${(count += 1)}`, refresh_token: `next&${count}` },
    }));
    const authenticator = authenticatorOver(transport, {
      credentials: async () => ({ identityToken: "first", username: "me" }),
    });
    await attempt(authenticator, pull("a"), accepting("Bearer t1"));
    await authenticator.authorization(pull("b"));
    await authenticator.authorization(pull("c"));
    expect(
      transport.sent.map(({ method, url, body }) => [method, url.href, [...new URLSearchParams(body)]]),
    ).toEqual(
      [
        ["a", "first"],
        ["b", "next&1"],
        ["c", "next&2"],
      ].map(([name, token]) => [
        "POST",
        "https://registry.example.com/token",
        [
          ["grant_type", "refresh_token"],
          ["client_id", "ocilayout"],
          ["service", "registry"],
          ["scope", `repository:${name}:pull`],
          ["refresh_token", token],
        ],
      ]),
    );
    expect(JSON.stringify(transport.sent.map(({ headers }) => headers))).not.toMatch(/authorization/);
  });

  it.each([404, 405])("falls back to GET if POST has status %d", async (status) => {
    const transport = fakeTransport(({ method }) =>
      method === "POST" ? { status } : { body: { token: "t" } },
    );
    const authenticator = authenticatorOver(transport, {
      credentials: async () => ({ identityToken: "identity" }),
    });
    expect(await attempt(authenticator, pull("a"), accepting("Bearer t"))).toMatchObject({ isOk: true });
    expect(transport.sent.map(({ method, headers }) => [method, headers["authorization"]])).toEqual([
      ["POST", undefined],
      ["GET", basic("<token>:identity")],
    ]);
  });

  it("is not sent for a registry token, which is used as it is", async () => {
    const transport = fakeTransport(counting());
    const authenticator = authenticatorOver(transport, {
      credentials: async () => ({ registryToken: "mine" }),
    });
    expect(await attempt(authenticator, pull("a"), accepting("Bearer mine"))).toMatchObject({ isOk: true });
    const refused = await attempt(authenticator, pull("a"), () => bearer());
    expect([refused, transport.sent]).toEqual([{ sent: ["Bearer mine"], isOk: false }, []]);
  });

  it.each([
    [401, "UNAUTHORIZED"],
    [403, "DENIED"],
    [400, "REMOTE_FAILED"],
    [204, "REMOTE_FAILED"],
  ])("that is answered with status %d fails with %s", async (status, code) => {
    const transport = fakeTransport(() => ({ status, body: { token: "secret-body" } }));
    const failed = attempt(authenticatorOver(transport), pull("a"), () => bearer());
    await expect(failed).rejects.toMatchObject({
      code,
      message: expect.not.stringContaining("secret") as string,
    });
    expect(transport.sent).toHaveLength(1);
  });

  it("is repeated with newer credentials if the old ones are refused", async () => {
    const transport = fakeTransport(({ headers }) =>
      headers["authorization"] === basic("me:new") ? { body: { token: "t" } } : { status: 401 },
    );
    const passwords = ["old", "new"];
    const authenticator = authenticatorOver(transport, {
      credentials: async () => ({ username: "me", password: passwords.shift() ?? "new" }),
    });
    expect(await attempt(authenticator, pull("a"), accepting("Bearer t"))).toMatchObject({ isOk: true });
    expect(transport.sent).toHaveLength(2);
  });

  it("is repeated while the server is busy, and waits as it asks", async () => {
    const time = stillTime();
    const answers: Answer[] = [
      { status: 503 },
      { status: 429, headers: { "retry-after": "7" } },
      { body: { token: "t" } },
    ];
    const authenticator = authenticatorOver(
      fakeTransport(() => answers.shift() ?? { status: 500 }),
      { time },
    );
    expect(await attempt(authenticator, pull("a"), accepting("Bearer t"))).toMatchObject({ isOk: true });
    expect(time.slept).toEqual([500, 7000]);
  });

  it("ends if the server stays busy, or asks for a long wait", async () => {
    const busy = fakeTransport(() => ({ status: 429 }));
    await expect(attempt(authenticatorOver(busy), pull("a"), () => bearer())).rejects.toMatchObject({
      code: "TOOMANYREQUESTS",
    });
    expect(busy.sent).toHaveLength(4);
    const closed = fakeTransport(() => ({ status: 503, headers: { "retry-after": "3600" } }));
    await expect(attempt(authenticatorOver(closed), pull("a"), () => bearer())).rejects.toMatchObject({
      code: "REMOTE_FAILED",
    });
    expect(closed.sent).toHaveLength(1);
  });
});

describe("the answer of a token server", () => {
  async function answered(body: unknown): Promise<unknown> {
    const authenticator = authenticatorOver(fakeTransport(() => ({ body })));
    return attempt(authenticator, pull("a"), (header) => (header === undefined ? bearer() : "ok"));
  }

  it("trap 9: has at most 64 KiB", async () => {
    let served = 0;
    const endless = {
      ...fakeTransport(() => ({})),
      send: async () => ({
        status: 200,
        header: () => [],
        discard: async () => undefined,
        body: (async function* () {
          for (;;) {
            served += 1;
            yield new Uint8Array(1000).fill(0x20);
          }
        })(),
      }),
    };
    await expect(attempt(authenticatorOver(endless), pull("a"), () => bearer())).rejects.toMatchObject({
      code: "REMOTE_FAILED",
    });
    expect(served).toBeLessThan(70);
  });

  it("trap 9: has a token of at most 32 KiB", async () => {
    expect(await answered({ token: "a".repeat(32 * 1024) })).toMatchObject({ isOk: true });
    await expect(answered({ token: "a".repeat(32 * 1024 + 1) })).rejects.toMatchObject({
      code: "REMOTE_FAILED",
    });
  });

  it.each(["a\r\nx: y", "a b", "é", "a\0", "\n"])(
    "never leads to a header with the token %j",
    async (token) => {
      await expect(answered({ token })).rejects.toMatchObject({ code: "REMOTE_FAILED" });
    },
  );

  it.each([
    "",
    "{",
    "[]",
    "null",
    '"token"',
    {},
    { token: "" },
    { token: 1 },
    { token: null },
    { error: "secret-text" },
  ])("without a token is an error: %j", async (body) => {
    await expect(answered(body)).rejects.toMatchObject({
      code: "REMOTE_FAILED",
      message: expect.not.stringContaining("secret") as string,
    });
  });
});

describe("a token", () => {
  it("is used again for the same scopes in any order, and not for others", async () => {
    const transport = fakeTransport(counting());
    const authenticator = authenticatorOver(transport);
    const both = [...pull("a"), ...pull("b")];
    await attempt(authenticator, both, accepting("Bearer token-1"));
    expect(await authenticator.authorization(both.toReversed())).toBe("Bearer token-1");
    expect(await authenticator.authorization(pull("a"))).toBe("Bearer token-2");
    expect(await authenticator.authorization(pull("a"))).toBe("Bearer token-2");
    expect(transport.sent).toHaveLength(2);
  });

  it.each([
    ["expires_in of 300 s", { expires_in: 300 }, 290],
    ["no expires_in, which means 60 s", {}, 50],
    ["expires_in of 0, which means 60 s", { expires_in: 0 }, 50],
    ["expires_in of 8 s", { expires_in: 8 }, 6],
    ["an age of 100 s", { expires_in: 300, issued_at: "2025-12-31T23:58:20Z" }, 190],
    ["a time of issue in the future", { expires_in: 300, issued_at: "2026-01-01T05:00:00Z" }, 290],
    ["a time of issue that leaves no life", { expires_in: 300, issued_at: "2025-01-01T05:00:00Z" }, 290],
    ["a life of a century, of which a day is believed", { expires_in: 3_000_000_000 }, 86_390],
  ])("with %s is renewed a little early", async (_, life, seconds) => {
    const time = stillTime();
    const authenticator = authenticatorOver(fakeTransport(counting(life)), { time });
    await attempt(authenticator, pull("a"), accepting("Bearer token-1"));
    time.at += seconds * 1000 - 1;
    expect(await authenticator.authorization(pull("a"))).toBe("Bearer token-1");
    time.at += 1;
    expect(await authenticator.authorization(pull("a"))).toBe("Bearer token-2");
  });

  it("has an age by the clock of the server", async () => {
    const time = stillTime();
    const headers = { date: "Thu, 01 Jan 2026 12:00:40 GMT" };
    const transport = fakeTransport(() => ({
      headers,
      body: { token: "t", expires_in: 100, issued_at: "2026-01-01T12:00:00Z" },
    }));
    const authenticator = authenticatorOver(transport, { time });
    await attempt(authenticator, pull("a"), accepting("Bearer t"));
    time.at += 51_000;
    await authenticator.authorization(pull("a"));
    expect(transport.sent).toHaveLength(2);
  });

  it("is replaced if the registry refuses it later", async () => {
    const time = stillTime();
    const authenticator = authenticatorOver(fakeTransport(counting({ expires_in: 3600 })), { time });
    await attempt(authenticator, pull("a"), accepting("Bearer token-1"));
    time.at += 60_000;
    expect(await attempt(authenticator, pull("a"), accepting("Bearer token-2"))).toEqual({
      sent: ["Bearer token-1", "Bearer token-2"],
      isOk: true,
    });
  });

  it("trap 21: ends the request if it is refused while it is fresh", async () => {
    const transport = fakeTransport(counting());
    const refused = await attempt(authenticatorOver(transport), pull("a"), () => bearer());
    expect(refused).toEqual({ sent: [undefined, "Bearer token-1"], isOk: false });
    expect(transport.sent).toHaveLength(1);
  });

  it("trap 21: that is anonymous and refused ends as UNAUTHORIZED", async () => {
    const authenticator = authenticatorOver(fakeTransport(counting()), {
      credentials: async () => undefined,
    });
    await expect(attempt(authenticator, pull("a"), () => bearer())).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: "the registry wants credentials, and none were found for registry.example.com",
    });
  });

  it("that is anonymous and refused is replaced once there are credentials", async () => {
    const accounts: Credentials[] = [];
    const transport = fakeTransport(({ headers }) => ({
      body: { token: headers["authorization"] === undefined ? "anonymous" : "mine" },
    }));
    const authenticator = authenticatorOver(transport, { credentials: async () => accounts[0] });
    await expect(attempt(authenticator, pull("a"), accepting("Bearer mine"))).rejects.toMatchObject({
      code: "UNAUTHORIZED",
    });
    accounts.push({ username: "me", password: "secret" });
    expect(await attempt(authenticator, pull("a"), accepting("Bearer mine"))).toMatchObject({ isOk: true });
  });

  it("trap 21: is asked for more scopes if the registry asks for more", async () => {
    const transport = fakeTransport(counting());
    const asked = bearer('service="registry",scope="repository:a:pull,push",error="insufficient_scope"');
    const { sent } = await attempt(authenticatorOver(transport), pull("a"), (header) => {
      if (header === "Bearer token-2") return "ok";
      return header === undefined ? bearer() : asked;
    });
    expect(sent).toEqual([undefined, "Bearer token-1", "Bearer token-2"]);
    expect(transport.sent.map((it) => it.url.searchParams.getAll("scope"))).toEqual([
      ["repository:a:pull"],
      ["repository:a:pull,push"],
    ]);
  });

  it("trap 21: has the scopes of one request only, however many there were before", async () => {
    const transport = fakeTransport(counting());
    const authenticator = authenticatorOver(transport);
    for (let at = 0; at < 600; at += 1) {
      const asked = bearer(`service="registry",scope="repository:r${at}:pull,push"`);
      await attempt(authenticator, pull(`r${at}`), (header) => (header === undefined ? asked : "ok"));
    }
    for (const { url } of transport.sent) expect(url.searchParams.getAll("scope")).toHaveLength(1);
    // The least recently used tokens are forgotten, so that memory does not grow.
    const before = transport.sent.length;
    await authenticator.authorization(pull("r599"));
    expect(transport.sent).toHaveLength(before);
    await authenticator.authorization(pull("r0"));
    expect(transport.sent).toHaveLength(before + 1);
  });
});

describe("calls for the same token", () => {
  function slowServer() {
    const waiting: (() => void)[] = [];
    const signals: (AbortSignal | undefined)[] = [];
    const transport = fakeTransport(async (_, signal) => {
      signals.push(signal);
      await new Promise<void>((resolve, reject) => {
        waiting.push(resolve);
        signal?.addEventListener("abort", () => {
          reject(signal.reason as Error);
        });
      });
      return { body: { token: `token-${transport.sent.length}` } };
    });
    return {
      transport,
      signals,
      release: () => {
        for (const go of waiting) go();
      },
    };
  }

  it("share one request, and the abort of one does not end it for the others", async () => {
    const { transport, release } = slowServer();
    const authenticator = authenticatorOver(transport);
    await authenticator.challenged(bearer(), pull("a"), undefined);
    const controller = new AbortController();
    const aborted = authenticator.authorization(pull("a"), controller.signal);
    const others = Promise.all([1, 2, 3].map(async () => authenticator.authorization(pull("a"))));
    await expect.poll(() => transport.sent.length).toBe(1);
    const reason = new Error("no longer");
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    release();
    expect(await others).toEqual(["Bearer token-1", "Bearer token-1", "Bearer token-1"]);
    expect(transport.sent).toHaveLength(1);
  });

  it("end the request when the last of them is aborted, and later calls send a new one", async () => {
    const { transport, signals, release } = slowServer();
    const authenticator = authenticatorOver(transport);
    await authenticator.challenged(bearer(), pull("a"), undefined);
    const controller = new AbortController();
    const calls = [1, 2].map(async () => authenticator.authorization(pull("a"), controller.signal));
    await expect.poll(() => transport.sent.length).toBe(1);
    controller.abort();
    for (const call of calls) await expect(call).rejects.toMatchObject({ name: "AbortError" });
    expect(signals[0]?.aborted).toBe(true);
    const next = authenticator.authorization(pull("a"));
    await expect.poll(() => transport.sent.length).toBe(2);
    release();
    expect(await next).toBe("Bearer token-2");
  });

  it("share a failure, which is not kept", async () => {
    let isDown = true;
    const transport = fakeTransport(() => (isDown ? { status: 403 } : { body: { token: "t" } }));
    const authenticator = authenticatorOver(transport);
    await authenticator.challenged(bearer(), pull("a"), undefined);
    const calls = await Promise.allSettled([1, 2].map(async () => authenticator.authorization(pull("a"))));
    expect([calls.map(({ status }) => status), transport.sent.length]).toEqual([["rejected", "rejected"], 1]);
    isDown = false;
    expect(await authenticator.authorization(pull("a"))).toBe("Bearer t");
  });
});

describe("the source of credentials", () => {
  it("is asked once for a repository: the one that the request writes to", async () => {
    const asked: (string | undefined)[] = [];
    const authenticator = authenticatorOver(fakeTransport(counting()), {
      credentials: async (host, { repository }) => {
        asked.push(`${host} ${repository}`);
        return { username: "me", password: "secret" };
      },
    });
    const mount: Scope[] = [...pull("from"), { type: "repository", name: "to", actions: ["pull", "push"] }];
    await attempt(authenticator, mount, accepting("Bearer token-1"));
    await authenticator.authorization(mount);
    await authenticator.authorization([]);
    expect(asked).toEqual(["registry.example.com to", "registry.example.com undefined"]);
  });

  it.each<[unknown, string]>([
    [{ username: "a:b", password: "secret" }, "username must not have a colon"],
    [{ username: "a" }, "password must be a string, not undefined"],
    [{ registryToken: "secret\r\nx: y" }, "registryToken must be visible ASCII without spaces"],
    [{ identityToken: "" }, "identityToken must not be empty"],
    [{}, "credentials must have username and password, identityToken, or registryToken"],
    ["secret", "credentials must be an object, not string"],
  ])("with the answer %j fails", async (answer, message) => {
    const authenticator = authenticatorOver(fakeTransport(counting()), {
      credentials: async () => answer as Credentials,
    });
    const failed = attempt(authenticator, pull("a"), () => challenge("Basic realm=x"));
    await expect(failed).rejects.toThrow(new TypeError(message));
  });
});
