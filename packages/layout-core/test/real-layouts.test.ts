import { readFileSync } from "node:fs";
import { join } from "node:path";

import { collect } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { openLayout, type Finding, type LayoutRegistry } from "../src/index.ts";
import {
  copyFixture,
  expectedOf,
  fixtureNames,
  listed,
  obstacle,
  type Expected,
  type ExpectedEntry,
  type ExpectedManifest,
  type Written,
} from "./fixture.ts";
import { artifact, blobPath, bytes, pushArtifact, snapshot } from "./helpers.ts";

/** Damage that clause 22 and 25 name: no call reads such a layout, and none writes into it. */
const damaged: Readonly<Record<string, string>> = {
  "x-index-array": "index.json is no object",
  "x-index-bom": "a byte order mark is no JSON",
  "x-index-empty-file": "an empty file is no JSON",
  "x-index-media-type-manifest": "it says that it is no index",
  "x-index-null": "null is no object",
  "x-index-truncated": "it stops in the middle",
  "x-index-utf16": "it is not UTF-8",
  "x-layout-version-1.1.0": "another version",
  "x-layout-version-empty-file": "no version",
  "x-layout-version-garbage": "another version",
  "x-layout-version-missing": "no version",
  "x-layout-version-not-json": "no version",
  "x-no-blobs-dir-with-entries": "entries without blobs",
  "x-no-index-json": "blobs without an index",
  "x-no-oci-layout": "an index without oci-layout",
};

/** A Docker archive, without index.json: as a directory it holds no layout yet. */
const none = "crane-0.21.10-tarball";

/** The repository that bare names are given to. */
const defaultRepository = "default";

/** By the contract's clause 23, with grammar of its own: the repository and tag of an entry, or nothing. */
function nameOf(entry: ExpectedEntry): { repository: string; tag: string | undefined } | undefined {
  if (entry.invalidDigest === true || !/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(entry.digest)) return undefined;
  const size = numberOf(entry.size);
  if (!Number.isSafeInteger(size) || size < 0) return undefined;
  const { refName, containerdName } = entry;
  const full = containerdName ?? refName ?? "";
  if (full === "") return { repository: defaultRepository, tag: undefined };
  if (containerdName === null && /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(full)) return { repository: defaultRepository, tag: full };
  const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
  const match = new RegExp(`^(${component}(?:/${component})*)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(.*))?$`).exec(full);
  const [, repository, tag, digest] = match ?? [];
  if (repository === undefined || repository.length > 255 || (digest !== undefined && digest !== entry.digest)) return undefined;
  return { repository, tag };
}

/** What `JSON.parse` makes of a number as it is written. */
function numberOf(written: Written): number {
  if (typeof written === "number") return written;
  return typeof written === "object" && written !== null && "raw" in written ? Number(written.raw) : Number.NaN;
}

/** Every tag as `repository:tag`, and the digest it points at: the first of a name counts. */
function expectedTags(entries: readonly ExpectedEntry[]): Record<string, string> {
  const tags: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const entry of entries) {
    const name = nameOf(entry);
    if (name?.tag !== undefined) tags[`${name.repository}:${name.tag}`] ??= entry.digest;
  }
  return tags;
}

async function readTags(registry: LayoutRegistry): Promise<Record<string, string>> {
  const tags: Record<string, string> = Object.create(null) as Record<string, string>;
  for await (const repository of registry.repositories()) {
    for await (const tag of registry.tags(repository)) tags[`${repository}:${tag}`] = (await registry.resolveTag(repository, tag)).digest;
  }
  return tags;
}

function sorted(items: Iterable<string>): string[] {
  return [...new Set(items)].sort();
}

function digestsOf(findings: readonly Finding[], kind: Finding["kind"]): string[] {
  return sorted(findings.filter((finding) => finding.kind === kind).flatMap(({ digest }) => digest ?? []));
}

/** Reads a layout in every way there is, and compares it with what is expected. */
async function check(directory: string, expected: Expected, entries: readonly ExpectedEntry[]): Promise<void> {
  await using registry = await openLayout(directory, { defaultRepository });
  const findings = await collect(registry.verify());
  const foreign = entries.filter((entry) => nameOf(entry) === undefined);
  const missing = new Set(expected.missingBlobs.map(({ digest }) => digest));
  const mismatched = new Set(expected.digestMismatches);

  expect(await readTags(registry)).toEqual(expectedTags(entries));
  expect(await collect(registry.repositories())).toEqual(sorted(entries.flatMap((entry) => nameOf(entry)?.repository ?? [])));
  expect(findings.filter(({ kind }) => kind === "foreign-entry")).toHaveLength(foreign.length);

  await checkManifests(registry, listed(expected.reachable.manifests) ?? [], foreign.length > 0);
  for (const { digest } of expected.reachable.blobs) {
    if (!isReadable(digest) || missing.has(digest) || leavesLayout(findings, digest)) continue;
    const reading = (await registry.getBlob("any", digest)).bytes();
    if (mismatched.has(digest)) await expect(reading).rejects.toMatchObject({ code: "CONTENT_CORRUPT" });
    else expect(Buffer.compare(await reading, readFileSync(blobPath(directory, digest)))).toBe(0);
  }

  const absent = expected.missingBlobs.filter(({ urls }) => urls === undefined).map(({ digest }) => digest);
  const links = digestsOf(findings, "missing-blob").filter((digest) => leavesLayout(findings, digest) && !absent.includes(digest));
  expect(digestsOf(findings, "missing-blob")).toEqual(sorted([...absent, ...links]));
  expect(digestsOf(findings, "corrupt-blob")).toEqual(sorted(mismatched).filter((digest) => !links.includes(digest)));
  const wrong = (expected.sizeMismatches ?? []).filter(({ digest, descriptorSize }) => {
    // Of an entry that is foreign no size is compared; where the bytes are wrong, that is what is told.
    return !mismatched.has(digest) && Number.isSafeInteger(numberOf(descriptorSize)) && numberOf(descriptorSize) >= 0;
  });
  const damagedManifests = new Set(digestsOf(findings, "damaged-manifest"));
  if (damagedManifests.size === 0) expect(digestsOf(findings, "wrong-size")).toEqual(sorted(wrong.map(({ digest }) => digest)));

  if (damagedManifests.size === 0) {
    const unreachable = listed(expected.unreferencedBlobs)?.map(({ digest }) => digest);
    if (unreachable !== undefined) expect(digestsOf(findings, "unreachable-blob")).toEqual(sorted(unreachable));
  }
  const stray = findings.flatMap(({ kind, path }) => (kind === "stray-file" ? [path ?? ""] : []));
  // What lies in a directory below blobs/<algorithm>/ or beside blobs/ is told of as that directory, or not at all.
  const extra = expected.extraFiles.map((path) => path.split("/").slice(0, path.startsWith("blobs/") ? 3 : 1).join("/"));
  for (const path of stray) expect([...extra, ...(expected.emptyDirs ?? []).map((it) => it.replace(/\/$/, "")), ...strayLinks(expected)]).toContain(path);
  for (const path of extra) {
    const isOurs = stray.includes(path) || findings.some((finding) => finding.path === path);
    if (expected.extraFiles.includes(path)) expect([path, isOurs]).toEqual([path, true]);
  }
  for (const [subject, referrers] of Object.entries(expected.referrers ?? {})) {
    const found: Set<string> = new Set();
    for await (const repository of registry.repositories()) {
      for await (const { digest } of registry.referrers(repository, subject)) found.add(digest);
    }
    expect(sorted(found)).toEqual(sorted(referrers));
  }
}

function strayLinks(expected: Expected): string[] {
  return Object.keys((expected as { links?: object }).links ?? {});
}

function isReadable(digest: string): boolean {
  return /^sha(256|512):/.test(digest);
}

/** Links that leave the layout are followed by the independent reading, and not by us. */
function leavesLayout(findings: readonly Finding[], digest: string): boolean {
  return findings.some((finding) => finding.kind === "missing-blob" && finding.digest === digest);
}

async function checkManifests(registry: LayoutRegistry, expected: readonly ExpectedManifest[], hasForeign: boolean): Promise<void> {
  const owners: Map<string, string> = new Map();
  for await (const repository of registry.repositories()) {
    for await (const { descriptor } of registry.manifests(repository)) owners.set(descriptor.digest, repository);
  }
  for (const { digest, missing, unverified } of expected) {
    const repository = owners.get(digest);
    if (repository === undefined) {
      // A child that cannot be read is no manifest of anybody's, and neither is what only a foreign entry reaches.
      expect([digest, missing ?? unverified ?? hasForeign]).toEqual([digest, true]);
      continue;
    }
    const reading = registry.getManifest(repository, digest).then((reader) => reader.bytes());
    if (missing === true) await expect(reading).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    else if (unverified === true) await expect(reading).rejects.toMatchObject({ code: "CONTENT_CORRUPT" });
    else if (await hasRightSize(registry, repository, digest)) {
      expect(Buffer.compare(await reading, readFileSync(blobPath(registry.directory, digest)))).toBe(0);
    } else await expect(reading).rejects.toMatchObject({ code: "CONTENT_CORRUPT" });
  }
}

async function hasRightSize(registry: LayoutRegistry, repository: string, digest: string): Promise<boolean> {
  const { size } = await registry.resolveManifest(repository, digest);
  return size === readFileSync(blobPath(registry.directory, digest)).length;
}

/** The entries of an index as they are written, without the white space around them. */
function entryTexts(directory: string): string[] {
  const text = readFileSync(join(directory, "index.json"), "utf8");
  const { manifests } = JSON.parse(text) as { manifests?: unknown[] | null };
  let at = text.search(/"manifests"\s*:\s*\[/);
  return (manifests ?? []).map((entry) => {
    at = text.indexOf("{", at);
    // No fixture has a brace within a string of an entry.
    let end = at;
    for (let depth = 0; depth > 0 || end === at; end += 1) depth += text[end] === "{" ? 1 : text[end] === "}" ? -1 : 0;
    const own = text.slice(at, end);
    expect(JSON.parse(own)).toEqual(entry);
    at = end;
    return own;
  });
}

/** Pushes and deletes, and compares what is left with what was there. */
async function checkRewrite(directory: string): Promise<void> {
  const files = snapshot(directory);
  const text = readFileSync(join(directory, "index.json"), "utf8");
  const entries = entryTexts(directory);
  const registry = await openLayout(directory, { defaultRepository, durability: "none" });
  const tags = await readTags(registry);
  for (const repository of [defaultRepository, "fixture/pushed"]) {
    const { digest } = await pushArtifact(registry, repository, "pushed", ["pushed-by-the-test"]);
    expect(entryTexts(directory).slice(0, -1)).toEqual(entries);
    await registry.deleteTag(repository, "pushed-by-the-test");
    await registry.deleteManifest(repository, digest);
    expect(entryTexts(directory)).toEqual(entries);
  }
  expect(await readTags(registry)).toEqual(tags);
  await registry.close();
  const rest = (of: string): unknown => Object.entries(JSON.parse(of) as object).filter(([key]) => key !== "manifests");
  expect(rest(readFileSync(join(directory, "index.json"), "utf8"))).toEqual(rest(text));
  const now = snapshot(directory);
  for (const [path, content] of Object.entries(files)) if (path !== "index.json") expect([path, now[path]]).toEqual([path, content]);
}

/** The layouts that a fixture holds: one or, of a tree, several. */
function layoutsOf(directory: string, expected: Expected): [string, Expected][] {
  if (expected.layouts === undefined) return [[directory, expected]];
  return Object.entries(expected.layouts).map(([path, inner]) => [join(directory, path), inner]);
}

describe.each(fixtureNames)("%s", (name) => {
  const expected = expectedOf(name);
  const why = obstacle(name);
  if (why !== undefined) {
    console.info(`skipped: the layout ${name}, because ${why}`);
    it.skip(why, () => undefined);
    return;
  }

  if (name === none) {
    it("is no layout: nothing is in it", async () => {
      await using registry = await openLayout(copyFixture(name, expected), { defaultRepository });
      expect(await collect(registry.repositories())).toEqual([]);
    });
    return;
  }

  if (name in damaged) {
    it(`is LAYOUT_INVALID, and stays as it is: ${damaged[name] ?? ""}`, async () => {
      const directory = copyFixture(name, expected);
      const before = snapshot(directory);
      await using registry = await openLayout(directory, { defaultRepository });
      await expect(collect(registry.repositories())).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
      await expect(registry.pushManifest("a", artifact("m"), "application/x-thing")).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
      await expect(registry.pushBlob("a", { digest: `sha256:${"0".repeat(64)}` }, bytes(""))).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
      expect(await collect(registry.verify())).toMatchObject([{ kind: "damaged-layout" }]);
      expect(snapshot(directory)).toEqual(before);
    });
    return;
  }

  it("is read as it was independently, byte by byte", async () => {
    for (const [directory, inner] of layoutsOf(copyFixture(name, expected), expected)) {
      const entries = listed(inner.entries);
      if (entries !== undefined) await check(directory, inner, entries);
      else {
        await using registry = await openLayout(directory, { defaultRepository });
        expect(Object.keys(await readTags(registry)).length).toBeGreaterThan(200);
      }
    }
  });

  it("keeps every entry through a push and a delete", async () => {
    for (const [directory] of layoutsOf(copyFixture(name, expected), expected)) await checkRewrite(directory);
  });
});
