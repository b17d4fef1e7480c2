import { annotationKeys, collect } from "@ocilayout/oci-types";

import type { ConformanceCase } from "../../case/case.ts";
import { clause } from "../../case/cites.ts";
import { equal, rejects, resolves } from "../../case/context.ts";
import { ConformanceFailure } from "../../case/failure.ts";
import { imageManifest, nowhere, pushArtifact, repo } from "../../case/content.ts";
import {
  entryOf,
  indexOf,
  isNamed,
  listTags,
  putArtifact,
  putIndex,
  readEntries,
  readIndexText,
  refName,
} from "./disk.ts";

const needsLayout = true;
const needsReopen = true;

const start = `{\t"mediaType" : "${imageManifest}", "size":1,\r\n "digest":`;
const named = (name: string): string => `"annotations":{"${annotationKeys.refName}": "${name}"}`;

/** Entries that no registry understands, oddly written. */
const foreign: readonly string[] = [
  '"text"',
  "null",
  "[1.0,  2]",
  "{ }",
  `${start} "sha256:short" }`,
  `${start} "md9:${"\\u0061".repeat(4)}" }`,
  `${start} "${nowhere}", "size": -1 }`,
  `${start} "${nowhere}", "size": 1e400 }`,
  `${start} "${nowhere}", ${named("Not a name!")} }`,
  `${start} "${nowhere}", ${named("host:5000/a:v1")}, "__proto__": 1 }`,
];

/** What a registry does not understand, and does not lose. */
export const layoutForeignCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-18",
    title: "a push leaves every entry that is not understood as it is, byte for byte",
    level: "MUST",
    cites: [clause(22, "foreign")],
    needsLayout,
    needsReopen,
    why: "another tool's images would be gone, or not be what it wrote",
    lookFor: "index.json parsed into types of one's own and written anew",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const entries = await putForeign(directory);
      await pushArtifact(await reopen(), "two", ["b"]);
      await survive(directory, entries);
      equal((await readEntries(directory)).length, entries.length + 1, "how many entries there are");
    },
  },
  {
    id: "LAYOUT-19",
    title: "so does a deleted tag",
    level: "MUST",
    cites: [clause(22, "foreign")],
    needsLayout,
    needsReopen,
    needs: ["deleteTag"],
    why: "another tool's images would be gone, or not be what it wrote",
    lookFor: "index.json parsed into types of one's own and written anew",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      await putForeign(directory);
      await (await reopen()).deleteTag(repo, "a");
      await survive(directory, foreign);
    },
  },
  {
    id: "LAYOUT-20",
    title: "members that nobody knows survive at every level, also one called __proto__",
    level: "MUST",
    cites: [clause(22, "members")],
    needsLayout,
    needsReopen,
    why: "they are somebody's",
    lookFor: "a copy of the members one knows; an assignment that __proto__ does something else with",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const { mediaType, digest, size } = await putArtifact(directory, "one");
      const entry =
        `{"mediaType":"${mediaType}", "__proto__" : {"kept":1.0}, "digest":"${digest}","size":${size},"x":[1e2],\n` +
        `\t"annotations":{"__proto__":"kept","x.y":"\\u0041","${annotationKeys.refName}":"${repo}:a"}}`;
      const [head, tail] = [
        '{ "x-first": 1.0, "schemaVersion":2,',
        '"annotations": {"__proto__":"kept"},\r\n"__proto__":{"a" : null} }\n',
      ];
      await putIndex(directory, `${head}"manifests": [${entry}],${tail}`);
      await pushArtifact(await reopen(), "two", ["b"]);
      await survive(directory, [head, entry, tail]);
    },
  },
  {
    id: "LAYOUT-62",
    title: "quotes, brackets and backslashes within a text are part of it",
    level: "MUST",
    cites: [clause(22)],
    needsLayout,
    needsReopen,
    why: "Windows' paths are in annotations, and so are whole documents",
    lookFor: "the end of a text taken for wherever the next quote is",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const one = await putArtifact(directory, "one");
      const entry =
        `{"mediaType":"${one.mediaType}","digest":"${one.digest}","size":${one.size},"annotations":{"path":"C:\\\\images\\\\","json":"{\\"manifests\\":[{","}],\\\\":"\\\\\\"",` +
        `"${annotationKeys.refName}":"${repo}:a"}}`;
      const [head, tail] = [
        '{"\\\\":"]}","\\"manifests\\":[":"\\\\\\\\","schemaVersion":2,',
        ',"\\\\\\"x":"\\\\"}',
      ];
      await putIndex(directory, `${head}"manifests":[${entry}]${tail}`);
      const registry = await reopen();
      equal(await resolves(() => registry.resolveTag(repo, "a"), "the tag"), one, "what it points at");
      await resolves(() => pushArtifact(registry, "two", ["b"]), "a push");
      await survive(directory, [head, entry, tail]);
      equal((await readEntries(directory)).length, 2, "the number of entries");
      await resolves(async () => (await reopen()).resolveTag(repo, "b"), "the tag that was pushed");
    },
  },
  {
    id: "LAYOUT-21",
    title: "entries stay in their order",
    level: "MUST",
    cites: [clause(22, "members")],
    needsLayout,
    needsReopen,
    why: "of entries with the same name the first counts, and people read the file",
    lookFor: "entries kept in a map, or sorted",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const tags = ["m", "z", "a", "10", "9", "b"];
      const entries: string[] = [];
      for (const tag of tags) entries.push(entryOf(await putArtifact(directory, tag), `${repo}:${tag}`));
      await putIndex(directory, indexOf(entries.join(",")));
      await pushArtifact(await reopen(), "new", ["k"]);
      const names = (await readEntries(directory)).filter((entry) => !isNamed(entry, "k")).map(refName);
      equal(
        names,
        tags.map((tag) => `${repo}:${tag}`),
        "the entries that were there",
      );
    },
  },
  {
    id: "LAYOUT-22",
    title: "no call fails because of entries that are not understood",
    level: "MUST",
    cites: [clause(22, "foreign")],
    needsLayout,
    needsReopen,
    why: "one tool's odd entry would take away everybody's images",
    lookFor: "a check of the whole of index.json before it is used",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      await putForeign(directory);
      const registry = await reopen();
      equal(await resolves(() => listTags(registry), "the tags"), ["a"], "the tags");
      const { digest } = await resolves(() => registry.resolveTag(repo, "a"), "the tag");
      await resolves(async () => (await registry.getManifest(repo, digest)).bytes(), "the manifest");
      equal(
        await resolves(() => collect(registry.referrers(repo, digest)), "its referrers"),
        [],
        "its referrers",
      );
    },
  },
  {
    id: "LAYOUT-23",
    title: "a moved tag leaves the old entry's other annotations with the old entry",
    level: "MUST",
    cites: [clause(24, "moving")],
    needsLayout,
    needsReopen,
    why: "what was said of one image would be said of another",
    lookFor: "a digest that is changed within the entry",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const one = await putArtifact(directory, "one");
      await putIndex(directory, indexOf(entryOf(one, `${repo}:t`, { "org.example.note": "signed" })));
      const two = await pushArtifact(await reopen(), "two", ["t"]);
      const entries = await readEntries(directory);
      const old = entries.filter(({ digest }) => digest === one.digest);
      equal(
        old.map(({ annotations }) => annotations?.["org.example.note"]),
        ["signed"],
        "what the old manifest's entry says",
      );
      equal(
        old.some((entry) => isNamed(entry, "t")),
        false,
        "whether it still has the tag",
      );
      const now = entries.filter(({ digest }) => digest === two.digest);
      equal(
        now.map(({ annotations }) => annotations?.["org.example.note"]),
        [undefined],
        "what the new manifest's entry says of it",
      );
    },
  },
  {
    id: "LAYOUT-56",
    title: "a push of what a tag points at already leaves its entry as it is",
    level: "MUST",
    cites: [clause(22, "members")],
    needsLayout,
    needsReopen,
    why: "what others said of the image would be gone, though nothing has changed",
    lookFor: "an entry that is written anew at each push",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const entry = entryOf(await putArtifact(directory, "one"), `${repo}:t`, {
        "org.example.note": "signed",
      });
      await putIndex(directory, indexOf(entry));
      await pushArtifact(await reopen(), "one", ["t"]);
      await survive(directory, [entry]);
      equal((await readEntries(directory)).length, 1, "how many entries there are");
    },
  },
  {
    id: "LAYOUT-57",
    title: "an entry that says more outlives its tag, whatever else names its manifest",
    level: "MUST",
    cites: [clause(24, "moving")],
    needsLayout,
    needsReopen,
    why: "what was said of the image would be gone",
    lookFor: "an entry that is dropped because another is about the same manifest",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const one = await putArtifact(directory, "one");
      await putIndex(
        directory,
        indexOf(entryOf(one, `${repo}:t`, { "org.example.note": "signed" }), entryOf(one, `${repo}:u`)),
      );
      await pushArtifact(await reopen(), "two", ["t"]);
      const old = (await readEntries(directory)).filter(({ digest }) => digest === one.digest);
      equal(
        old.map(({ annotations }) => annotations?.["org.example.note"]),
        ["signed", undefined],
        "what the old manifest's entries say",
      );
      equal(
        old.map((entry) => isNamed(entry, "u")),
        [false, true],
        "which of them has the other tag",
      );
    },
  },
  {
    id: "LAYOUT-60",
    title: "an entry with a size or a digest that is none names nothing",
    level: "MUST",
    cites: [clause(22, "foreign")],
    needsLayout,
    needsReopen,
    why: "whoever is told of a size of -1 allocates it",
    lookFor: "a descriptor that is taken as it is because its name is a good one",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const one = entryOf(await putArtifact(directory, "one"), `${repo}:a`);
      const size = /"size":\s*\d+/;
      const bad = ["-1", "1.5", '"7"', "null", "1e400", "9007199254740992"].map((value) =>
        one.replace(size, `"size":${value}`),
      );
      bad.push(
        one.replace(/,?"size":\s*\d+/, ""),
        one.replace("sha256:", "sha256:00"),
        one.replace("sha256:", "sha256 "),
      );
      await putIndex(
        directory,
        indexOf(bad.map((entry, i) => entry.replace(`${repo}:a`, `${repo}:bad${i}`)).join(","), one),
      );
      const registry = await reopen();
      equal(await resolves(() => listTags(registry), "the tags"), ["a"], "the tags");
      for (const i of bad.keys())
        await rejects(() => registry.resolveTag(repo, `bad${i}`), "MANIFEST_UNKNOWN");
      await survive(
        directory,
        bad.map((entry, i) => entry.replace(`${repo}:a`, `${repo}:bad${i}`)),
      );
    },
  },
  {
    id: "LAYOUT-90",
    title: "an entry that is nested 20,000 deep disturbs no other, and is kept",
    level: "MUST",
    cites: [clause(22, "foreign"), clause(31)],
    needsLayout,
    needsReopen,
    why: "one entry would make every call about the layout fail",
    lookFor: "recursion over what an entry says, such as structuredClone and JSON.stringify",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const one = await putArtifact(directory, "one");
      const deep = entryOf(one, `${repo}:deep`).replace(
        /\}$/,
        `,"x":${"[".repeat(20_000)}${"]".repeat(20_000)}}`,
      );
      await putIndex(directory, indexOf(deep, entryOf(one, `${repo}:a`)));
      const registry = await reopen();
      equal(
        (await resolves(() => registry.resolveTag(repo, "a"), "the tag of another entry")).digest,
        one.digest,
        "what it points at",
      );
      await resolves(() => pushArtifact(registry, "two", ["b"]), "a push beside it");
      await survive(directory, [deep]);
    },
  },
];

/** Writes a layout of one artifact, tagged `a`, among entries that nobody understands. Gives all entries. */
async function putForeign(directory: string): Promise<readonly string[]> {
  const half = foreign.length / 2;
  const entries = [
    ...foreign.slice(0, half),
    entryOf(await putArtifact(directory, "one"), `${repo}:a`),
    ...foreign.slice(half),
  ];
  await putIndex(directory, `{"schemaVersion":2,\r\n\t"manifests" : [ ${entries.join("\t,\r\n")} ]\n}`);
  return entries;
}

/** Fails unless `index.json` has these texts, in this order. */
async function survive(directory: string, texts: readonly string[]): Promise<void> {
  const index = await readIndexText(directory);
  let at = 0;
  for (const text of texts) {
    const found = index.indexOf(text, at);
    if (found < 0)
      throw new ConformanceFailure(
        `in index.json, in its place, ${JSON.stringify(text)}`,
        JSON.stringify(index),
      );
    at = found + text.length;
  }
}
