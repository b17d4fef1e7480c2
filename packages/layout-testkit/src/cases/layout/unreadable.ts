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

/** A name that other tools write, and that fits no repository. */
const port = "127.0.0.1:5000/team/app:v1";
/** Another. */
const upperCase = "MyImage:latest";

/** Entries of other tools whose name is no repository's, though their manifests are there. */
export const layoutUnreadableCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-105",
    title: "an entry whose name cannot be read stays byte for byte, whatever becomes of its manifest's tags",
    level: "MUST",
    cites: [clause(23, "unreadable")],
    needsLayout,
    needsReopen,
    why: "the tool that wrote the name would not find its image again",
    lookFor: "an entry that is taken for an untagged one of one's own, and reused or dropped",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const one = await putArtifact(directory, "one");
      const entry = entryOf(one, port, { "org.example.note": "theirs" }).replace(
        '"digest"',
        ' "x" : 1.0,\t"digest"',
      );
      await putIndex(directory, indexOf(entry));
      const registry = await reopen();
      equal(await resolves(() => listTags(registry), "the tags"), [], "the tags");
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
          throw new ConformanceFailure(`in index.json after ${what} ${entry}`, index);
      }
      equal(await resolves(() => registry.resolveTag(repo, "a"), "the tag"), one, "what it points at");
    },
  },
  {
    id: "LAYOUT-106",
    title: "a manifest whose name cannot be read is found by its digest",
    level: "MUST",
    cites: [clause(23, "unreadable")],
    needsLayout,
    needsReopen,
    why: "what another tool wrote would look like an empty layout",
    lookFor:
      "entries that are left out because their name fits no repository; a backend that means it (an option of its own) names this case in `skip`",
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
          await resolves(() => registry.resolveManifest(found, descriptor.digest), "the manifest"),
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
    title: "a manifest whose name cannot be read can be deleted by its digest",
    level: "MUST",
    cites: [clause(23, "unreadable")],
    needsLayout,
    needsReopen,
    needs: ["deleteManifest"],
    why: "nobody else's tool may be at hand, and the image would stay for ever",
    lookFor: "a deletion that looks for entries by names",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const [one, two] = [await putArtifact(directory, "one"), await putArtifact(directory, "two")];
      await putIndex(directory, indexOf(entryOf(one, port), entryOf(two, upperCase)));
      const registry = await reopen();
      const found = await whereIs(registry, one.digest);
      await resolves(() => registry.deleteManifest(found, one.digest), "the deletion");
      equal(
        (await readEntries(directory)).map(({ digest }) => digest),
        [two.digest],
        "what the entries are about",
      );
    },
  },
];

/** The repository in which a manifest is found that has no name of one. Which that is, is the backend's choice. */
async function whereIs(registry: Registry, digest: Digest): Promise<string> {
  const repositories = await collect(registry.repositories());
  for (const repository of repositories) {
    const found = await registry.resolveManifest(repository, digest).then(
      () => true,
      (error: unknown) => !isRegistryError(error, "MANIFEST_UNKNOWN"),
    );
    if (found) return repository;
  }
  holds(false, `a repository in which ${digest} is found`, repositories);
}
