import { dockerMediaTypes } from "@ocilayout/oci-types";

import { index, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause } from "../../case/cites.ts";
import { equal, reads, resolves } from "../../case/context.ts";
import { namedArtifact, pushArtifact, repo } from "../../case/content.ts";
import { entryOf, indexOf, isNamed, putContent, putIndex, readEntries } from "./disk.ts";

const needsLayout = true;
const needsReopen = true;

/** Manifests that an index contains, and their entries in `index.json`. */
export const layoutChildrenCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-44",
    title: "pushing an index removes the entries of its untagged children",
    level: "MUST",
    cites: [clause(17, "entries")],
    needsLayout,
    why: "other tools would list the children beside the image",
    lookFor: "the entries that the children received when they were pushed",
    run: async ({ registry, layoutDirectory }) => {
      const child = namedArtifact("child");
      const list = await pushContent(registry, repo, index([child]), { tags: ["list"] });
      equal(
        (await readEntries(layoutDirectory(repo))).map(({ digest }) => digest),
        [list.digest],
        "the digests of the entries",
      );
    },
  },
  {
    id: "LAYOUT-45",
    title: "pushing an index keeps the entries of its tagged children",
    level: "MUST",
    cites: [clause(17, "entries")],
    needsLayout,
    why: "the child would lose its tag",
    lookFor: "entries that are removed by digest alone",
    run: async ({ registry, layoutDirectory }) => {
      const child = await namedArtifact("child");
      await pushContent(registry, repo, child, { tags: ["one"] });
      const list = await pushContent(registry, repo, index([child]), { tags: ["list"] });
      const digests = (await readEntries(layoutDirectory(repo))).map(({ digest }) => digest);
      equal(digests, [child.descriptor.digest, list.digest], "the digests of the entries");
    },
  },
  {
    id: "LAYOUT-46",
    title: "deleting an index adds entries for its untagged children",
    level: "MUST",
    cites: [clause(17, "entries")],
    needsLayout,
    needs: ["deleteManifest"],
    why: "children would become unreachable by digest and be collected as garbage",
    lookFor: "a delete that only removes the index's own entry",
    run: async ({ registry, layoutDirectory }) => {
      const child = await namedArtifact("child");
      const list = await pushContent(registry, repo, index([child]), { tags: ["list"] });
      await registry.deleteManifest(repo, list.digest);
      equal(
        (await readEntries(layoutDirectory(repo))).map(({ digest }) => digest),
        [child.descriptor.digest],
        "the digests of the entries",
      );
      await resolves(
        () => registry.resolveManifest(repo, child.descriptor.digest),
        "resolveManifest of the child",
      );
    },
  },
  {
    id: "LAYOUT-53",
    title: "deleting an index adds no entry for a child that a tag or another index references",
    level: "MUST",
    cites: [clause(17, "entries")],
    needsLayout,
    needs: ["deleteManifest"],
    why: "other tools would list an image twice, or list its children beside it",
    lookFor: "an entry added for each child of the deleted index",
    run: async ({ registry, layoutDirectory }) => {
      const [tagged, shared] = [await namedArtifact("tagged"), await namedArtifact("shared")];
      await pushContent(registry, repo, tagged, { tags: ["child"] });
      const first = await pushContent(registry, repo, index([tagged, shared]), { tags: ["first"] });
      const second = await pushContent(registry, repo, index([shared]), { tags: ["second"] });
      await registry.deleteManifest(repo, first.digest);
      equal(
        (await readEntries(layoutDirectory(repo))).map(({ digest }) => digest),
        [tagged.descriptor.digest, second.digest],
        "the digests of the entries",
      );
    },
  },
  {
    id: "LAYOUT-54",
    title: "a child of an index loses its entry with its last tag",
    level: "MUST",
    cites: [clause(17, "entries")],
    needsLayout,
    needsReopen,
    needs: ["deleteTag"],
    why: "other tools would list the children beside the image",
    lookFor: "a registry that has not yet read the index when the tag is removed",
    run: async ({ registry, reopen, layoutDirectory }) => {
      const children = [await namedArtifact("one"), await namedArtifact("two")];
      for (const [i, child] of children.entries())
        await pushContent(registry, repo, child, { tags: [`child${i}`] });
      const list = await pushContent(registry, repo, index(children), { tags: ["list"] });
      const next = await pushArtifact(await reopen(), "next", ["child0", "more"]);
      await (await reopen()).deleteTag(repo, "child1");
      const digests = new Set((await readEntries(layoutDirectory(repo))).map(({ digest }) => digest));
      equal([...digests].sort(), [list.digest, next.digest].sort(), "the digests of the entries");
    },
  },
  {
    id: "LAYOUT-55",
    title: "a tagged manifest has no additional untagged entry",
    level: "SHOULD",
    cites: [clause(17, "entries"), clause(24, "once")],
    needsLayout,
    needs: ["deleteTag"],
    why: "other tools would list the image twice",
    lookFor: "the entry from before the manifest was tagged, or from a deleted tag",
    run: async ({ registry, layoutDirectory }) => {
      for (const tags of [[], ["a"], ["b"]]) await pushArtifact(registry, "one", tags);
      await registry.deleteTag(repo, "a");
      const entries = await readEntries(layoutDirectory(repo));
      equal(
        entries.map((entry) => isNamed(entry, "b")),
        [true],
        "the entry has the tag",
      );
    },
  },
  {
    id: "LAYOUT-64",
    title: "a child's descriptor comes from its own bytes, even if another program wrote the index",
    level: "MUST",
    cites: [clause(18, "claims")],
    needsLayout,
    needsReopen,
    why: "a client would receive a media type or size that does not match the bytes",
    lookFor: "the parent's descriptor returned for the child",
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
        await resolves(
          () => registry.resolveManifest(repo, child.descriptor.digest),
          "resolveManifest of the child",
        ),
        child.descriptor,
        "the child's descriptor",
      );
      const reader = await registry.getManifest(repo, child.descriptor.digest);
      equal(reader.descriptor, child.descriptor, "the reader's descriptor");
      await reads(reader, child.content, "its content");
    },
  },
];
