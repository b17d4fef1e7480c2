import { collect } from "@ocilayout/oci-types";

import type { ConformanceCase } from "../case.ts";
import { equal, resolves } from "../context.ts";
import { bytes, imageManifest, pushArtifact, repo } from "./content.ts";

/** What is the same in another registry over the same content. */
export const persistenceCases: readonly ConformanceCase[] = [
  {
    id: "OPEN-01", title: "what was pushed is there for another registry over the same content", level: "MUST", cites: "clause 26", needs: ["persistent"], needsReopen: true,
    why: "this is what storage is for", lookFor: "something that is kept in memory only",
    run: async ({ registry, reopen }) => {
      const one = await pushArtifact(registry, "one", ["t"]);
      const again = await reopen();
      equal(await resolves(() => again.resolveTag(repo, "t"), "the tag in the other registry"), one, "it");
      await (await again.getManifest(repo, one.digest)).bytes();
    },
  },
  {
    id: "OPEN-02", title: "two registries see each other's writes at their next call, and lose none", level: "MUST", cites: "clause 26", needs: ["persistent"], needsReopen: true,
    why: "a server and a command work on the same content", lookFor: "a cache that nothing invalidates",
    run: async ({ registry, reopen }) => {
      await pushArtifact(registry, "one", ["a"]);
      const again = await reopen();
      equal(await collect(again.tags(repo)), ["a"], "the tags in the other registry");
      await registry.pushManifest(repo, bytes("b"), "application/x-a", { tags: ["b"] });
      await again.pushManifest(repo, bytes("c"), "application/x-a", { tags: ["c"] });
      for (const it of [registry, again]) equal(await collect(it.tags(repo)), ["a", "b", "c"], "the tags");
      equal((await registry.resolveTag(repo, "a")).mediaType, imageManifest, "the first one's type");
    },
  },
];
