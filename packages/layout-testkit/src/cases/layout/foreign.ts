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

/** Unusual entries that no registry can interpret. */
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

/** Content of `index.json` that the registry cannot interpret and must keep. */
export const layoutForeignCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-18",
    title: "a push keeps foreign entries byte for byte",
    level: "MUST",
    cites: [clause(22, "foreign")],
    needsLayout,
    needsReopen,
    why: "another tool would lose its images or find them changed",
    lookFor: "index.json parsed into the backend's own types and serialized again",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const entries = await putForeign(directory);
      await pushArtifact(await reopen(), "two", ["b"]);
      await survive(directory, entries);
      equal((await readEntries(directory)).length, entries.length + 1, "the number of entries");
    },
  },
  {
    id: "LAYOUT-19",
    title: "deleteTag keeps foreign entries byte for byte",
    level: "MUST",
    cites: [clause(22, "foreign")],
    needsLayout,
    needsReopen,
    needs: ["deleteTag"],
    why: "another tool would lose its images or find them changed",
    lookFor: "index.json parsed into the backend's own types and serialized again",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      await putForeign(directory);
      await (await reopen()).deleteTag(repo, "a");
      await survive(directory, foreign);
    },
  },
  {
    id: "LAYOUT-20",
    title: "unknown members are kept at every level, including __proto__",
    level: "MUST",
    cites: [clause(22, "members")],
    needsLayout,
    needsReopen,
    why: "other tools depend on their own members",
    lookFor: "a copy of the known members only, or an assignment to __proto__",
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
    title: "quotes, brackets and backslashes inside strings are kept",
    level: "MUST",
    cites: [clause(22)],
    needsLayout,
    needsReopen,
    why: "annotations contain Windows paths and whole JSON documents",
    lookFor: "the end of a string found at the next quote, whether or not it is escaped",
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
      equal(await resolves(() => registry.resolveTag(repo, "a"), "resolveTag"), one, "the tag's manifest");
      await resolves(() => pushArtifact(registry, "two", ["b"]), "a push");
      await survive(directory, [head, entry, tail]);
      equal((await readEntries(directory)).length, 2, "the number of entries");
      await resolves(async () => (await reopen()).resolveTag(repo, "b"), "resolveTag of the pushed tag");
    },
  },
  {
    id: "LAYOUT-21",
    title: "a push keeps the order of entries",
    level: "MUST",
    cites: [clause(22, "members")],
    needsLayout,
    needsReopen,
    why: "the first of several entries with one name counts, and people read the file",
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
        "the previous entries",
      );
    },
  },
  {
    id: "LAYOUT-22",
    title: "foreign entries make no call fail",
    level: "MUST",
    cites: [clause(22, "foreign")],
    needsLayout,
    needsReopen,
    why: "one tool's unusual entry would make all images unavailable",
    lookFor: "a validation of the whole index.json before it is used",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      await putForeign(directory);
      const registry = await reopen();
      equal(await resolves(() => listTags(registry), "tags()"), ["a"], "the tags");
      const { digest } = await resolves(() => registry.resolveTag(repo, "a"), "resolveTag");
      await resolves(async () => (await registry.getManifest(repo, digest)).bytes(), "getManifest");
      equal(
        await resolves(() => collect(registry.referrers(repo, digest)), "referrers()"),
        [],
        "the referrers",
      );
    },
  },
  {
    id: "LAYOUT-23",
    title: "moving a tag keeps the other annotations with the old manifest",
    level: "MUST",
    cites: [clause(24, "moving")],
    needsLayout,
    needsReopen,
    why: "annotations of one image would be attached to another",
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
        "the annotation of the old manifest's entry",
      );
      equal(
        old.some((entry) => isNamed(entry, "t")),
        false,
        "the old manifest's entry has the tag",
      );
      const now = entries.filter(({ digest }) => digest === two.digest);
      equal(
        now.map(({ annotations }) => annotations?.["org.example.note"]),
        [undefined],
        "the annotation of the new manifest's entry",
      );
    },
  },
  {
    id: "LAYOUT-56",
    title: "a repeated push of a tagged manifest keeps its entry unchanged",
    level: "MUST",
    cites: [clause(22, "members")],
    needsLayout,
    needsReopen,
    why: "annotations of other tools would be lost although nothing has changed",
    lookFor: "an entry that is rewritten by each push",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const entry = entryOf(await putArtifact(directory, "one"), `${repo}:t`, {
        "org.example.note": "signed",
      });
      await putIndex(directory, indexOf(entry));
      await pushArtifact(await reopen(), "one", ["t"]);
      await survive(directory, [entry]);
      equal((await readEntries(directory)).length, 1, "the number of entries");
    },
  },
  {
    id: "LAYOUT-57",
    title: "an entry with other annotations is kept when its tag moves",
    level: "MUST",
    cites: [clause(24, "moving")],
    needsLayout,
    needsReopen,
    why: "the annotations of the image would be lost",
    lookFor: "an entry that is removed because another entry has the same digest",
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
        "the annotations of the old manifest's entries",
      );
      equal(
        old.map((entry) => isNamed(entry, "u")),
        [false, true],
        "the entries that have the other tag",
      );
    },
  },
  {
    id: "LAYOUT-60",
    title: "an entry with an invalid size or digest is ignored",
    level: "MUST",
    cites: [clause(22, "foreign")],
    needsLayout,
    needsReopen,
    why: "a client that receives a size of -1 may allocate it",
    lookFor: "a descriptor that is used without validation because its name is valid",
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
      equal(await resolves(() => listTags(registry), "tags()"), ["a"], "the tags");
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
    title: "a deeply nested entry is kept and does not affect other entries",
    level: "MUST",
    cites: [clause(22, "foreign"), clause(31)],
    needsLayout,
    needsReopen,
    why: "one entry would make every call on the layout fail",
    lookFor: "recursion over an entry, such as structuredClone and JSON.stringify",
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
        (await resolves(() => registry.resolveTag(repo, "a"), "resolveTag of another entry")).digest,
        one.digest,
        "its digest",
      );
      await resolves(() => pushArtifact(registry, "two", ["b"]), "a push beside it");
      await survive(directory, [deep]);
    },
  },
];

/** Writes a layout with one artifact, tagged `a`, among foreign entries. Returns all entries. */
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

/** Fails unless `index.json` contains these texts in this order. */
async function survive(directory: string, texts: readonly string[]): Promise<void> {
  const index = await readIndexText(directory);
  let at = 0;
  for (const text of texts) {
    const found = index.indexOf(text, at);
    if (found < 0)
      throw new ConformanceFailure(
        `${JSON.stringify(text)} in its place in index.json`,
        JSON.stringify(index),
      );
    at = found + text.length;
  }
}
