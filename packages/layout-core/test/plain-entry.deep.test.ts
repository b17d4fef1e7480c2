import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { bytes, digestOf } from "@ocilayout/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseEntry } from "../src/index-json/entry.ts";
import { readPlainEntry } from "../src/index-json/plain-entry.ts";

setFlagsFromString("--expose-gc");
const collectMemory = runInNewContext("gc") as () => void;

const rules = { defaultRepository: "default", refNameStyle: "tag" as const };
const digest = digestOf(bytes("x"));
const REF_NAME = "org.opencontainers.image.ref.name";

/** Returns an entry as text, in the usual order of its members. */
function textOf(mediaType: unknown, size: unknown, refName: unknown, named: unknown = digest): string {
  return JSON.stringify({ mediaType, digest: named, size, annotations: { [REF_NAME]: refName } });
}

/** Reads an entry by `JSON.parse` alone: a space makes its form unusual. */
function parseSlowly(text: string): object {
  return { ...parseEntry(text.replace("{", "{ "), rules), text };
}

// clause 22
describe("an entry of the usual form", () => {
  it("is read as JSON.parse reads it, whatever its values are", () => {
    const name = fc.oneof(
      fc.constantFrom("t", "a:t", "a/b:t", `a@${digest}`, `a:t@${digest}`, "", "A:t", "a b", ":t", "a:"),
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: "binary" }),
      fc.constant(null),
    );
    const size = fc.oneof(
      fc.nat(),
      fc.double(),
      fc.constantFrom(-1, 2 ** 53, 999_999_999_999_999, "1", 1e21),
    );
    const digests = fc.constantFrom(digest, digest.toUpperCase(), `sha512:${"a".repeat(128)}`, "sha256:a", 1);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), size, name, digests, (mediaType, ...rest) => {
        const text = textOf(mediaType, ...rest);
        expect(parseEntry(text, rules)).toEqual(parseSlowly(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it("may be too long for a regular expression", () => {
    // Longer than the stack of V8 allows for a match.
    const text = textOf("\u6f22".repeat(20_000_000), 1, "a:t");
    expect(parseEntry(text, rules)).toMatchObject({ digest, repository: "a", tag: "t" });
  });

  it("does not keep the text around it in memory", () => {
    const entry = textOf("application/vnd.oci.image.manifest.v1+json", 1, "a/name/of/some/length:t");
    collectMemory();
    const before = process.memoryUsage().heapUsed;
    const kept: unknown[] = [];
    for (let i = 0; i < 10; i++) {
      const index = Buffer.from(`${entry}${" ".repeat(4_000_000)}`).toString("utf8");
      kept.push(readPlainEntry(index.slice(0, entry.length)));
    }
    collectMemory();
    expect(kept).not.toContain(undefined);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000);
  });
});
