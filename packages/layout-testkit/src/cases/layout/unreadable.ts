import type { Digest, Registry } from "@ocilayout/oci-types";
import { annotationKeys, collect, isRegistryError } from "@ocilayout/oci-types";

import type { ConformanceCase } from "../../case/case.ts";
import { clause } from "../../case/cites.ts";
import { equal, holds, reads, resolves } from "../../case/context.ts";
import { ConformanceFailure } from "../../case/failure.ts";
import { namedArtifact, pushArtifact, repo } from "../../case/content.ts";
import {
  entryOf,
  indexOf,
  listTags,
  putArtifact,
  putContent,
  putIndex,
  readEntries,
  readIndexText,
} from "./disk.ts";

const needsLayout = true;
const needsReopen = true;

/** A name by other tools that is not a valid repository name. */
const port = "127.0.0.1:5000/team/app:v1";
/** Another such name. */
const upperCase = "MyImage:latest";

/** Entries of other tools whose names are invalid although their manifests exist. */
export const layoutUnreadableCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-105",
    title: "an entry with an invalid name is kept byte for byte when its manifest is tagged and retagged",
    level: "MUST",
    cites: [clause(23, "unreadable")],
    needsLayout,
    needsReopen,
    why: "the tool that wrote the name would no longer find its image",
    lookFor: "an entry treated as the registry's own untagged one and reused or removed",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const one = await putArtifact(directory, "one");
      const entry = entryOf(one, port, { "org.example.note": "theirs" }).replace(
        '"digest"',
        ' "x" : 1.0,\t"digest"',
      );
      await putIndex(directory, indexOf(entry));
      const registry = await reopen();
      equal(await resolves(() => listTags(registry), "tags()"), [], "the tags");
      const steps: Readonly<Record<string, () => Promise<unknown>>> = {
        "a push of the same manifest": () => pushArtifact(registry, "one"),
        "a push of it with a tag": () => pushArtifact(registry, "one", ["a"]),
        "a push that moves the tag": () => pushArtifact(registry, "two", ["a"]),
        "a push that moves it back": () => pushArtifact(registry, "one", ["a"]),
      };
      for (const [what, step] of Object.entries(steps)) {
        await resolves(step, what);
        const index = await readIndexText(directory);
        if (!index.includes(entry))
          throw new ConformanceFailure(`the entry ${entry} in index.json after ${what}`, index);
      }
      equal(await resolves(() => registry.resolveTag(repo, "a"), "resolveTag"), one, "the tag's manifest");
    },
  },
  {
    id: "LAYOUT-106",
    title: "a manifest whose entry has an invalid name is found by its digest",
    level: "MUST",
    cites: [clause(23, "unreadable")],
    needsLayout,
    needsReopen,
    why: "a layout of another tool would look empty",
    lookFor:
      "entries that are skipped because their names are invalid; if the backend has an option for this, name this case in `skip`",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const [one, two] = [await namedArtifact("one"), await namedArtifact("two")];
      for (const item of [one, two]) await putContent(directory, item);
      const containerd = entryOf(two.descriptor, "v1", { [annotationKeys.containerdImageName]: port });
      await putIndex(directory, indexOf(entryOf(one.descriptor, upperCase), containerd));
      const registry = await reopen();
      for (const { descriptor, content } of [one, two]) {
        const found = await whereIs(registry, descriptor.digest);
        equal(
          await resolves(() => registry.resolveManifest(found, descriptor.digest), "resolveManifest"),
          descriptor,
          "it",
        );
        await reads(await registry.getManifest(found, descriptor.digest), content, "the manifest");
        equal(await collect(registry.tags(found)), [], "the tags of its repository");
      }
    },
  },
  {
    id: "LAYOUT-107",
    title: "deleteManifest deletes a manifest whose entry has an invalid name",
    level: "MUST",
    cites: [clause(23, "unreadable")],
    needsLayout,
    needsReopen,
    needs: ["deleteManifest"],
    why: "the tool that wrote the image may not be available to delete it",
    lookFor: "a deletion that finds entries by name",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const [one, two] = [await putArtifact(directory, "one"), await putArtifact(directory, "two")];
      await putIndex(directory, indexOf(entryOf(one, port), entryOf(two, upperCase)));
      const registry = await reopen();
      const found = await whereIs(registry, one.digest);
      await resolves(() => registry.deleteManifest(found, one.digest), "a deletion");
      equal(
        (await readEntries(directory)).map(({ digest }) => digest),
        [two.digest],
        "the digests of the entries",
      );
    },
  },
];

/** Returns the repository that contains a manifest without a valid name. The backend chooses which one. */
async function whereIs(registry: Registry, digest: Digest): Promise<string> {
  const repositories = await collect(registry.repositories());
  for (const repository of repositories) {
    const found = await registry.resolveManifest(repository, digest).then(
      () => true,
      (error: unknown) => !isRegistryError(error, "MANIFEST_UNKNOWN"),
    );
    if (found) return repository;
  }
  holds(false, `a repository that contains ${digest}`, repositories);
}
