import { collect } from "@ocilayout/oci-types";

import { artifact, emptyBlob, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../case.ts";
import { equal, rejects, rejectsWith, resolves } from "../context.ts";
import { bytes, nowhere, pushArtifact, repo } from "./content.ts";

/** What a registry does with tags. */
export const tagCases: readonly ConformanceCase[] = [
  {
    id: "TAG-01", title: "tags that are given together are all applied", level: "MUST", cites: "clause 15",
    why: "v1 and latest are meant to be the same", lookFor: "only the first of them",
    run: async ({ registry }) => {
      const { digest } = await pushArtifact(registry, "one", ["a", "b", "c"]);
      for (const tag of ["a", "b", "c"]) equal((await registry.resolveTag(repo, tag)).digest, digest, `what ${tag} points at`);
    },
  },
  {
    id: "TAG-02", title: "an invalid tag is NAME_INVALID, and none is applied", level: "MUST", cites: "clause 15",
    why: "half of a change is worse than none", lookFor: "tags that are checked one by one while they are applied",
    run: async ({ registry }) => {
      for (const tag of ["", "-x", "a b", "a/b", "a:b", "x".repeat(129)]) {
        await rejects(() => pushArtifact(registry, "one", ["good", tag]), "NAME_INVALID");
        await rejects(() => registry.resolveTag(repo, tag), "NAME_INVALID");
      }
      await rejects(() => registry.resolveTag(repo, "good"), "MANIFEST_UNKNOWN");
    },
  },
  {
    id: "TAG-03", title: "moving a tag keeps the old manifest reachable by digest", level: "MUST", cites: "clause 15",
    why: "a digest that somebody wrote down must not stop working", lookFor: "an entry that is replaced",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["t"]);
      const two = await pushArtifact(registry, "two", ["t"]);
      equal((await registry.resolveTag(repo, "t")).digest, two.digest, "what the tag points at");
      equal(await resolves(() => registry.resolveManifest(repo, one.digest), "the manifest that the tag pointed at"), one, "it");
    },
  },
  {
    id: "TAG-04", title: "ifMatch and ifNoneMatch decide whether a tag is moved", level: "MUST", cites: "clause 15", needs: ["conditionalTags"],
    why: "two writers would overwrite each other's change", lookFor: "options that are ignored",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const push = async (name: string, condition: object): Promise<string> =>
        (await pushContent(registry, repo, artifact({ artifactType: "a/b", annotations: { name } }), { tags: ["t"], ...condition })).digest;
      await rejects(() => push("zero", { ifMatch: "*" }), "PRECONDITION_FAILED");
      const one = await push("one", { ifNoneMatch: "*" });
      await rejects(() => push("two", { ifNoneMatch: "*" }), "PRECONDITION_FAILED");
      await rejects(() => push("two", { ifMatch: nowhere }), "PRECONDITION_FAILED");
      equal((await registry.resolveTag(repo, "t")).digest, one, "what the tag points at");
      await push("two", { ifMatch: one });
      await push("three", { ifMatch: "*" });
      await rejectsWith(() => registry.pushManifest(repo, bytes("x"), "application/x-a", { ifMatch: "*" }), TypeError);
    },
  },
  {
    id: "TAG-05", title: "of many that want to be first one is", level: "MUST", cites: "clause 15", needs: ["conditionalTags"],
    why: "this is what a precondition is for", lookFor: "a condition that is checked before, and not together with, the change",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const pushes = Array.from({ length: 10 }, (_, i) => registry.pushManifest(repo, bytes(`m${i}`), "application/x-a", { tags: ["t"], ifNoneMatch: "*" }));
      const results = await Promise.allSettled(pushes);
      equal(results.filter(({ status }) => status === "fulfilled").length, 1, "how many were first");
    },
  },
  {
    id: "TAG-06", title: "pushes at once lose no tag", level: "MUST", cites: "clause 26",
    why: "builds run in parallel", lookFor: "a list that is read, changed and written back without a lock",
    run: async ({ registry }) => {
      const tags = Array.from({ length: 20 }, (_, i) => `t${String(i).padStart(2, "0")}`);
      await Promise.all(tags.map((tag) => registry.pushManifest(repo, bytes(tag), "application/x-a", { tags: [tag] })));
      equal(await collect(registry.tags(repo)), tags, "the tags");
    },
  },
  {
    id: "TAG-07", title: "tags are listed in code-unit order, each once", level: "MUST", cites: "clause 20; distribution-spec end-8a",
    why: "pages are cut by this order", lookFor: "localeCompare, or the order of insertion",
    run: async ({ registry }) => {
      const tags = ["b", "B", "a", "10", "9", "_", "a.1", "a-1", "Z"];
      for (const tag of tags) await registry.pushManifest(repo, bytes(tag), "application/x-a", { tags: [tag] });
      await registry.pushManifest(repo, bytes("a"), "application/x-a", { tags: ["b"] });
      equal(await collect(registry.tags(repo)), [...tags].sort(), "the tags");
    },
  },
  {
    id: "TAG-08", title: "a list begins after startAfter, which need not exist, and ends at the limit", level: "MUST", cites: "clause 20; distribution-spec end-8b",
    why: "the next page would repeat or skip one", lookFor: "an inclusive beginning, or one that is searched for",
    run: async ({ registry }) => {
      for (const tag of ["a", "b", "c", "d"]) await registry.pushManifest(repo, bytes(tag), "application/x-a", { tags: [tag] });
      equal(await collect(registry.tags(repo, { startAfter: "b" })), ["c", "d"], "what comes after b");
      equal(await collect(registry.tags(repo, { startAfter: "bb" })), ["c", "d"], "what comes after bb");
      equal(await collect(registry.tags(repo, { startAfter: "" })), ["a", "b", "c", "d"], "what comes after nothing");
      equal(await collect(registry.tags(repo, { limit: 2 })), ["a", "b"], "two of them");
      equal(await collect(registry.tags(repo, { limit: 0 })), [], "none of them");
      await rejectsWith(() => collect(registry.tags(repo, { limit: -1 })), RangeError);
    },
  },
  {
    id: "TAG-09", title: "the tags of an unknown repository are NAME_UNKNOWN, at the first next()", level: "MUST", cites: "clauses 4 and 20; distribution-spec code-7",
    why: "a typing error must not look like an empty repository", lookFor: "an empty list, or an error before anything is asked",
    run: async ({ registry }) => {
      const list = registry.tags("conformance/nowhere");
      await rejects(() => collect(list), "NAME_UNKNOWN");
    },
  },
  {
    id: "TAG-10", title: "leaving a list early frees it", level: "MUST", cites: "clause 4",
    why: "a held lock or handle stops everybody else", lookFor: "a finally that is missing, a lock that a list holds",
    run: async ({ registry }) => {
      for (const tag of ["a", "b", "c"]) await registry.pushManifest(repo, bytes(tag), "application/x-a", { tags: [tag] });
      for await (const tag of registry.tags(repo)) if (tag === "a") break;
      await registry.pushManifest(repo, bytes("d"), "application/x-a", { tags: ["d"] });
      equal(await collect(registry.tags(repo)), ["a", "b", "c", "d"], "the tags after a loop that was left");
    },
  },
];
