import { artifact, index, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../case.ts";
import { equal, resolves } from "../context.ts";
import { repo } from "./content.ts";
import { readEntries } from "./layout-disk.ts";

const needsLayout = true;

/** What becomes of the entry of a manifest that an index contains. */
export const layoutChildrenCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-44", title: "what an index contains has no entry of its own", level: "MUST", cites: "clause 17", needsLayout,
    why: "other tools show one image with its parts beside it", lookFor: "the entries that the children got when they were pushed",
    run: async ({ registry, layoutDirectory }) => {
      const child = artifact({ artifactType: "a/b", annotations: { name: "child" } });
      const list = await pushContent(registry, repo, index([child]), { tags: ["list"] });
      equal((await readEntries(layoutDirectory(repo))).map(({ digest }) => digest), [list.digest], "what the entries are about");
    },
  },
  {
    id: "LAYOUT-45", title: "it keeps the one that a tag is in", level: "MUST", cites: "clause 17", needsLayout,
    why: "the tag would be gone", lookFor: "entries dropped by digest alone",
    run: async ({ registry, layoutDirectory }) => {
      const child = await artifact({ artifactType: "a/b", annotations: { name: "child" } });
      await pushContent(registry, repo, child, { tags: ["one"] });
      const list = await pushContent(registry, repo, index([child]), { tags: ["list"] });
      const digests = (await readEntries(layoutDirectory(repo))).map(({ digest }) => digest);
      equal(digests, [child.descriptor.digest, list.digest], "what the entries are about");
    },
  },
  {
    id: "LAYOUT-46", title: "it gets one when the index is deleted", level: "MUST", cites: "clause 17", needsLayout, needs: ["deleteManifest"],
    why: "what somebody knows by digest would be unreachable, and be collected", lookFor: "a delete that thinks of its own entry only",
    run: async ({ registry, layoutDirectory }) => {
      const child = await artifact({ artifactType: "a/b", annotations: { name: "child" } });
      const list = await pushContent(registry, repo, index([child]), { tags: ["list"] });
      await registry.deleteManifest(repo, list.digest);
      equal((await readEntries(layoutDirectory(repo))).map(({ digest }) => digest), [child.descriptor.digest], "what the entries are about");
      await resolves(() => registry.resolveManifest(repo, child.descriptor.digest), "the child");
    },
  },
];
