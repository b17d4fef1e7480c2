import { dockerMediaTypes } from "@ocilayout/oci-types";

import { index, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause } from "../../case/cites.ts";
import { equal, reads, resolves } from "../../case/context.ts";
import { namedArtifact, pushArtifact, repo } from "../../case/content.ts";
import { entryOf, indexOf, isNamed, putContent, putIndex, readEntries } from "./disk.ts";

const needsLayout = true;
const needsReopen = true;

/** What becomes of the manifests that an index contains, and of their entries. */
export const layoutChildrenCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-44",
    title: "what an index contains has no entry of its own",
    level: "MUST",
    cites: [clause(17, "entries")],
    needsLayout,
    why: "other tools show one image with its parts beside it",
    lookFor: "the entries that the children got when they were pushed",
    run: async ({ registry, layoutDirectory }) => {
      const child = namedArtifact("child");
      const list = await pushContent(registry, repo, index([child]), { tags: ["list"] });
      equal(
        (await readEntries(layoutDirectory(repo))).map(({ digest }) => digest),
        [list.digest],
        "what the entries are about",
      );
    },
  },
  {
    id: "LAYOUT-45",
    title: "it keeps the one that a tag is in",
    level: "MUST",
    cites: [clause(17, "entries")],
    needsLayout,
    why: "the tag would be gone",
    lookFor: "entries dropped by digest alone",
    run: async ({ registry, layoutDirectory }) => {
      const child = await namedArtifact("child");
      await pushContent(registry, repo, child, { tags: ["one"] });
      const list = await pushContent(registry, repo, index([child]), { tags: ["list"] });
      const digests = (await readEntries(layoutDirectory(repo))).map(({ digest }) => digest);
      equal(digests, [child.descriptor.digest, list.digest], "what the entries are about");
    },
  },
  {
    id: "LAYOUT-46",
    title: "it gets one when the index is deleted",
    level: "MUST",
    cites: [clause(17, "entries")],
    needsLayout,
    needs: ["deleteManifest"],
    why: "what somebody knows by digest would be unreachable, and be collected",
    lookFor: "a delete that thinks of its own entry only",
    run: async ({ registry, layoutDirectory }) => {
      const child = await namedArtifact("child");
      const list = await pushContent(registry, repo, index([child]), { tags: ["list"] });
      await registry.deleteManifest(repo, list.digest);
      equal(
        (await readEntries(layoutDirectory(repo))).map(({ digest }) => digest),
        [child.descriptor.digest],
        "what the entries are about",
      );
      await resolves(() => registry.resolveManifest(repo, child.descriptor.digest), "the child");
    },
  },
  {
    id: "LAYOUT-53",
    title: "it gets none where a tag or another index keeps it",
    level: "MUST",
    cites: [clause(17, "entries")],
    needsLayout,
    needs: ["deleteManifest"],
    why: "other tools show one image twice, or with its parts beside it",
    lookFor: "an entry for each child of what is deleted",
    run: async ({ registry, layoutDirectory }) => {
      const [tagged, shared] = [await namedArtifact("tagged"), await namedArtifact("shared")];
      await pushContent(registry, repo, tagged, { tags: ["child"] });
      const first = await pushContent(registry, repo, index([tagged, shared]), { tags: ["first"] });
      const second = await pushContent(registry, repo, index([shared]), { tags: ["second"] });
      await registry.deleteManifest(repo, first.digest);
      equal(
        (await readEntries(layoutDirectory(repo))).map(({ digest }) => digest),
        [tagged.descriptor.digest, second.digest],
        "what the entries are about",
      );
    },
  },
  {
    id: "LAYOUT-54",
    title: "it loses the one that its last tag was in",
    level: "MUST",
    cites: [clause(17, "entries")],
    needsLayout,
    needsReopen,
    needs: ["deleteTag"],
    why: "other tools show one image with its parts beside it",
    lookFor: "a registry that has not read the index when the tag is taken away",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const children = [await namedArtifact("one"), await namedArtifact("two")];
      for (const [i, child] of children.entries())
        await pushContent(registry, repo, child, { tags: [`child${i}`] });
      const list = await pushContent(registry, repo, index(children), { tags: ["list"] });
      const next = await pushArtifact(await reopen(), "next", ["child0", "more"]);
      await (await reopen()).deleteTag(repo, "child1");
      const digests = new Set((await readEntries(layoutDirectory(repo))).map(({ digest }) => digest));
      equal([...digests].sort(), [list.digest, next.digest].sort(), "what the entries are about");
    },
  },
  {
    id: "LAYOUT-55",
    title: "a manifest that has a tag has no entry without one",
    level: "SHOULD",
    cites: [clause(17, "entries"), clause(24, "once")],
    needsLayout,
    needs: ["deleteTag"],
    why: "other tools show one image twice",
    lookFor: "the entry of before it was tagged, or of the tag that was deleted",
    run: async ({ registry, layoutDirectory }) => {
      for (const tags of [[], ["a"], ["b"]]) await pushArtifact(registry, "one", tags);
      await registry.deleteTag(repo, "a");
      const entries = await readEntries(layoutDirectory(repo));
      equal(
        entries.map((entry) => isNamed(entry, "b")),
        [true],
        "whether each entry is that of the tag",
      );
    },
  },
  {
    id: "LAYOUT-64",
    title: "what another program's index says of a child is not believed",
    level: "MUST",
    cites: [clause(18, "claims")],
    needsLayout,
    needsReopen,
    why: "a client that asks for the child would be told another type or size than its bytes have",
    lookFor: "the parent's descriptor passed on",
    run: async ({ reopen, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const child = await namedArtifact("child");
      await putContent(directory, child);
      const claim = {
        ...child.descriptor,
        mediaType: dockerMediaTypes.manifest,
        size: child.descriptor.size + 1,
      };
      await putIndex(
        directory,
        indexOf(entryOf(await putContent(directory, await index([claim])), `${repo}:list`)),
      );
      const registry = await reopen();
      equal(
        await resolves(() => registry.resolveManifest(repo, child.descriptor.digest), "the child"),
        child.descriptor,
        "what it is",
      );
      const reader = await registry.getManifest(repo, child.descriptor.digest);
      equal(reader.descriptor, child.descriptor, "what its reader says that it is");
      await reads(reader, child.content, "its content");
    },
  },
];
