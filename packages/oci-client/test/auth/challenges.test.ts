import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseChallenges } from "../../src/auth/challenges.ts";

function parse(...headers: readonly string[]): [string, Record<string, string>][] {
  return parseChallenges(headers).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
}

const characters = (text: string): fc.Arbitrary<string> => fc.constantFrom(...Array.from(text));

describe("the parser of challenges", () => {
  it("trap 21: reads two challenges in one header", () => {
    expect(parse('Basic realm="registry", Bearer realm="https://a.example/token",service="b, c"')).toEqual([
      ["basic", { realm: "registry" }],
      ["bearer", { realm: "https://a.example/token", service: "b, c" }],
    ]);
  });

  it("reads several headers, in order", () => {
    expect(parse("Negotiate", 'Basic realm="a"')).toEqual([
      ["negotiate", {}],
      ["basic", { realm: "a" }],
    ]);
  });

  it("trap 21: reads values without quotes, also addresses", () => {
    expect(
      parse("Bearer realm=https://a.example/token?x=1, service=registry ,scope=repository:a/b:pull"),
    ).toEqual([
      ["bearer", { realm: "https://a.example/token?x=1", service: "registry", scope: "repository:a/b:pull" }],
    ]);
  });

  it("reads quoted pairs, any case of names, and space around the equals sign", () => {
    expect(parse(String.raw`bEARER Realm = "a\"b\\c" , SERVICE="d"`)).toEqual([
      ["bearer", { realm: String.raw`a"b\c`, service: "d" }],
    ]);
  });

  it("skips data in the form token68, and empty elements", () => {
    expect(parse(", ,Negotiate a87421000492aa874209af8bc028==, ,Basic realm=x,")).toEqual([
      ["negotiate", {}],
      ["basic", { realm: "x" }],
    ]);
  });

  it("takes the first of duplicate parameters", () => {
    expect(parse('Bearer realm="https://a.example",realm="https://evil.example"')).toEqual([
      ["bearer", { realm: "https://a.example" }],
    ]);
  });

  it("keeps what it has read before a malformed part", () => {
    expect(parse('Bearer realm="https://a.example",service="b')).toEqual([
      ["bearer", { realm: "https://a.example", service: "b" }],
    ]);
    expect(parse('"nonsense"')).toEqual([]);
    expect(parse("")).toEqual([]);
  });

  it("ignores headers beyond 16 KiB, and challenges and parameters beyond 16", () => {
    expect(parse(`Bearer realm="${"a".repeat(17_000)}"`)).toEqual([]);
    expect(parse(Array.from({ length: 100 }, (_, at) => `S${at} a=b`).join(","))).toHaveLength(16);
    const many = Array.from({ length: 100 }, (_, at) => `p${at}=v`).join(",");
    expect(Object.keys(parse(`Bearer ${many}`)[0]?.[1] ?? {})).toHaveLength(16);
  });

  const token = fc.stringMatching(/^[A-Za-z][\w!#$%&'*+.^`|~-]{0,9}$/);
  const value = fc.string({ unit: characters('abc:/?=,;@ \t"\\(){}é'), maxLength: 20 });
  const scheme = fc.record({
    name: token,
    parameters: fc.uniqueArray(fc.tuple(token, value, fc.boolean()), {
      maxLength: 5,
      minLength: 1,
      selector: ([name]) => name.toLowerCase(),
    }),
  });

  it("reads back every list that the grammar allows", () => {
    fc.assert(
      fc.property(
        fc.array(scheme, { maxLength: 5 }),
        fc.constantFrom(",", ", ", " ,, "),
        (schemes, comma) => {
          const written = schemes.map(({ name, parameters }) => {
            const list = parameters.map(([key, text, isToken]) =>
              isToken && /^[\w-]+$/.test(text)
                ? `${key}=${text}`
                : `${key}="${text.replaceAll(/[\\"]/g, String.raw`\$&`)}"`,
            );
            return `${name} ${list.join(comma)}`;
          });
          const expected = schemes.map(({ name, parameters }) => [
            name.toLowerCase(),
            Object.fromEntries(parameters.map(([key, text]) => [key.toLowerCase(), text])),
          ]);
          expect(parse(written.join(comma))).toEqual(expected);
          expect(parse(...written)).toEqual(expected);
        },
      ),
    );
  });

  it("never fails, and ends, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: characters('Bearer=",\\ \t/:x'), maxLength: 200 }), (text) => {
        for (const [name] of parse(text)) expect(name).not.toBe("");
      }),
    );
  });

  it("takes time in proportion to the length of hostile headers", () => {
    for (const text of ['"', "\\", '="', "a=", "a,", "a ", '\\"', "=", " ", ",", "a=b "])
      parse(`Bearer ${text.repeat(8000)}`, `Bearer realm="${text.repeat(3000)}`);
  });
});
