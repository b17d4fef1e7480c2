import type { ConformanceCase } from "../../case/case.ts";
import { clause, rule } from "../../case/cites.ts";
import { equal, rejects } from "../../case/context.ts";
import { pushArtifact, pushText, repo } from "../../case/content.ts";
import {
  addEntry,
  areWhole,
  entryOf,
  isNamed,
  listFiles,
  listTags,
  putArtifact,
  readEntries,
  removeLayout,
} from "./disk.ts";

const needsLayout = true;

/** Another program that changes the directory of an open registry. */
export const layoutSharingCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-24",
    title: "changes by another program are visible at the next call",
    level: "MUST",
    cites: [clause(26, "visible")],
    needsLayout,
    why: "images may be copied into the directory of a running server",
    lookFor: "index.json that is read only once",
    run: async ({ registry, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      await pushArtifact(registry, "one", ["a"]);
      equal(await listTags(registry), ["a"], "the tags before the change");
      const two = await putArtifact(directory, "two");
      await addEntry(directory, entryOf(two, `${repo}:b`));
      equal(await listTags(registry), ["a", "b"], "the tags after the change");
      equal(await registry.resolveTag(repo, "b"), two, "the manifest of the new tag");
    },
  },
  {
    id: "LAYOUT-25",
    title: "a push keeps entries that another program added",
    level: "MUST",
    cites: [clause(26, "lossless")],
    needsLayout,
    why: "the other program's image would be lost",
    lookFor: "index.json written from an earlier read",
    run: async ({ registry, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      await pushArtifact(registry, "one", ["a"]);
      await addEntry(directory, entryOf(await putArtifact(directory, "two"), `${repo}:b`));
      await pushArtifact(registry, "three", ["c"]);
      const entries = await readEntries(directory);
      equal(
        ["a", "b", "c"].filter((tag) => entries.some((entry) => isNamed(entry, tag))),
        ["a", "b", "c"],
        "the tags in index.json",
      );
    },
  },
  {
    id: "LAYOUT-26",
    title: "after the directory is removed, reads find nothing",
    level: "MUST",
    cites: [rule("removed")],
    needsLayout,
    why: "a registry must not serve content that no longer exists",
    lookFor: "a result from memory",
    run: async ({ registry, layoutDirectory }) => {
      const { descriptor } = await pushText(registry, "hello");
      const one = await pushArtifact(registry, "one", ["a"]);
      await (await registry.getTag(repo, "a")).bytes();
      await removeLayout(layoutDirectory(repo));
      equal(await listTags(registry), [], "the tags");
      await rejects(() => registry.resolveTag(repo, "a"), "MANIFEST_UNKNOWN", "NAME_UNKNOWN");
      await rejects(() => registry.getManifest(repo, one.digest), "MANIFEST_UNKNOWN", "NAME_UNKNOWN");
      await rejects(() => registry.resolveBlob(repo, descriptor.digest), "BLOB_UNKNOWN", "NAME_UNKNOWN");
    },
  },
  {
    id: "LAYOUT-27",
    title: "after the directory is removed, the next write creates an empty layout",
    level: "MUST",
    cites: [rule("removed")],
    needsLayout,
    why: "removing the directory is how a user starts again",
    lookFor: "index.json written from memory, or a directory that is assumed to exist",
    run: async ({ registry, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      await pushArtifact(registry, "one", ["a"]);
      await removeLayout(directory);
      const { descriptor } = await pushText(registry, "hello");
      await areWhole(directory);
      equal(await readEntries(directory), [], "the entries");
      equal(
        await listFiles(`${directory}/blobs`),
        [descriptor.digest.replace(":", "/")],
        "the files in blobs",
      );
      await rejects(() => registry.resolveTag(repo, "a"), "MANIFEST_UNKNOWN", "NAME_UNKNOWN");
    },
  },
];
