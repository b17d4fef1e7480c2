import { readFileSync, rmSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

import { collect, emptyDescriptor } from "@ocilayout/oci-types";
import { pushArtifact } from "@ocilayout/testing";
import { expect } from "vitest";

import { isReserve } from "../src/lock/reserve.ts";
import { openLayout, type LayoutRegistry } from "../src/index.ts";
import type { Expected } from "./fixture.ts";
import { readAll } from "./full-reading.ts";
import { snapshot } from "./helpers.ts";
import { defaultRepository, entriesOf, expectedReading, nameOf } from "./independent-reading.ts";

/** The number of tags that are deleted in turn. */
const TAGS = 3;

/** Pushes to a layout and deletes from it. The original content stays, and still reads as `expected`. */
export async function checkRewrite(directory: string, expected: Expected): Promise<void> {
  const around = dirname(directory);
  const wanted = expectedReading(expected, directory);
  const files = snapshot(around);
  const before = takeApart(directory);
  const registry = await openLayout(directory, { defaultRepository, durability: "none" });
  const pushed = new Set([emptyDescriptor.digest]);
  for (const repository of [defaultRepository, "fixture/pushed"]) {
    const { digest } = await pushArtifact(registry, repository, "pushed", ["pushed-by-the-test"]);
    pushed.add(digest);
    const { entries, members } = takeApart(directory);
    expect(JSON.parse(entries.pop() ?? "")).toMatchObject({ digest });
    expect({ entries, members }).toEqual(before);
    await registry.deleteTag(repository, "pushed-by-the-test");
    await registry.deleteManifest(repository, digest);
    expect(takeApart(directory)).toEqual(before);
  }
  await registry.close();

  const now = snapshot(around);
  const added = Object.keys(now).filter((path) => !(path in files));
  // The first change creates the reserve for a full disk.
  const blobs = added.filter((path) => !isReserve(basename(path)));
  expect(
    blobs.filter((path) => ![...pushed].some((digest) => digest.endsWith(`:${basename(path)}`))),
  ).toEqual([]);
  for (const path of added) rmSync(join(around, path));
  const index = relative(around, join(directory, "index.json"));
  for (const path of Object.keys(files))
    if (path !== index) expect([path, now[path]]).toEqual([path, files[path]]);

  await using again = await openLayout(directory, { defaultRepository, durability: "none" });
  expect(await readAll(again, wanted)).toEqual(wanted);
  await checkDeletedTags(again, expected);
}

/** Deletes original tags. Every other entry stays, and so does each manifest. */
async function checkDeletedTags(registry: LayoutRegistry, expected: Expected): Promise<void> {
  const { directory } = registry;
  const names = entriesOf(expected, directory).map(nameOf);
  const before = takeApart(directory);
  const deleted: Set<string> = new Set();
  for (const name of names) {
    if (name?.tag === undefined || deleted.has(`${name.repository}:${name.tag}`) || deleted.size === TAGS)
      continue;
    const { digest } = await registry.resolveTag(name.repository, name.tag);
    await registry.deleteTag(name.repository, name.tag);
    deleted.add(`${name.repository}:${name.tag}`);
    const untouched = before.entries.filter(
      (_, at) => !deleted.has(`${names[at]?.repository}:${names[at]?.tag}`),
    );
    const texts = new Set(before.entries);
    const { entries, members } = takeApart(directory);
    // A manifest that only its tag named gets an entry without a tag.
    expect(entries.filter((text) => texts.has(text))).toEqual(untouched);
    expect(members).toEqual(before.members);
    expect(await collect(registry.tags(name.repository)).catch(() => [])).not.toContain(name.tag);
    const digests: string[] = [];
    for await (const { descriptor } of registry.manifests(name.repository)) digests.push(descriptor.digest);
    expect(digests).toContain(digest);
  }
}

/** Splits the text of `index.json` into its entries and its other members. */
function takeApart(directory: string): { entries: string[]; members: string[] } {
  const text = readFileSync(join(directory, "index.json"), "utf8").replace(/^\uFEFF/, "");
  const all = partsOf(text);
  const members = all.filter((member) => !/^"manifests"\s*:/.test(member));
  const [list = ""] = all.filter((member) => !members.includes(member));
  const entries = list.endsWith("]") ? partsOf(list.slice(list.indexOf("["))) : [];
  expect(entries.map((entry) => JSON.parse(entry) as unknown)).toEqual(
    (JSON.parse(text) as { manifests?: unknown[] | null }).manifests ?? [],
  );
  return { entries, members };
}

/** Returns the texts of the parts of the object or array `text`, without surrounding white space. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},]/g)) {
    if (token === "]" || token === "}") depth -= 1;
    if ((depth === 1 && token === ",") || depth === 0) {
      if (start > 0) parts.push(text.slice(start, index).trim());
      start = index + 1;
    }
    if (token === "[" || token === "{") depth += 1;
  }
  return parts.filter((part) => part !== "");
}
