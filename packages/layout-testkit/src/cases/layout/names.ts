import { annotationKeys } from "@ocilayout/oci-types";

import { image } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause, imageSpec } from "../../case/cites.ts";
import { equal, holds, reads, resolves } from "../../case/context.ts";
import { pushArtifact, repo } from "../../case/content.ts";
import {
  addEntry,
  entryOf,
  indexOf,
  isNamed,
  listTags,
  putArtifact,
  putContent,
  putIndex,
  readEntries,
  refName,
} from "./disk.ts";

const needsLayout = true;
const needsReopen = true;

/** What entries are called, by the registry and by others. */
export const layoutNameCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-10",
    title: "a tag is written so that others read it: alone, or as repository:tag",
    level: "MUST",
    cites: [clause(24), imageSpec("annotations.md#pre-defined-annotation-keys")],
    needsLayout,
    why: "another tool asks for the image by that name",
    lookFor: "a name in an annotation of one's own",
    run: async ({ registry, layoutDirectory }) => {
      const one = await pushArtifact(registry, "one", ["v1", "latest"]);
      const entries = await readEntries(layoutDirectory(repo));
      for (const tag of ["v1", "latest"]) {
        const named = entries.filter((entry) => isNamed(entry, tag));
        equal(named.length, 1, `the entries called ${tag} or ${repo}:${tag}`);
        const { mediaType, digest, size } = named[0] ?? {};
        equal({ mediaType, digest, size }, one, `what the entry called ${tag} says`);
      }
    },
  },
  {
    id: "LAYOUT-11",
    title: "a manifest without a tag is called nothing, or repository@digest",
    level: "MUST",
    cites: [clause(24)],
    needsLayout,
    why: "other tools would show a tag that nobody gave",
    lookFor: "a tag made of the digest",
    run: async ({ registry, layoutDirectory }) => {
      const { digest } = await pushArtifact(registry, "one");
      const names = (await readEntries(layoutDirectory(repo)))
        .filter((entry) => entry.digest === digest)
        .map(refName);
      holds(
        names.length === 1 && [undefined, `${repo}@${digest}`].includes(names[0]),
        "one entry without a tag",
        names,
      );
    },
  },
  {
    id: "LAYOUT-12",
    title: "an image that another program wrote as repository:tag is read",
    level: "MUST",
    cites: [clause(22), clause(23, "order")],
    needsLayout,
    needsReopen,
    why: "layouts come from other tools",
    lookFor: "entries that are known only to whoever wrote them",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const item = await image({ layers: ["one", "two"] });
      await putContent(directory, item);
      await putIndex(directory, indexOf(entryOf(item.descriptor, `${repo}:v1`)));
      const registry = await reopen();
      equal(await listTags(registry), ["v1"], "the tags");
      equal(
        await resolves(() => registry.resolveTag(repo, "v1"), "the tag"),
        item.descriptor,
        "what it points at",
      );
      await reads(await registry.getTag(repo, "v1"), item.content, "the manifest");
      for (const { descriptor, content } of item.blobs)
        await reads(await registry.getBlob(repo, descriptor.digest), content, "a blob of it");
    },
  },
  {
    id: "LAYOUT-13",
    title: "an entry that another program called as the registry calls its own is read",
    level: "MUST",
    cites: [clause(23, "order"), clause(24)],
    needsLayout,
    needsReopen,
    why: "who writes a bare tag is to read one",
    lookFor: "a registry that knows its own entries from elsewhere than index.json",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      await pushArtifact(registry, "one", ["a"]);
      const isBare = (await readEntries(directory)).some((entry) => refName(entry) === "a");
      await addEntry(directory, entryOf(await putArtifact(directory, "two"), isBare ? "b" : `${repo}:b`));
      equal(await listTags(await reopen()), ["a", "b"], "the tags");
    },
  },
  {
    id: "LAYOUT-14",
    title: "containerd's name of an entry counts before the other",
    level: "MUST",
    cites: [clause(23, "order")],
    needsLayout,
    needsReopen,
    why: "containerd and Docker write the tag alone into the other, whatever the repository",
    lookFor: "only one annotation that is read",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const entry = entryOf(await putArtifact(directory, "one"), "short", {
        [annotationKeys.containerdImageName]: `${repo}:full`,
      });
      await putIndex(directory, indexOf(entry));
      equal(await listTags(await reopen()), ["full"], "the tags");
    },
  },
  {
    id: "LAYOUT-15",
    title: "an entry called repository@digest is a manifest without a tag",
    level: "MUST",
    cites: [clause(23, "order")],
    needsLayout,
    needsReopen,
    why: "this is how a manifest without a tag is kept in a repository",
    lookFor: "a digest that is taken for a tag, or not looked at",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const one = await putArtifact(directory, "one");
      await putIndex(directory, indexOf(entryOf(one, `${repo}@${one.digest}`)));
      const registry = await reopen();
      equal(await listTags(registry), [], "the tags");
      equal(await resolves(() => registry.resolveManifest(repo, one.digest), "the manifest"), one, "it");
    },
  },
  {
    id: "LAYOUT-16",
    title: "of entries with the same name the first counts",
    level: "MUST",
    cites: [clause(23, "duplicates")],
    needsLayout,
    needsReopen,
    why: "every reader has to see the same image",
    lookFor: "a map by name that later entries overwrite",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const [one, two] = [await putArtifact(directory, "one"), await putArtifact(directory, "two")];
      await putIndex(directory, indexOf(entryOf(one, `${repo}:t`), entryOf(two, `${repo}:t`)));
      const registry = await reopen();
      equal((await registry.resolveTag(repo, "t")).digest, one.digest, "what the tag points at");
      equal(await listTags(registry), ["t"], "the tags");
    },
  },
  {
    id: "LAYOUT-17",
    title: "a push replaces all entries of a name, and what they named stays reachable by digest",
    level: "MUST",
    cites: [clause(23, "duplicates")],
    needsLayout,
    needsReopen,
    why: "the old image would come back when the new one is deleted",
    lookFor: "a search that ends at the first",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const [one, two] = [await putArtifact(directory, "one"), await putArtifact(directory, "two")];
      await putIndex(directory, indexOf(entryOf(one, `${repo}:t`), entryOf(two, `${repo}:t`)));
      const registry = await reopen();
      const three = await pushArtifact(registry, "three", ["t"]);
      const named = (await readEntries(directory)).filter((entry) => isNamed(entry, "t"));
      equal(
        named.map(({ digest }) => digest),
        [three.digest],
        "what entries of the name are about",
      );
      for (const old of [one, two])
        equal(
          await resolves(() => registry.resolveManifest(repo, old.digest), "what the name stood for"),
          old,
          "it",
        );
    },
  },
];
