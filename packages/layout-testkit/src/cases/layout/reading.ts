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

/** What may be written in an entry in place of the type of its manifest. */
const otherTypes: readonly string[] = [
  `"mediaType":"${dockerMediaTypes.manifest}",`,
  '"mediaType":"application/octet-stream",',
  '"mediaType":7,',
  "",
];

/** An image manifest, written over `index.json`. What it is, its members say. */
const manifestAsIndex: string = JSON.stringify({ schemaVersion: 2, config: emptyDescriptor, layers: [] });

/** Files that say one thing and are another. */
export const layoutReadingCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-100",
    title: "an entry that says another type than its manifest, or none, changes no answer",
    level: "MUST",
    cites: [clause(12, "entry")],
    needsLayout,
    needsReopen,
    why: "two calls would answer differently about the same image, and a client would refuse it or take it for another thing",
    lookFor: "a type that is taken from the entry by one call, and from the bytes by another",
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
    title: "an entry that says another size than its file has changes no answer",
    level: "MUST",
    cites: [clause(18, "claims")],
    needsLayout,
    needsReopen,
    why: "a client that asked for the size first refuses what it gets",
    lookFor: "a size that is taken from the entry, and not compared with the file",
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
    title: "an index.json that is an image manifest is LAYOUT_INVALID, and stays as it is",
    level: "MUST",
    cites: [clause(22, "rejected")],
    needsLayout,
    needsReopen,
    why: "who takes it for an empty index writes over what could be saved",
    lookFor: "a list of manifests that is empty where there is none, whatever else the document has",
    run: async (context) => {
      await pushArtifact(context.registry, "one", ["a"]);
      await putFile(context.layoutDirectory(repo), "index.json", manifestAsIndex);
      await isRefused(context);
    },
  },
  {
    id: "LAYOUT-103",
    title: "a garbage collection removes nothing where index.json is an image manifest",
    level: "MUST",
    cites: [clause(22, "rejected")],
    needsLayout,
    needsReopen,
    why: "all images of the layout would be gone",
    lookFor: "a collection that takes a document without a list of manifests for an empty index",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      await pushArtifact(registry, "one", ["a"]);
      await putFile(directory, "index.json", manifestAsIndex);
      const before = await readParts(directory);
      const again = await reopen();
      // Whether it is refused or finds nothing to do: what counts is what is left.
      await collectAll(again).catch((error: unknown) => {
        if (error instanceof NotApplicable) throw error;
      });
      equal(await readParts(directory), before, "what is on disk");
    },
  },
  {
    id: "LAYOUT-104",
    title: "a byte order mark before index.json and oci-layout is skipped",
    level: "MUST",
    cites: [clause(22, "lenient")],
    needsLayout,
    needsReopen,
    why: "editors and scripts on Windows write one",
    lookFor: "JSON.parse of the text as it was read",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const one = await pushArtifact(registry, "one", ["a"]);
      for (const path of ["index.json", "oci-layout"])
        await putFile(directory, path, `\uFEFF${await readFile(join(directory, path), "utf8")}`);
      const again = await reopen();
      equal(await resolves(() => again.resolveTag(repo, "a"), "the tag"), one, "what it points at");
      await resolves(() => pushArtifact(again, "two", ["b"]), "a push");
      const last = await reopen();
      equal(await resolves(() => listTags(last), "the tags"), ["a", "b"], "the tags");
    },
  },
];

/** Fails unless each call about a tag, and about what it points at, says that it is `one`. */
async function isAnswered(registry: Registry, tag: string, one: Descriptor, entry: string): Promise<void> {
  const calls = {
    resolveTag: () => registry.resolveTag(repo, tag),
    getTag: () => described(registry.getTag(repo, tag)),
    resolveManifest: () => registry.resolveManifest(repo, one.digest),
    getManifest: () => described(registry.getManifest(repo, one.digest)),
  };
  for (const [name, call] of Object.entries(calls))
    equal(
      await resolves(call, `${name} of the entry ${entry}`),
      one,
      `what ${name} says of the entry ${entry}`,
    );
}

/** What a reader says that it reads; its size, if the reader gives as many bytes. */
async function described(opening: Promise<BlobReader>): Promise<Descriptor> {
  const reader = await opening;
  const { descriptor } = reader;
  return { ...descriptor, size: descriptor.size === (await reader.bytes()).length ? descriptor.size : NaN };
}
