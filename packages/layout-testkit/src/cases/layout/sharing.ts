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

/** What a registry notices that is open while another program is at work in its directory. */
export const layoutSharingCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-24",
    title: "what another program writes is seen at the next call",
    level: "MUST",
    cites: [clause(26, "visible")],
    needsLayout,
    why: "a server goes on while images are copied into its directory",
    lookFor: "index.json read once, at the start",
    run: async ({ registry, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      await pushArtifact(registry, "one", ["a"]);
      equal(await listTags(registry), ["a"], "the tags before");
      const two = await putArtifact(directory, "two");
      await addEntry(directory, entryOf(two, `${repo}:b`));
      equal(await listTags(registry), ["a", "b"], "the tags after");
      equal(await registry.resolveTag(repo, "b"), two, "the new one");
    },
  },
  {
    id: "LAYOUT-25",
    title: "a push loses nothing that another program wrote meanwhile",
    level: "MUST",
    cites: [clause(26, "lossless")],
    needsLayout,
    why: "the other program's image would be gone",
    lookFor: "index.json written from what was read earlier",
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
    title: "where the directory was removed, the next read finds nothing",
    level: "MUST",
    cites: [rule("removed")],
    needsLayout,
    why: "what is served must be there",
    lookFor: "an answer from memory",
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
    title: "where the directory was removed, the next write makes an empty layout",
    level: "MUST",
    cites: [rule("removed")],
    needsLayout,
    why: "who empties a directory wants to begin anew",
    lookFor: "index.json written from memory; a directory that is taken to be there",
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
