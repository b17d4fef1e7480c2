import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { BlobReader, Descriptor, Registry } from "@ocilayout/oci-types";
import { dockerMediaTypes, emptyDescriptor } from "@ocilayout/oci-types";

import type { ConformanceCase } from "../../case/case.ts";
import { clause } from "../../case/cites.ts";
import { equal, resolves } from "../../case/context.ts";
import { NotApplicable } from "../../case/failure.ts";
import { pushArtifact, repo } from "../../case/content.ts";
import { collectAll, entryOf, indexOf, listTags, putArtifact, putFile, putIndex, readParts } from "./disk.ts";
import { isRefused } from "./parts.ts";

const needsLayout = true;
const needsReopen = true;

/** Values written to an entry instead of its manifest's media type. */
const otherTypes: readonly string[] = [
  `"mediaType":"${dockerMediaTypes.manifest}",`,
  '"mediaType":"application/octet-stream",',
  '"mediaType":7,',
  "",
];

/** An image manifest in place of `index.json`; only its members reveal its type. */
const manifestAsIndex: string = JSON.stringify({ schemaVersion: 2, config: emptyDescriptor, layers: [] });

/** Files that differ from their descriptors. */
export const layoutReadingCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-100",
    title: "a wrong or missing media type in an entry does not change any result",
    level: "MUST",
    cites: [clause(12, "entry")],
    needsLayout,
    needsReopen,
    why: "two calls would return different media types for one image, and clients would reject or misinterpret it",
    lookFor: "a media type that one call takes from the entry and another from the bytes",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const manifests: Descriptor[] = [];
      for (const i of otherTypes.keys()) manifests.push(await putArtifact(directory, `m${i}`));
      const entries = manifests.map((one, i) =>
        entryOf(one, `${repo}:t${i}`).replace(/"mediaType":"[^"]*",/, otherTypes[i] ?? ""),
      );
      await putIndex(directory, indexOf(entries.join(",")));
      const registry = await reopen();
      for (const [i, one] of manifests.entries()) await isAnswered(registry, `t${i}`, one, entries[i] ?? "");
    },
  },
  {
    id: "LAYOUT-101",
    title: "a wrong size in an entry does not change any result",
    level: "MUST",
    cites: [clause(18, "claims")],
    needsLayout,
    needsReopen,
    why: "a client that resolves the size first would reject the content",
    lookFor: "a size taken from the entry without comparing it with the file",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const sizes = [0, 1, 100_000];
      const manifests: Descriptor[] = [];
      for (const size of sizes) manifests.push(await putArtifact(directory, `m${size}`));
      const entries = manifests.map((one, i) => entryOf({ ...one, size: sizes[i] ?? 0 }, `${repo}:t${i}`));
      await putIndex(directory, indexOf(entries.join(",")));
      const registry = await reopen();
      for (const [i, one] of manifests.entries()) await isAnswered(registry, `t${i}`, one, entries[i] ?? "");
    },
  },
  {
    id: "LAYOUT-102",
    title: "calls fail with LAYOUT_INVALID if index.json is an image manifest, and change nothing",
    level: "MUST",
    cites: [clause(22, "rejected")],
    needsLayout,
    needsReopen,
    why: "treating it as an empty index would overwrite data that can still be recovered",
    lookFor: "a missing manifests member treated as an empty list, whatever other members the document has",
    run: async (context) => {
      await pushArtifact(context.registry, "one", ["a"]);
      await putFile(context.layoutDirectory(repo), "index.json", manifestAsIndex);
      await isRefused(context);
    },
  },
  {
    id: "LAYOUT-103",
    title: "garbage collection removes nothing if index.json is an image manifest",
    level: "MUST",
    cites: [clause(22, "rejected")],
    needsLayout,
    needsReopen,
    why: "all images of the layout would be lost",
    lookFor: "a collection that treats a document without manifests as an empty index",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      await pushArtifact(registry, "one", ["a"]);
      await putFile(directory, "index.json", manifestAsIndex);
      const before = await readParts(directory);
      const again = await reopen();
      // Garbage collection may fail or find nothing to remove: only the remaining files count.
      await collectAll(again).catch((error: unknown) => {
        if (error instanceof NotApplicable) throw error;
      });
      equal(await readParts(directory), before, "the files of the layout");
    },
  },
  {
    id: "LAYOUT-104",
    title: "a byte order mark at the start of index.json and oci-layout is skipped",
    level: "MUST",
    cites: [clause(22, "lenient")],
    needsLayout,
    needsReopen,
    why: "editors and scripts on Windows write one",
    lookFor: "JSON.parse of the text without removing the mark",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const one = await pushArtifact(registry, "one", ["a"]);
      for (const path of ["index.json", "oci-layout"])
        await putFile(directory, path, `\uFEFF${await readFile(join(directory, path), "utf8")}`);
      const again = await reopen();
      equal(await resolves(() => again.resolveTag(repo, "a"), "resolveTag"), one, "the tag's manifest");
      await resolves(() => pushArtifact(again, "two", ["b"]), "a push");
      const last = await reopen();
      equal(await resolves(() => listTags(last), "tags()"), ["a", "b"], "the tags");
    },
  },
];

/** Fails unless every call about a tag and its manifest returns the descriptor `one`. */
async function isAnswered(registry: Registry, tag: string, one: Descriptor, entry: string): Promise<void> {
  const calls = {
    resolveTag: () => registry.resolveTag(repo, tag),
    getTag: () => described(registry.getTag(repo, tag)),
    resolveManifest: () => registry.resolveManifest(repo, one.digest),
    getManifest: () => described(registry.getManifest(repo, one.digest)),
  };
  for (const [name, call] of Object.entries(calls))
    equal(
      await resolves(call, `${name} with the entry ${entry}`),
      one,
      `the result of ${name} with the entry ${entry}`,
    );
}

/** Returns a reader's descriptor. The size is NaN if it differs from the number of bytes. */
async function described(opening: Promise<BlobReader>): Promise<Descriptor> {
  const reader = await opening;
  const { descriptor } = reader;
  return { ...descriptor, size: descriptor.size === (await reader.bytes()).length ? descriptor.size : NaN };
}
