import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { findLayout, openLayout, type LayoutStore } from "@ocilayout/layout-core";
import { openPerRepository } from "@ocilayout/layout-per-repo";
import { collect, emptyDescriptor } from "@ocilayout/oci-types";
import { parseReference, parseHostlessReference, parseRelativeReference } from "@ocilayout/ociref";
import fc from "fast-check";
import { expect, it } from "vitest";

import { digest, refName } from "./documents.ts";
import { outcome } from "./outcome.ts";
import { fuzz } from "./run.ts";

const known = ["a", "a/b", "v1", emptyDescriptor.digest];

/** Strings that are names, nearly are, or lead outside. */
const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...known),
  refName,
  digest,
  fc.constantFrom(
    "..",
    "../..",
    "../victim",
    "/etc/passwd",
    "..\\victim",
    "%2e%2e%2f",
    "a/../../victim",
    "a\0b",
    "CON",
    "nul.txt",
    "a:b",
    "a b",
    "blobs",
    "_uploads",
    "index.json",
    ".index.json.lock",
    "\u202e",
    "\ud800",
    "0".repeat(5000),
    "a/".repeat(2000),
    "-",
    "",
    " ",
  ),
  fc.uuid({ version: 4 }),
  fc.string({ unit: "binary", maxLength: 30 }),
);

const hostile: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 9, arbitrary: hostileText },
  {
    weight: 1,
    arbitrary: fc.constantFrom(undefined, null, 0, -1, Number.NaN, {}, [], true, Symbol.iterator, () => "a"),
  },
);

const count = fc.constantFrom<unknown>(undefined, 0, 1, 2, -1, 0.5, Number.NaN, Infinity, "1", null);

/** The findings that a push without a manifest leaves. None of them is damage. */
const HARMLESS: ReadonlySet<string> = new Set(["unreachable-blob", "empty-index"]);

type Call = (registry: LayoutStore, args: readonly unknown[]) => unknown;
type Text = string;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const calls: Readonly<Record<string, Call>> = {
  getBlob: async (it, [a, b]) => (await it.getBlob(a as Text, b as Text)).close(),
  getBlobRange: async (it, [a, b, , , n, m]) =>
    (await it.getBlobRange(a as Text, b as Text, { start: n as number, end: m as number })).close(),
  getManifest: async (it, [a, b]) => (await it.getManifest(a as Text, b as Text)).close(),
  getTag: async (it, [a, b]) => (await it.getTag(a as Text, b as Text)).close(),
  resolveBlob: (it, [a, b]) => it.resolveBlob(a as Text, b as Text),
  resolveManifest: (it, [a, b]) => it.resolveManifest(a as Text, b as Text),
  resolveTag: (it, [a, b]) => it.resolveTag(a as Text, b as Text),
  pushBlob: (it, [a, b, , , n]) =>
    it.pushBlob(a as Text, { digest: b as Text, size: n as number }, bytes("{}")),
  pushBlobChunked: async (it, [a, b, , , n]) =>
    (await it.pushBlobChunked(a as Text, { digestAlgorithm: b as Text, chunkSize: n as number })).cancel(),
  pushBlobChunkedResume: async (it, [a, b, , , n]) =>
    (await it.pushBlobChunkedResume(a as Text, b as Text, { offset: n as number })).close(),
  resolveUpload: (it, [a, b]) => it.resolveUpload(a as Text, b as Text),
  cancelUpload: (it, [a, b]) => it.cancelUpload(a as Text, b as Text),
  mountBlob: (it, [a, b, c]) => it.mountBlob(a as Text, b as Text, c as Text),
  pushManifest: (it, [a, b, c, d]) =>
    it.pushManifest(a as Text, bytes("{}"), b as Text, { tags: [c as Text], digest: d as Text }),
  deleteBlob: (it, [a, b]) => it.deleteBlob(a as Text, b as Text),
  deleteManifest: (it, [a, b]) => it.deleteManifest(a as Text, b as Text),
  deleteTag: (it, [a, b, c]) => it.deleteTag(a as Text, b as Text, { ifMatch: c as Text }),
  tags: (it, [a, b, , , n]) => collect(it.tags(a as Text, { startAfter: b as Text, limit: n as number })),
  referrers: (it, [a, b, c, , n]) =>
    collect(it.referrers(a as Text, b as Text, { artifactType: c as Text, limit: n as number })),
  repositories: (it, [a, , , , n]) => collect(it.repositories({ startAfter: a as Text, limit: n as number })),
  manifests: (it, [a, b, , , n]) =>
    collect(it.manifests(a as Text, { startAfter: b as Text, limit: n as number })),
};

/** Reads every file below `directory`, except the files of the layout itself. */
function canaries(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !join(entry.parentPath, entry.name).startsWith(join(directory, "layout")))
    .map(
      (entry) =>
        `${join(entry.parentPath, entry.name)} ${entry.isFile() ? readFileSync(join(entry.parentPath, entry.name), "utf8") : ""}`,
    );
}

const open: Readonly<Record<string, (directory: string) => Promise<LayoutStore>>> = {
  "a layout": (directory) => openLayout(directory, { durability: "none", defaultRepository: "default" }),
  "a directory of layouts": (directory) =>
    openPerRepository(directory, { durability: "none", maxOpenLayouts: 3 }),
};

it.each(Object.entries(open))(
  "hostile strings in every call to %s touch nothing outside, reveal no path and leave nothing",
  async (what, openIt) => {
    const directory = mkdtempSync(join(tmpdir(), "ocilayout-fuzz-"));
    const layout = join(directory, "layout");
    mkdirSync(join(directory, "victim"));
    writeFileSync(join(directory, "victim.txt"), "victim");
    writeFileSync(join(directory, "victim", "index.json"), "{}");
    const before = canaries(directory);
    const registry = await openIt(layout);
    await registry.pushBlob("a", emptyDescriptor, bytes("{}"));
    await registry.pushManifest("a", bytes("{}"), "application/x-thing", { tags: ["v1"] });
    const input = fc.tuple(
      fc.constantFrom(...Object.keys(calls)),
      fc.tuple(hostile, hostile, hostile, hostile, count, count),
    );
    let seen = 0;
    await fuzz(`names in ${what}`, 12_000, input, async ([name, args]) => {
      await outcome(() => calls[name]?.(registry, args), [directory, tmpdir()]);
      if ((seen += 1) % 500 === 0) expect(canaries(directory)).toEqual(before);
    });
    expect(canaries(directory)).toEqual(before);
    await registry.close();
    const files = readdirSync(layout, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(
      files.filter((entry) => entry.parentPath.includes("_uploads") && !entry.name.startsWith("reserve-")),
    ).toEqual([]);
    const again = await openIt(layout);
    const findings = await collect(again.verify());
    expect(findings.filter(({ kind }) => !HARMLESS.has(kind))).toEqual([]);
    await again.close();
    rmSync(directory, { recursive: true });
  },
);

it("any reference or path is parsed or rejected with a code", async () => {
  const joined = fc
    .array(hostileText, { maxLength: 4 })
    .chain((parts) => fc.constantFrom("/", ":", "@", "").map((by) => parts.join(by)));
  await fuzz("references", 20_000, joined, async (text) => {
    for (const read of [parseReference, parseRelativeReference, parseHostlessReference])
      await outcome(() => read(text));
    await outcome(() => findLayout(text));
  });
});
