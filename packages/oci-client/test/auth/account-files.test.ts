import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Credentials } from "../../src/auth/credentials.ts";
import { credentialsIn, helperFor, parseAccountFile } from "../../src/auth/files/account-file.ts";
import { matchingKeys } from "../../src/auth/files/account-keys.ts";
import { removeAccounts, setAccount } from "../../src/auth/files/edit-accounts.ts";
import { setMember } from "../../src/auth/files/json-members.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const entry = (text: string): { auth: string } => ({ auth: base64(text) });

function find(auths: unknown, host: string, repository?: string): Credentials | undefined {
  return credentialsIn(parseAccountFile(JSON.stringify({ auths }), "the file"), host, repository);
}

describe("the keys of accounts", () => {
  it("trap 8: fit the whole host only, never a part of it", () => {
    const keys = [
      "example.com",
      "registry.example",
      "registry.example.com.evil.example",
      "evil-registry.example.com",
      "registry.example.com:5000",
      "*.example.com",
      "me@registry.example.com",
      "https://me@registry.example.com/",
      "https://evil.example/registry.example.com",
      "evil.example/registry.example.com",
      "",
      "https://",
      "//registry.example.com",
    ];
    expect(matchingKeys(keys, "registry.example.com", "team/app")).toEqual([]);
    expect(matchingKeys(keys, "registry.example.com:5000", undefined)).toEqual(["registry.example.com:5000"]);
    expect(matchingKeys(["registry.example.com"], "registry.example.com:443", undefined)).toEqual([]);
  });

  it("may be addresses, as Docker writes them", () => {
    const keys = [
      "https://a.example",
      "http://a.example/v1/",
      "https://a.example/v2",
      "https://a.example/any/path",
      "A.example",
      "a.example/v1/",
    ];
    expect(matchingKeys(keys, "a.example", undefined)).toHaveLength(keys.length);
    expect(matchingKeys(["https://a.example", "a.example"], "a.example", undefined)[0]).toBe("a.example");
  });

  it("trap 23: may have a path, as podman writes them; the longest that fits counts", () => {
    const keys = [
      "a.example",
      "a.example/team",
      "a.example/team/app",
      "a.example/team/application",
      "a.example/te",
    ];
    expect(matchingKeys(keys, "a.example", "team/app/x")).toEqual([
      "a.example/team/app",
      "a.example/team",
      "a.example",
    ]);
    expect(matchingKeys(keys, "a.example", "team")).toEqual(["a.example/team", "a.example"]);
    expect(matchingKeys(keys, "a.example", undefined)).toEqual(["a.example"]);
  });

  it.each([
    "https://index.docker.io/v1/",
    "docker.io",
    "index.docker.io",
    "registry-1.docker.io",
    "https://index.docker.io/v1",
  ])("trap 22: have the name %s for Docker Hub", (key) => {
    for (const host of ["docker.io", "index.docker.io", "registry-1.docker.io"])
      expect(
        find({ [key]: entry("me:secret"), "evil.docker.io": entry("evil:secret") }, host, "library/alpine"),
      ).toEqual({
        username: "me",
        password: "secret",
      });
  });

  it("trap 22: prefer Docker's own name for Docker Hub, and know its repositories", () => {
    const auths = {
      "docker.io": entry("one:secret"),
      "https://index.docker.io/v1/": entry("two:secret"),
      "docker.io/team": entry("three:secret"),
    };
    expect(find(auths, "docker.io", "library/alpine")).toMatchObject({ username: "two" });
    expect(find(auths, "docker.io", "team/app")).toMatchObject({ username: "three" });
  });
});

describe("an entry of a file", () => {
  it.each<[string, unknown, Credentials | undefined]>([
    ["user and password in base64", entry("me:a:b"), { username: "me", password: "a:b" }],
    ["text that is not ASCII", entry("jürgen:✓"), { username: "jürgen", password: "✓" }],
    ["the padding of old versions", entry("me:secret\0\0"), { username: "me", password: "secret" }],
    [
      "user and password as they are",
      { username: "me", password: "secret" },
      { username: "me", password: "secret" },
    ],
    ["an identity token", { ...entry("me:"), identitytoken: "t" }, { identityToken: "t", username: "me" }],
    ["a registry token", { ...entry("me:secret"), registrytoken: "t" }, { registryToken: "t" }],
    ["nothing, because a helper has it", {}, undefined],
    ["empty members", { auth: "", identitytoken: null, password: "" }, undefined],
  ])("can have %s", (_, value, expected) => {
    expect(find({ "a.example": value }, "a.example")).toEqual(expected);
  });

  it("trap 23: has an identity token if its user is <token>", () => {
    expect(find({ "a.example": entry("<token>:t") }, "a.example")).toEqual({ identityToken: "t" });
  });

  it.each<[unknown, string]>([
    ["secret", "the entry for a.example is not an object"],
    [{ auth: 1 }, "auth of a.example is not a string"],
    [{ auth: "%secret%" }, "auth of a.example is not base64"],
    [entry("secret"), "auth of a.example has no user and password"],
    [{ registrytoken: "a secret" }, "the entry for a.example is invalid"],
  ])("that is damaged is an error without secrets: %j", (value, reason) => {
    expect(() => find({ "a.example": value }, "a.example")).toThrow(
      expect.objectContaining({
        code: "UNAUTHORIZED",
        message: `cannot read the credentials in the file: ${reason}`,
      }),
    );
    expect(find({ "a.example": value, "b.example": entry("me:secret") }, "b.example")).toBeDefined();
  });
});

describe("a file of accounts", () => {
  it.each([
    ['{"auths":{"a.example":{"auth":"secret"', "it is not valid JSON"],
    ["[]", "it is not a JSON object"],
    ['{"auths":[]}', "auths is not an object"],
    ['{"credHelpers":"x"}', "credHelpers is not an object"],
    ['{"credsStore":{}}', "credsStore is not a string"],
  ])("that is damaged is an error that names its role: %s", (text, reason) => {
    expect(() => parseAccountFile(text, "Docker's config.json")).toThrow(
      expect.objectContaining({
        code: "UNAUTHORIZED",
        message: `cannot read the credentials in Docker's config.json: ${reason}`,
      }),
    );
  });

  it("may lack everything, have null, a byte order mark, and a member __proto__", () => {
    const text =
      '\uFEFF{"auths":null,"credHelpers":null,"credsStore":null,"__proto__":{"credsStore":"evil"}}';
    const file = parseAccountFile(text, "the file");
    expect([file.auths.size, helperFor(file, "a.example")]).toEqual([0, undefined]);
    expect(find({}, "__proto__")).toBeUndefined();
  });

  it("trap 23: prefers the helper of the host to the helper of all hosts", () => {
    const text = JSON.stringify({
      credsStore: "all",
      credHelpers: { "a.example": "own", "docker.io": "hub", "b.example": "" },
    });
    const file = parseAccountFile(text, "the file");
    const hosts = ["a.example", "docker.io", "a.example:5000", "b.example"];
    expect(hosts.map((host) => helperFor(file, host))).toEqual(["own", "hub", "all", "all"]);
    expect(() => helperFor(parseAccountFile('{"credHelpers":{"a":1}}', "the file"), "a")).toThrow(
      /helper is not a string/,
    );
  });
});

const key = fc.constantFrom(
  "auths",
  "a.example",
  "b.example",
  "auth",
  "9",
  "1",
  "__proto__",
  "credsStore",
  'q"\\',
  "é",
);
const { value: anyJson } = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(
      '"{,}\\""',
      '"[:]"',
      "1.00",
      "1e400",
      "-0",
      "12345678901234567890",
      "true",
      "null",
      '"é\\u0000"',
    ),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => `[${items.join(" , ")}]`),
    tie("object"),
  ),
  object: fc
    .array(fc.tuple(key, tie("value"), fc.constantFrom("", " ", "\n\t", "\r\n  ")), { maxLength: 4 })
    .map(
      (members) =>
        `{${members.map(([name, text, space]) => `${space}${JSON.stringify(name)}${space}:${space}${text}`).join(",")}}`,
    ),
}));
const anyFile = fc
  .array(fc.tuple(key, anyJson), { maxLength: 4 })
  .map(
    (members) =>
      `{\n\t${members.map(([name, text]) => `${JSON.stringify(name)}: ${text}`).join(",\n\t")}\n}\n`,
  );

describe("the change of one member of a JSON text", () => {
  it("sets that member, and changes no other", () => {
    fc.assert(
      fc.property(anyFile, fc.array(key, { minLength: 1, maxLength: 3 }), (text, path) => {
        const changed = setMember(text, path, '"new"');
        const expected = JSON.parse(text) as Record<string, unknown>;
        setIn(expected, path, "new");
        // Their texts, because toEqual knows neither order nor __proto__.
        expect(JSON.stringify(JSON.parse(changed))).toBe(JSON.stringify(expected));
      }),
    );
  });

  it("gives the old bytes back if a new member is removed again", () => {
    fc.assert(
      fc.property(anyFile, (text) => {
        const keys = Object.keys(JSON.parse(text) as object);
        if (keys.length === 0) return;
        const removed = setMember(setMember(text, ["new"], "{}"), ["new"], undefined);
        expect(removed).toBe(text);
      }),
    );
  });

  it("removes a member, and changes no other", () => {
    fc.assert(
      fc.property(anyFile, fc.array(key, { minLength: 1, maxLength: 2 }), (text, path) => {
        const changed = setMember(text, path, undefined);
        const expected = JSON.parse(text) as Record<string, unknown>;
        deleteIn(expected, path);
        expect(JSON.stringify(JSON.parse(changed))).toBe(JSON.stringify(expected));
      }),
    );
  });
});

function setIn(object: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name = "", ...rest] = path;
  const define = (to: unknown): void => {
    Object.defineProperty(object, name, { value: to, enumerable: true, configurable: true, writable: true });
  };
  if (rest.length === 0) {
    define(value);
    return;
  }
  if (!isObject(own(object, name))) define({});
  setIn(own(object, name) as Record<string, unknown>, rest, value);
}

function deleteIn(object: Record<string, unknown>, path: readonly string[]): void {
  const [name = "", ...rest] = path;
  if (rest.length === 0) Reflect.deleteProperty(object, name);
  else if (isObject(own(object, name))) deleteIn(own(object, name) as Record<string, unknown>, rest);
}

function own(object: Record<string, unknown>, name: string): unknown {
  return Object.getOwnPropertyDescriptor(object, name)?.value;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

describe("the change of an account", () => {
  it("begins a file in Docker's form", () => {
    for (const empty of [undefined, "", " \n"])
      expect(setAccount(empty, "a.example", { username: "me", password: "secret" }, "the file")).toBe(
        `{\n\t"auths": {\n\t\t"a.example": {\n\t\t\t"auth": "${base64("me:secret")}"\n\t\t}\n\t}\n}\n`,
      );
  });

  it("keeps unknown members, their order and their white space", () => {
    const text = `\uFEFF{
  "HttpHeaders": {"User-Agent" : "x"},
  "auths": {
    "b.example": { "auth": "${base64("you:other")}" },
    "a.example": { "email": "a@b", "auth": "${base64("me:old")}", "identitytoken": "t" }
  },
  "big": 12345678901234567890, "9": 1, "1": 2
}`;
    const changed = setAccount(text, "a.example", { username: "me", password: "new" }, "the file");
    expect(changed).toBe(
      text.replace(base64("me:old"), base64("me:new")).replace(`, "identitytoken": "t"`, ""),
    );
    expect(removeAccounts(changed, "a.example", "the file")).toBe(
      text.replace(/,\s*"a\.example": \{[^}]*\}/, ""),
    );
  });

  it("writes what is read again", () => {
    const some: readonly Credentials[] = [
      { username: "me", password: "a:b" },
      { identityToken: "t" },
      { identityToken: "t", username: "me" },
      { registryToken: "t" },
    ];
    for (const credentials of some) {
      const text = setAccount('{"auths":{}}', "a.example", credentials, "the file");
      expect(credentialsIn(parseAccountFile(text, "the file"), "a.example", undefined)).toEqual(credentials);
    }
    expect(setAccount("{}", "a.example", undefined, "the file")).toBe('{"auths":{"a.example":{}}}');
  });

  it("removes every name of the host, and no path below it", () => {
    const auths = { "https://a.example/v1/": {}, "a.example": {}, "a.example/team": {}, "b.example": {} };
    const text = removeAccounts(JSON.stringify({ auths }), "a.example", "the file");
    expect(JSON.parse(text ?? "")).toEqual({ auths: { "a.example/team": {}, "b.example": {} } });
    expect(removeAccounts('{"auths":{}}', "a.example", "the file")).toBeUndefined();
  });
});
