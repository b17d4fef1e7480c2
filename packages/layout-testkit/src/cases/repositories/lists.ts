import type { ListOptions, Registry } from "@ocilayout/oci-types";
import { collect } from "@ocilayout/oci-types";

import type { ConformanceCase } from "../../case/case.ts";
import { clause, distSpec } from "../../case/cites.ts";
import { equal, rejects, rejectsWith, resolves } from "../../case/context.ts";
import { nowhere, pushArtifact, repo, emptyList } from "../../case/content.ts";

async function pushTags(registry: Registry, ...tags: readonly string[]): Promise<void> {
  for (const tag of tags) await registry.pushManifest(repo, ...emptyList(tag), { tags: [tag] });
}

/** Lists of tags. */
export const listCases: readonly ConformanceCase[] = [
  {
    id: "LIST-01",
    title: "tags() returns each tag once, in code-unit order",
    level: "MUST",
    cites: [clause(20, "order"), distSpec("end-8a")],
    why: "pages depend on this order",
    lookFor: "localeCompare, or the order of insertion",
    run: async ({ registry }) => {
      const tags = ["b", "B", "a", "10", "9", "_", "a.1", "a-1", "Z"] as const;
      await pushTags(registry, ...tags);
      await registry.pushManifest(repo, ...emptyList("a"), { tags: ["b"] });
      equal(await collect(registry.tags(repo)), [...tags].sort(), "the tags");
    },
  },
  {
    id: "LIST-02",
    title: "tags() starts after startAfter, which need not exist",
    level: "MUST",
    cites: [clause(20, "page"), distSpec("end-8b")],
    why: "the next page would repeat or skip a tag",
    lookFor: "an inclusive startAfter, or a search for the exact tag",
    run: async ({ registry }) => {
      await pushTags(registry, "a", "b", "c", "d");
      equal(await collect(registry.tags(repo, { startAfter: "b" })), ["c", "d"], "the tags after b");
      equal(await collect(registry.tags(repo, { startAfter: "bb" })), ["c", "d"], "the tags after bb");
      equal(await collect(registry.tags(repo, { startAfter: "d" })), [], "the tags after the last one");
      equal(
        await collect(registry.tags(repo, { startAfter: "" })),
        ["a", "b", "c", "d"],
        "the tags with an empty startAfter",
      );
    },
  },
  {
    id: "LIST-03",
    title: "tags() stops at its limit: 0 returns none, undefined returns all",
    level: "MUST",
    cites: [clause(20, "page"), distSpec("end-8b")],
    why: "a client may send n=0",
    lookFor: "a truthiness test of the limit, or one tag too many",
    run: async ({ registry }) => {
      await pushTags(registry, "a", "b", "c", "d");
      equal(await collect(registry.tags(repo, { limit: 2 })), ["a", "b"], "the tags with a limit of 2");
      equal(await collect(registry.tags(repo, { limit: 0 })), [], "the tags with a limit of 0");
      equal(
        await collect(registry.tags(repo, { limit: 100 })),
        ["a", "b", "c", "d"],
        "the tags with a limit of 100",
      );
      equal(
        await collect(registry.tags(repo, { startAfter: "a", limit: 2 })),
        ["b", "c"],
        "two tags after a",
      );
      equal(
        await collect(registry.tags(repo, { limit: undefined })),
        ["a", "b", "c", "d"],
        "the tags with the limit undefined",
      );
    },
  },
  {
    id: "LIST-04",
    title: "tags() of an unknown repository fails with NAME_UNKNOWN at the first next()",
    level: "MUST",
    cites: [clause(4, "lazy"), clause(20, "unknown"), distSpec("NAME_UNKNOWN")],
    why: "a mistyped name must not look like an empty repository",
    lookFor: "an empty list, or an error before the first next()",
    run: async ({ registry }) => {
      await pushTags(registry, "a");
      for (const name of ["conformance/nowhere", "conformance", "conformance/aa", "constructor"]) {
        const list = registry.tags(name);
        await rejects(() => collect(list), "NAME_UNKNOWN");
      }
    },
  },
  {
    id: "LIST-90",
    title: "lists validate their options before they look for the repository",
    level: "MUST",
    cites: [clause(1, "mistakes")],
    why: "a programming error must not look like a missing repository",
    lookFor: "options that are first checked when the page is cut",
    run: async ({ registry, promises }) => {
      await pushTags(registry, "a");
      const lists = [
        (options: ListOptions): AsyncIterable<unknown> => registry.tags("conformance/nowhere", options),
        ...(promises("referrers")
          ? [
              (options: ListOptions): AsyncIterable<unknown> =>
                registry.referrers("conformance/nowhere", nowhere, options),
            ]
          : []),
      ];
      for (const list of lists) {
        for (const limit of [-1, 0.5, NaN]) await rejectsWith(() => collect(list({ limit })), RangeError);
        await rejectsWith(() => collect(list({ limit: "1" as unknown as number })), TypeError);
        await rejectsWith(() => collect(list({ startAfter: 7 as unknown as string })), TypeError);
      }
    },
  },
  {
    id: "LIST-05",
    title: "leaving a loop over tags() frees the list",
    level: "MUST",
    cites: [clause(4, "early")],
    why: "a held lock or file handle would block other callers",
    lookFor: "a missing finally, or a lock that is held during the iteration",
    run: async ({ registry, promises }) => {
      await pushTags(registry, "a", "b", "c");
      for await (const tag of registry.tags(repo)) if (tag === "a") break;
      await resolves(() => pushTags(registry, "d"), "a push after the loop was left");
      equal(await collect(registry.tags(repo)), ["a", "b", "c", "d"], "the tags after the loop was left");
      if (promises("deleteTag"))
        await resolves(() => registry.deleteTag(repo, "d"), "a deletion of a tag after the loop was left");
    },
  },
  {
    id: "LIST-06",
    title: "tags() iterates over a snapshot",
    level: "MUST",
    cites: [clause(4, "snapshot")],
    why: "callers may push and delete while they iterate",
    lookFor: "a live view of the stored tags",
    run: async ({ registry }) => {
      await pushTags(registry, "a", "b", "d");
      const seen: string[] = [];
      for await (const tag of registry.tags(repo)) {
        if (seen.length === 0)
          await resolves(() => pushTags(registry, "c", "e"), "a push during the iteration");
        seen.push(tag);
      }
      equal(seen, ["a", "b", "d"], "the tags at the start of the iteration");
    },
  },
  {
    id: "LIST-07",
    title: "tags() throws a RangeError for an invalid limit and a TypeError for an invalid startAfter",
    level: "MUST",
    cites: [clause(1, "mistakes")],
    why: "a programming error must not look like an empty list",
    lookFor: "comparisons with NaN, or numbers compared with text",
    run: async ({ registry }) => {
      await pushTags(registry, "a");
      for (const limit of [-1, NaN])
        await rejectsWith(() => collect(registry.tags(repo, { limit })), RangeError);
      await rejectsWith(
        () => collect(registry.tags(repo, { startAfter: 7 as unknown as string })),
        TypeError,
      );
    },
  },
  {
    id: "LIST-08",
    title: "tags() of a repository without tags is empty",
    level: "MUST",
    cites: [clause(16, "tag"), clause(20, "existence")],
    needs: ["deleteTag"],
    why: "the repository still has manifests",
    lookFor: "a repository treated as unknown because it has no tags",
    run: async ({ registry }) => {
      await pushArtifact(registry, "one", ["a"]);
      await registry.deleteTag(repo, "a");
      equal(
        await resolves(() => collect(registry.tags(repo)), "tags() after the last tag was deleted"),
        [],
        "the tags",
      );
    },
  },
  {
    id: "LIST-09",
    title: "tags() without a limit returns every tag",
    level: "MUST",
    cites: [clause(20, "page")],
    why: "a client that mirrors a repository would miss the rest",
    lookFor: "one page of an underlying list",
    run: async ({ registry }) => {
      const tags = Array.from({ length: 1100 }, (_, i) => `t${String(i).padStart(4, "0")}`);
      await registry.pushManifest(repo, ...emptyList("x"), { tags });
      equal((await collect(registry.tags(repo))).length, 1100, "the number of tags");
    },
  },
  {
    id: "LIST-10",
    title: "tags() reflects every push and deletion before it",
    level: "MUST",
    cites: [clause(20), clause(26, "visible")],
    needs: ["deleteTag"],
    why: "a client would list a tag that it deleted, or miss one that it pushed",
    lookFor: "a cached list that some calls do not invalidate",
    run: async ({ registry }) => {
      const digests: string[] = [];
      for (const tag of ["a", "b", "c"]) {
        digests.push((await registry.pushManifest(repo, ...emptyList(tag), { tags: [tag] })).digest);
        equal((await collect(registry.tags(repo))).at(-1), tag, "the last tag after its push");
      }
      await registry.deleteTag(repo, "b");
      equal(await collect(registry.tags(repo)), ["a", "c"], "the tags after b was deleted");
      await registry.pushManifest(repo, ...emptyList("c"), { tags: ["b"] });
      equal(await collect(registry.tags(repo)), ["a", "b", "c"], "the tags after b was pushed again");
      await registry.deleteTag(repo, "a");
      equal(await collect(registry.tags(repo, { limit: 1 })), ["b"], "the first tag after a was deleted");
      equal(
        await resolves(
          async () => (await registry.resolveManifest(repo, digests[0] ?? "")).digest,
          "resolveManifest of the deleted tag's manifest",
        ),
        digests[0],
        "its digest",
      );
    },
  },
];
