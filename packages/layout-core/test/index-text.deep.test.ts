import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { encodeIndexText, parseIndexText, type IndexText } from "../src/index-json/index-text.ts";

function parse(text: string): IndexText {
  return parseIndexText(Buffer.from(text));
}

function join(text: IndexText, entries: readonly string[]): string {
  return Buffer.from(encodeIndexText(text, entries)).toString("utf8");
}

// clause 22
describe("parseIndexText", () => {
  it("keeps every document that parses through a rewrite", () => {
    const json = fc.jsonValue({ maxDepth: 3, noUnicodeString: false });
    const space = fc.stringMatching(/^[ \n\r\t]{0,2}$/);
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), json),
        fc.array(json),
        space,
        space,
        fc.nat(4),
        (members, entries, a, b, indent) => {
          const list = entries.map((entry) => `${a}${JSON.stringify(entry, null, indent)}${b}`).join(",");
          const others = Object.entries(members).filter(([key]) => key !== "manifests");
          const parts = others.map(
            ([key, value]) => `${b}${JSON.stringify(key)}${a}:${a}${JSON.stringify(value, null, indent)}`,
          );
          parts.splice(indent % (parts.length + 1), 0, `${a}"manifests":${b}[${list}${a}]`);
          const text = `{${parts.join(`${a},`)}${b}}${a}`;
          const parsed = parse(text);
          expect(parsed.entries.map((entry) => JSON.parse(entry) as unknown)).toEqual(
            JSON.parse(`[${list}]`),
          );
          const rewritten = join(parsed, [...parsed.entries, '"added"']);
          const { manifests, ...rest } = JSON.parse(rewritten) as { manifests: unknown[] };
          const before = JSON.parse(text) as { manifests: unknown[] };
          expect(manifests).toEqual([...before.manifests, "added"]);
          expect({ ...rest, manifests: before.manifests }).toEqual(before);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("parses any text as JSON.parse does, or rejects it", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[{}[\]",:\\ 1a]{0,24}$/), (text) => {
        let value: unknown;
        try {
          value = JSON.parse(text);
        } catch {
          value = undefined;
        }
        const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
        if (isObject) expect(parse(text).entries).toEqual([]);
        else expect(() => parse(text)).toThrow();
      }),
      { numRuns: 20_000 },
    );
  });
});
