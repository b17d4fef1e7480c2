import { describe, expect, it } from "vitest";

import { encodeIndexText, parseIndexText, type IndexText } from "../src/index-json/index-text.ts";
import { setMember } from "../src/index-json/json-text.ts";

function parse(text: string): IndexText {
  return parseIndexText(Buffer.from(text));
}

function join(text: IndexText, entries: readonly string[]): string {
  return Buffer.from(encodeIndexText(text, entries)).toString("utf8");
}

// clause 22
describe("parseIndexText", () => {
  it.each([
    '{"manifests":[{"a":1},{"b":2}]}',
    '{\r\n  "schemaVersion": 2,\r\n  "manifests": [\r\n    {"a":1},\r\n    {"b":2}\r\n  ],\r\n  "x": 1.50\r\n}\r\n',
    ' {"x":{"manifests":[1]},"manifests" : [ {"n":9007199254740993} , {} ] , "__proto__":{"a":1}} ',
    '{"a":"}]\\"\\\\","manifests":["]",null,1e400,"\\\\"]}',
    '{"manifests":[]}',
  ])("keeps the text when nothing changes: %j", (text) => {
    const parsed = parse(text);
    // The white space between entries may become uniform, but the entries stay the same.
    expect(parse(join(parsed, parsed.entries)).entries).toEqual(parsed.entries);
    expect(JSON.parse(join(parsed, parsed.entries))).toEqual(JSON.parse(text));
  });

  it("keeps line breaks and indentation when entries are added", () => {
    const parsed = parse('{\n  "manifests": [\n    {"a": 1}\n  ]\n}\n');
    expect(join(parsed, [...parsed.entries, "{}"])).toBe(
      '{\n  "manifests": [\n    {"a": 1},\n    {}\n  ]\n}\n',
    );
  });

  it.each([
    ['{"manifests":null,"x":1}', '{"manifests":[{}],"x":1}'],
    ["{}", '{"manifests":[{}]}'],
    ['{"schemaVersion":2 }', '{"schemaVersion":2,"manifests":[{}] }'],
    ['{"manifests":[ ]}', '{"manifests":[{}]}'],
  ])("adds entries to %s, which real tools write", (text, expected) => {
    expect(join(parse(text), ["{}"])).toBe(expected);
  });

  it("reads any number of entries, with any characters", () => {
    for (const count of [1, 15, 16, 17, 32, 1_000]) {
      const plain = Array.from({ length: count }, (_, i) => `{"a":${i}}`);
      for (const entries of [plain, [...plain, '"\u00e9\u20ac\u{1f600}"']]) {
        const parsed = parse(`{"x":"\u00e9","manifests":[ ${entries.join(" , ")} ]}`);
        expect(parsed.entries).toEqual(entries);
        expect(join(parsed, parsed.entries)).toBe(`{"x":"\u00e9","manifests":[ ${entries.join(", ")} ]}`);
      }
    }
  });

  it("finds the manifests member even if its name contains escapes", () => {
    expect(parse('{"\\u006danifests":[1]}').entries).toEqual(["1"]);
    expect(parse('{"Manifests":[1],"manifests":[2]}').entries).toEqual(["2"]);
  });

  it.each([
    "",
    " ",
    "null",
    "[]",
    '"x"',
    "{",
    '{"manifests":[',
    '{"manifests":[{}',
    '{"manifests":{}}',
    '{"manifests":7}',
    '{"manifests":[],"manifests":[]}',
    '{"manifests":[],"\\u006danifests":null}',
    "{}{}",
    "{} x",
    '{"manifests":[1 2]}',
    '{"manifests":[,]}',
    '{"manifests":[1,]}',
    "{,}",
    "{a:1}",
    '{"a":1,}',
    '{"a" 1}',
    '{"a":}',
    '\ufeff{"manifests":[]}',
    '{"x":"\\q"}',
    '{"x":tru}',
    '{"x":"a\nb"}',
    '{"manifests":[]]}',
    "{'a':1}",
  ])("rejects %j", (text) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        name: "Error",
        message: expect.stringMatching(/^(?:the text|the member|unexpected end) /) as string,
      }),
    );
  });

  it("accepts any depth of nesting", () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    expect(parse(`{"x":${deep},"manifests":[{},${deep}]}`).entries).toHaveLength(2);
  });
});

describe("setMember", () => {
  it.each([
    ['{"a":1,"b":2}', "b", "3", '{"a":1,"b":3}'],
    ['{"a":1,"b":2}', "a", undefined, '{"b":2}'],
    ['{"a":1}', "a", undefined, "{}"],
    ["{}", "a", "1", '{"a":1}'],
    ['{ "n" : 1.50, "a" : 9007199254740993 }', "b", "1", '{ "n" : 1.50, "a" : 9007199254740993, "b":1 }'],
    ['{"a":1,"b":2,"a":3}', "a", "4", '{"b":2,"a":4}'],
    ['{"__proto__":{"x":1},"a":1}', "a", undefined, '{"__proto__":{"x":1}}'],
  ])("changes %s", (text, key, value, expected) => {
    expect(setMember(text, key, value)).toBe(expected);
  });
});
