import type { CheckedDigest } from "@ocilayout/oci-types";
import { isRegistryError, parseManifest } from "@ocilayout/oci-types";
import { JsonTextError } from "@ocilayout/oci-types/authors";
import fc from "fast-check";
import { expect, it } from "vitest";

import { isForeign, parseEntry, untagEntry } from "../../../packages/layout-core/src/index-json/entry.ts";
import { encodeIndexText, parseIndexText } from "../../../packages/layout-core/src/index-json/index-text.ts";
import { setMember } from "../../../packages/layout-core/src/index-json/json-text.ts";
import type { NameRules } from "../../../packages/layout-core/src/index-json/ref-name.ts";
import { readManifest } from "../../../packages/layout-core/src/manifests/stored-manifest.ts";
import { descriptor, digest, indexDocument, manifest, mediaType } from "./documents.ts";
import { jsonText, mutated } from "./json.ts";
import { fuzz } from "./run.ts";

const rules: NameRules = { defaultRepository: "default", refNameStyle: "tag" };
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);

/** Parses `text`. Returns `undefined` if it is not JSON. */
function parseReference(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Splits an index. Returns `undefined` if it is not an index. */
function tryParseIndex(bytes: Uint8Array): ReturnType<typeof parseIndexText> | undefined {
  try {
    return parseIndexText(bytes);
  } catch (error) {
    if (error instanceof JsonTextError) return undefined;
    throw error;
  }
}

const indexText = fc.oneof(
  indexDocument,
  mutated(indexDocument),
  mutated(jsonText),
  fc.string({ unit: "binary", maxLength: 60 }),
  jsonText.map((it) => `{"manifests":${it}}`),
);

it("any index document is parsed and joined again, or rejected", async () => {
  await fuzz("index text", 25_000, indexText, (text) => {
    const bytes = encode(text);
    const parsed = tryParseIndex(bytes);
    // Half of a surrogate pair cannot be encoded.
    const json = parseReference(decode(bytes));
    if (parsed === undefined) return;
    // An accepted index is valid JSON except for its entries, and keeps its value when it is joined with one more
    // entry.
    const entries = parsed.entries.map(parseReference);
    if (entries.includes(undefined)) {
      expect(json).toBeUndefined();
      return;
    }
    if (json === undefined || !isObject(json.value))
      throw new Error("the accepted index is not a JSON object");
    const joined = parseReference(decode(encodeIndexText(parsed, [...parsed.entries, '"one more"'])));
    const before = Object.entries(json.value).filter(([key]) => key !== "manifests");
    if (!isObject(joined?.value)) throw new Error("the joined index is not a JSON object");
    expect(Object.entries(joined.value).filter(([key]) => key !== "manifests")).toEqual(before);
    const listed = (json.value["manifests"] ?? []) as unknown[];
    expect(joined.value["manifests"]).toEqual([...listed, "one more"]);
  });
});

it("any entry can be read and untagged", async () => {
  const text = fc.oneof(
    descriptor.map((it) => JSON.stringify(it)),
    mutated(descriptor.map((it) => JSON.stringify(it))),
    jsonText,
  );
  await fuzz("entry", 15_000, text, (entryText) => {
    const json = parseReference(entryText);
    if (json === undefined) return;
    const entry = parseEntry(entryText, rules);
    expect(entry.text).toBe(entryText);
    if (isForeign(entry)) return;
    const untagged = untagEntry(entry, rules);
    const read = parseEntry(untagged.text, rules);
    expect(read).toMatchObject({
      repository: entry.repository,
      digest: entry.digest,
      size: entry.size,
      mediaType: entry.mediaType,
      tag: undefined,
    });
    const others = (value: unknown): [string, unknown][] =>
      Object.entries(value as object).filter(([key]) => key !== "annotations");
    expect(others(JSON.parse(untagged.text))).toEqual(others(json.value));
  });
});

it("any member can be set and removed", async () => {
  const object = fc.oneof(
    jsonText.filter((it) => it.startsWith("{")),
    fc.constantFrom("{}", '{"a":1}', '{"a":1,"a":2}'),
  );
  await fuzz(
    "member",
    10_000,
    fc.tuple(
      object,
      fc.constantFrom("a", "manifests", "__proto__", "new", ""),
      fc.option(jsonText, { nil: undefined }),
    ),
    ([text, key, value]) => {
      const changed = JSON.parse(setMember(text, key, value)) as object;
      const others = (of: object): [string, unknown][] => Object.entries(of).filter(([name]) => name !== key);
      expect(new Map(others(changed))).toEqual(new Map(others(JSON.parse(text) as object)));
      expect(Object.hasOwn(changed, key)).toBe(value !== undefined);
      if (value !== undefined)
        expect(Object.getOwnPropertyDescriptor(changed, key)?.value).toEqual(JSON.parse(value));
    },
  );
});

it("any manifest is validated and read, or rejected", async () => {
  const text = fc.oneof(
    manifest.map((it) => JSON.stringify(it)),
    mutated(manifest.map((it) => JSON.stringify(it))),
    jsonText,
  );
  await fuzz("manifest", 15_000, fc.tuple(text, mediaType, digest), ([document, type, named]) => {
    const bytes = encode(document);
    const read = readManifest(bytes, { mediaType: type, digest: named as CheckedDigest });
    if (typeof read !== "string") expect(read.size).toBe(bytes.length);
    try {
      parseManifest(bytes, type);
    } catch (error) {
      if (!isRegistryError(error, "MANIFEST_INVALID")) throw error;
    }
  });
});
