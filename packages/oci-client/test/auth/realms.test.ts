import { describe, expect, it } from "vitest";

import { judgeRealm } from "../../src/auth/bearer/realm.ts";
import { attempt, authenticatorOver, basic, bearer, challenge, fakeTransport, pull } from "./helpers.ts";

function judge(
  realm: string,
  origin = "https://registry.example.com",
  allowedRealms: string[] = [],
  host?: string,
) {
  const judged = judgeRealm(realm, {
    origin: new URL(origin),
    host: host ?? new URL(origin).host,
    allowedRealms,
  });
  if (typeof judged === "string") return judged;
  return judged.mayHaveCredentials ? "credentials" : "anonymous";
}

describe("the policy for token servers", () => {
  it.each([
    ["https://registry.example.com/token", "https://registry.example.com"],
    ["https://registry.example.com:5001/token", "https://registry.example.com"],
    ["https://gitlab.example.com/jwt/auth", "https://gitlab.example.com:5050"],
    ["http://127.0.0.1:5000/token", "http://127.0.0.1:5000"],
    ["http://[::1]:5000/token", "http://[::1]:5000"],
    ["https://127.0.0.1:5000/token", "http://127.0.0.1:5000"],
    ["http://10.0.0.1/token", "http://10.0.0.1"],
  ])("gives %s the credentials for %s", (realm, origin) => {
    expect(judge(realm, origin)).toBe("credentials");
  });

  it.each([
    ["https://auth.docker.io/token", "docker.io"],
    ["https://gitlab.com/jwt/auth", "registry.gitlab.com"],
  ])("gives the known server %s the credentials for %s only", (realm, host) => {
    expect(judge(realm, `https://${host}`, [], host)).toBe("credentials");
    expect(judge(realm)).toBe("anonymous");
  });

  it("trap 2: gives other hosts no credentials unless they are allowed", () => {
    const evil = "https://evil.example/token";
    expect(judge(evil)).toBe("anonymous");
    expect(judge(evil, undefined, ["evil.example:444", "example", "vil.example", "notevil.example"])).toBe(
      "anonymous",
    );
    expect(judge(evil, undefined, ["EVIL.example"])).toBe("credentials");
    expect(judge("https://evil.example:444/token", undefined, ["evil.example"])).toBe("anonymous");
    for (const near of ["registry.example.com.evil.example", "evilregistry.example.com", "example.com"])
      expect(judge(`https://${near}/token`)).toBe("anonymous");
  });

  it("trap 2: sends nothing over plain HTTP if the registry has HTTPS", () => {
    expect(judge("http://registry.example.com/token")).toBe("it is plain HTTP");
    expect(judge("http://evil.example/token", undefined, ["evil.example"])).toBe("it is plain HTTP");
  });

  it.each(["169.254.169.254", "[fe80::1]", "0xa9fea9fe", "[::ffff:169.254.169.254]", "2852039166"])(
    "trap 2: sends nothing to the link-local address %s, not even if it is allowed",
    (host) => {
      const origin = "http://registry.example.com";
      expect(judge(`http://${host}/token`, origin, ["169.254.169.254", host])).toBe(
        "its address is link-local",
      );
    },
  );

  it.each(["127.0.0.1", "localhost", "10.1.2.3", "192.168.0.1", "[::1]", "[fd00::1]", "100.64.0.1"])(
    "trap 2: sends nothing to the private address %s of another host unless it is allowed",
    (host) => {
      expect(judge(`https://${host}/token`)).toBe("its address is private");
      expect(judge(`https://${host}/token`, undefined, [host])).toBe("credentials");
    },
  );

  it("takes another port of an address for another service", () => {
    expect(judge("http://127.0.0.1:9200/", "http://127.0.0.1:5000")).toBe("its address is private");
    expect(judge("http://localhost:9200/", "http://localhost:5000")).toBe("its address is private");
  });

  it.each([
    "",
    "/token",
    "ftp://registry.example.com/",
    "javascript:alert(1)",
    "https://me:secret@registry.example.com/",
    `https://registry.example.com/${"a".repeat(3000)}`,
  ])("rejects an invalid address (%#)", (realm) => {
    expect(judge(realm)).toBe("its address is invalid");
  });
});

describe("an authenticator", () => {
  const evil = bearer('service="x"', "https://evil.example/token");

  it("trap 2: asks another host for an anonymous token, and names it if that is not enough", async () => {
    const transport = fakeTransport(() => ({ body: { token: "anonymous" } }));
    const authenticator = authenticatorOver(transport);
    const outcome = attempt(authenticator, pull("a"), () => evil);
    await expect(outcome).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: expect.stringContaining("at evil.example: allow this host") as string,
    });
    expect(transport.sent).toHaveLength(1);
    expect(transport.sent[0]).toMatchObject({
      method: "GET",
      headers: { accept: "application/json" },
      isLed: true,
    });
    expect(JSON.stringify(transport.sent)).not.toMatch(/authorization|secret|account|bWU6/i);
  });

  it("trap 2: never gives an identity token to another host", async () => {
    const transport = fakeTransport(() => ({ body: { token: "anonymous" } }));
    const authenticator = authenticatorOver(transport, {
      credentials: async () => ({ identityToken: "identity" }),
    });
    const { isOk } = await attempt(authenticator, pull("a"), (it) => (it === undefined ? evil : "ok"));
    expect(isOk).toBe(true);
    expect(JSON.stringify(transport.sent)).not.toContain("identity");
  });

  it("trap 2: sends nothing to a link-local server", async () => {
    const transport = fakeTransport(() => ({ body: { token: "t" } }));
    const metadata = bearer("", "https://169.254.169.254/latest/meta-data");
    await expect(attempt(authenticatorOver(transport), pull("a"), () => metadata)).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: "cannot use the token server that the registry names: its address is link-local",
    });
    expect(transport.sent).toEqual([]);
  });

  it.each([301, 302, 303, 307, 308])(
    "trap 2: does not follow a redirect of a token server with status %d",
    async (status) => {
      const transport = fakeTransport(() => ({ status, headers: { location: "https://evil.example/" } }));
      await expect(attempt(authenticatorOver(transport), pull("a"), () => bearer())).rejects.toMatchObject({
        code: "REMOTE_FAILED",
        detail: { status },
      });
      expect(transport.sent).toHaveLength(1);
    },
  );

  it("prefers Basic at the registry to a token server that may not have the credentials", async () => {
    const transport = fakeTransport(() => ({ body: { token: "t" } }));
    const both = challenge('Bearer realm="https://evil.example/"', 'Basic realm="x"');
    const { sent, isOk } = await attempt(authenticatorOver(transport), pull("a"), (it) =>
      it === undefined ? both : "ok",
    );
    expect([sent, isOk, transport.sent]).toEqual([[undefined, basic("me:secret")], true, []]);
  });
});
