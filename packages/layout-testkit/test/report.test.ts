import { describe, expect, it } from "vitest";

import type { CaseResult } from "../src/run/report.ts";
import { formatFailure } from "../src/run/report.ts";
import { clause, CONTRACT, distSpec, imageSpec, rule } from "../src/case/cites.ts";
import { show } from "../src/case/show.ts";
import { findUsualSuspect } from "../src/run/usual-suspect.ts";

const DIST = "https://github.com/opencontainers/distribution-spec/blob/main/spec.md";
const digest = `sha256:${"2cf24dba5fb0".padEnd(64, "0")}`;

describe("a value in one line", () => {
  it.each([
    ["a digest is shortened", digest, '"sha256:2cf24dba5fb0…"'],
    [
      "a media type is shown in full, with its parameters",
      "application/vnd.oci.image.manifest.v1+json; charset=utf-8",
      '"application/vnd.oci.image.manifest.v1+json; charset=utf-8"',
    ],
    ["other text is shortened if it is long", "x".repeat(200), `"${"x".repeat(79)}…"`],
    ["short text is shown with its size", new TextEncoder().encode("jello"), '5 B "jello"'],
    ["other content is shown as its size", new Uint8Array([0, 255]), "2 B"],
    ["empty content is shown as its size", new Uint8Array(), "0 B"],
    [
      "a list of 30 items is shown in full",
      Array.from({ length: 30 }, (_, i) => i),
      `[${Array.from({ length: 30 }, (_, i) => i).join(", ")}]`,
    ],
    [
      "a longer list is shown by its ends",
      Array.from({ length: 1100 }, (_, i) => i),
      "[0, 1, 2, 3, 4, 5, 6, 7, … 1084 more …, 1092, 1093, 1094, 1095, 1096, 1097, 1098, 1099]",
    ],
    [
      "a generator is shown as an async iterable",
      { [Symbol.asyncIterator]: () => undefined },
      "an async iterable",
    ],
  ])("%s", (_title, value, shown) => {
    expect(show(value)).toBe(shown);
  });
});

it("a failure lists the labels of its citations in the first line, and their addresses below in the same order", () => {
  const result: CaseResult = {
    id: "BLOB-02",
    title: "t",
    level: "MUST",
    cites: [clause(6, "mismatch"), distSpec("end-4b")],
    status: "fail",
    message: "expected   x",
    transcript: [],
    durationMs: 1,
    seed: 1,
  };
  expect(formatFailure(result, "again").split("\n")).toEqual([
    "BLOB-02  t   MUST  clause 6, mismatch; distribution-spec end-4b",
    "  expected   x",
    `  see        ${CONTRACT}#clause-6-mismatch`,
    "             https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints",
    "  calls so far: none     reproduce: again",
  ]);
});

it.each([
  [clause(9), "clause 9", `${CONTRACT}#clause-9`],
  [clause(9, "one-writer"), "clause 9, one writer", `${CONTRACT}#clause-9-one-writer`],
  [rule("content"), "contract, content", `${CONTRACT}#rule-content`],
  [distSpec("BLOB_UNKNOWN"), "distribution-spec BLOB_UNKNOWN", `${DIST}#error-codes`],
  [distSpec("pulling-manifests"), "distribution-spec, pulling manifests", `${DIST}#pulling-manifests`],
  [
    imageSpec("descriptor.md#digests"),
    "image-spec descriptor.md, digests",
    "https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests",
  ],
  [
    imageSpec("manifest.md"),
    "image-spec manifest.md",
    "https://github.com/opencontainers/image-spec/blob/main/manifest.md",
  ],
])("%j has a label and an address", (cite, label, url) => {
  expect(cite).toEqual({ label, url });
});

describe("the calls before a failure", () => {
  const tell = (...transcript: string[]): string[] => {
    const result: CaseResult = {
      id: "BLOB-01",
      title: "t",
      level: "MUST",
      cites: [],
      status: "fail",
      transcript,
      durationMs: 1,
      seed: 1,
    };
    return formatFailure(result, "again").split("\n").slice(1);
  };

  it("are reported as none if nothing was called", () => {
    expect(tell()).toEqual(["  calls so far: none     reproduce: again"]);
  });

  it("are not repeated if there is only one", () => {
    expect(tell("a()")).toEqual(["  called     a()", "  calls so far: only this one     reproduce: again"]);
  });

  it("are reported in one line if they fit, equal ones counted", () => {
    expect(tell("a()", "a()", "b()")).toEqual([
      "  called     b()",
      "  calls so far: 2 × a() → b()     reproduce: again",
    ]);
  });

  it("are reported one per line if they do not fit, the last twelve", () => {
    const calls = Array.from({ length: 15 }, (_, i) => `call${i}("${"x".repeat(20)}")`);
    const told = tell(...calls);
    expect(told).toHaveLength(15);
    expect(told[1]).toBe("  calls so far: 3 more");
    expect(told.at(-1)).toBe("  reproduce: again");
  });
});

describe("a mistake that affects many cases has a hint that replaces the case's own", () => {
  it("if a method is missing, and names the capability to deny", () => {
    const received = "RegistryError UNSUPPORTED: this registry does not support deleteTag";
    expect(findUsualSuspect({ expected: "no error", received }, ["pushManifest()"])?.lookFor).toContain(
      "`deleteTag: false`",
    );
    const plain = "rejection with RegistryError UNSUPPORTED: no";
    expect(
      findUsualSuspect({ expected: "a mount", received: plain }, ['mountBlob("a", "b")'])?.lookFor,
    ).toContain("`mount: false`");
  });

  it("if undefined is returned for something missing", () => {
    const expected = "rejection with RegistryError BLOB_UNKNOWN or NAME_UNKNOWN";
    expect(findUsualSuspect({ expected, received: "undefined" }, ["getBlob()"])?.lookFor).toContain(
      "returns undefined",
    );
  });

  it("but no other problem does", () => {
    for (const [expected, received] of [
      ["rejection with RegistryError UNSUPPORTED", "rejection with RegistryError UNSUPPORTED"],
      ["no error", "RegistryError UNSUPPORTED: this registry does not support getBlob"],
      ["rejection with RegistryError DIGEST_INVALID", "undefined"],
      ["the size: 5", "undefined"],
    ] as const) {
      expect(findUsualSuspect({ expected, received }, ["getBlob()"])).toBeUndefined();
    }
  });
});
