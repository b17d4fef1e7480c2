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

/** Names of entries, written by the registry and by other tools. */
export const layoutNameCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-10",
    title: "a tag is written as the bare tag or as repository:tag",
    level: "MUST",
    cites: [clause(24), imageSpec("annotations.md#pre-defined-annotation-keys")],
    needsLayout,
    why: "other tools look for the image by this name",
    lookFor: "a name in an annotation of the backend's own",
    run: async ({ registry, layoutDirectory }) => {
      const one = await pushArtifact(registry, "one", ["v1", "latest"]);
      const entries = await readEntries(layoutDirectory(repo));
      for (const tag of ["v1", "latest"]) {
        const named = entries.filter((entry) => isNamed(entry, tag));
        equal(named.length, 1, `the number of entries named ${tag} or ${repo}:${tag}`);
        const { mediaType, digest, size } = named[0] ?? {};
        equal({ mediaType, digest, size }, one, `the descriptor of the entry named ${tag}`);
      }
    },
  },
  {
    id: "LAYOUT-11",
    title: "an untagged manifest is written without a name or as repository@digest",
    level: "MUST",
    cites: [clause(24)],
    needsLayout,
    why: "other tools would show a tag that does not exist",
    lookFor: "a tag generated from the digest",
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
    title: "an entry named repository:tag by another program is read",
    level: "MUST",
    cites: [clause(22), clause(23, "order")],
    needsLayout,
    needsReopen,
    why: "other tools write layouts, too",
    lookFor: "entries that are found only by the program that wrote them",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const item = await image({ layers: ["one", "two"] });
      await putContent(directory, item);
      await putIndex(directory, indexOf(entryOf(item.descriptor, `${repo}:v1`)));
      const registry = await reopen();
      equal(await listTags(registry), ["v1"], "the tags");
      equal(
        await resolves(() => registry.resolveTag(repo, "v1"), "resolveTag"),
        item.descriptor,
        "the tag's manifest",
      );
      await reads(await registry.getTag(repo, "v1"), item.content, "the manifest");
      for (const { descriptor, content } of item.blobs)
        await reads(await registry.getBlob(repo, descriptor.digest), content, "the content of its blob");
    },
  },
  {
    id: "LAYOUT-13",
    title: "an entry that another program named like the registry's own is read",
    level: "MUST",
    cites: [clause(23, "order"), clause(24)],
    needsLayout,
    needsReopen,
    why: "a backend that writes bare tags must read bare tags",
    lookFor: "entries remembered outside of index.json",
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
    title: "containerd's name of an entry takes precedence over the ref name",
    level: "MUST",
    cites: [clause(23, "order")],
    needsLayout,
    needsReopen,
    why: "containerd and Docker write only the tag to the ref name, whatever the repository",
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
    title: "an entry named repository@digest is an untagged manifest",
    level: "MUST",
    cites: [clause(23, "order")],
    needsLayout,
    needsReopen,
    why: "this form keeps an untagged manifest in its repository",
    lookFor: "a digest taken for a tag, or ignored",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const one = await putArtifact(directory, "one");
      await putIndex(directory, indexOf(entryOf(one, `${repo}@${one.digest}`)));
      const registry = await reopen();
      equal(await listTags(registry), [], "the tags");
      equal(await resolves(() => registry.resolveManifest(repo, one.digest), "resolveManifest"), one, "it");
    },
  },
  {
    id: "LAYOUT-16",
    title: "the first of several entries with one name counts",
    level: "MUST",
    cites: [clause(23, "duplicates")],
    needsLayout,
    needsReopen,
    why: "all readers must find the same image",
    lookFor: "a map by name in which later entries replace earlier ones",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const [one, two] = [await putArtifact(directory, "one"), await putArtifact(directory, "two")];
      await putIndex(directory, indexOf(entryOf(one, `${repo}:t`), entryOf(two, `${repo}:t`)));
      const registry = await reopen();
      equal((await registry.resolveTag(repo, "t")).digest, one.digest, "the digest of the tag");
      equal(await listTags(registry), ["t"], "the tags");
    },
  },
  {
    id: "LAYOUT-17",
    title: "moving a tag replaces all of its entries and keeps their manifests reachable by digest",
    level: "MUST",
    cites: [clause(23, "duplicates")],
    needsLayout,
    needsReopen,
    why: "the old image would reappear after the new one is deleted",
    lookFor: "a search that stops at the first entry",
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
        "the digests of the entries with this name",
      );
      for (const old of [one, two])
        equal(
          await resolves(
            () => registry.resolveManifest(repo, old.digest),
            "resolveManifest of an old manifest",
          ),
          old,
          "it",
        );
    },
  },
];
