import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { emptyDescriptor, isRegistryError, ociMediaTypes, parseManifest } from "../src/index.ts";
import { scanDocument } from "../src/authors.ts";
import { maxDocumentDepth, maxDocumentNames, maxDocumentValues } from "../src/documents/scan-document.ts";
import { bytes } from "./helpers.ts";

const index = { schemaVersion: 2, manifests: [] };

/** Scans `text`. Returns `"ok"` or the code of the error. */
function outcome(text: string): string {
  try {
    scanDocument(bytes(text));
    return "ok";
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    return error.code;
  }
}

function countValues(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce<number>((sum, member) => sum + countValues(member), 1);
}

describe("scanDocument", () => {
  it("accepts the maximum number of values and no more", () => {
    const list = (count: number): string => JSON.stringify(Array(count).fill(0));
    expect([outcome(list(maxDocumentValues - 1)), outcome(list(maxDocumentValues))]).toEqual([
      "ok",
      "MANIFEST_INVALID",
    ]);
  });

  it.each(["{}", "[]", '""', "null", '{"a":1}', "-1.5e3", '[[],{"b":"c"}]', String.raw`{"\"[":"\\"}`])(
    "counts each value once and no keys: %s",
    (value) => {
      const each = countValues(JSON.parse(value));
      const most = Math.floor((maxDocumentValues - 1) / each);
      const list = (count: number): string => `[${Array(count).fill(value).join(" ,\n")}]`;
      expect([outcome(list(most)), outcome(list(most + 1))]).toEqual(["ok", "MANIFEST_INVALID"]);
    },
  );

  it("accepts documents of the maximum depth and no deeper", () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    expect([outcome(nested(maxDocumentDepth)), outcome(nested(maxDocumentDepth + 1))]).toEqual([
      "ok",
      "MANIFEST_INVALID",
    ]);
    expect(outcome(`[${nested(maxDocumentDepth - 1)},${nested(maxDocumentDepth - 1)}]`)).toBe("ok");
  });

  it("accepts the maximum number of different member names and no more", () => {
    const wide = (count: number): string =>
      JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, 0])));
    expect([outcome(wide(maxDocumentNames)), outcome(wide(maxDocumentNames + 1))]).toEqual([
      "ok",
      "MANIFEST_INVALID",
    ]);
    const narrow = JSON.stringify(
      Array.from({ length: maxDocumentNames + 1 }, (_, i) => ({ a: 0, [`b${i % 1000}`]: "c" })),
    );
    expect(outcome(narrow)).toBe("ok");
  });

  it("does not count what is inside a string", () => {
    expect(outcome(JSON.stringify("[".repeat(200) + '"0,'.repeat(maxDocumentValues)))).toBe("ok");
  });

  it("finds the members that JSON.parse finds, for any document", () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(0, 2, "\t"), (json, space) => {
        const value: unknown = JSON.parse(json);
        const text = JSON.stringify(value, undefined, space);
        const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
        // JSON.parse makes an own property of __proto__. The scan skips longer keys.
        const members = isObject ? Object.entries(value).filter(([name]) => name.length < 40) : [];
        const found = scanDocument(bytes(text), isObject ? Object.keys(value) : ["a"]);
        const parsed = [...found].map(([name, content]) => [
          name,
          JSON.parse(new TextDecoder().decode(content)) as unknown,
        ]);
        expect(Object.fromEntries(parsed)).toEqual(Object.fromEntries(members));
      }),
    );
  });

  it.each([
    ['{"a":1,"a":2}', "2"],
    [String.raw`{"\u0061":3}`, "3"],
    ['{"b":{"a":1},"c":["a",{"a":2}],"a":[4]}', "[4]"],
    ['[{"a":1}]', undefined],
    ['"a"', undefined],
    ['{"a":', ""],
    ['{"a":"x', '"x'],
    [String.raw`{"\x":1,"a":5}`, "5"],
  ])("finds member a in %s: %s", (text, expected) => {
    const found = scanDocument(bytes(text), ["a"]).get("a");
    expect(found === undefined ? undefined : new TextDecoder().decode(found).trim()).toBe(expected);
  });

  it("terminates for any bytes", () => {
    fc.assert(fc.property(fc.uint8Array(), (content) => void scanDocument(content, ["a", ""])));
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("{", "}", "[", "]", '"', ",", ":", "\\", "a", " ", "1") }),
        (text) => void scanDocument(bytes(text), ["a", ""]),
      ),
    );
  });
});

describe("parseManifest", () => {
  it.each([
    ["too many values", { ...index, x: Array(maxDocumentValues).fill(0) }],
    [
      "too many annotations",
      {
        ...index,
        annotations: Object.fromEntries(
          Array.from({ length: maxDocumentNames + 1 }, (_, i) => [`a${i}`, ""]),
        ),
      },
    ],
    [
      "too much nesting",
      { ...index, x: JSON.parse("[".repeat(maxDocumentDepth) + "]".repeat(maxDocumentDepth)) as unknown },
    ],
  ])("rejects a document with %s before it is parsed", (_what, document) => {
    expect(() => parseManifest(bytes(JSON.stringify(document)), ociMediaTypes.imageIndex)).toThrow(
      expect.objectContaining({ code: "MANIFEST_INVALID" }),
    );
  });

  it("accepts an index of 20,000 manifests, and opaque content with any number of values", () => {
    const manifests = Array(20_000).fill({
      ...emptyDescriptor,
      mediaType: ociMediaTypes.imageManifest,
      data: undefined,
    }) as unknown[];
    expect(parseManifest(bytes(JSON.stringify({ ...index, manifests })), ociMediaTypes.imageIndex).kind).toBe(
      "index",
    );
    expect(
      parseManifest(bytes(JSON.stringify(Array(maxDocumentValues).fill(0))), "application/json").kind,
    ).toBe("opaque");
  });
});
