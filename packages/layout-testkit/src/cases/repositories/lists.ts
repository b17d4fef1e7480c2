import type { ListOptions, Registry } from "@ocilayout/oci-types";
import { collect } from "@ocilayout/oci-types";

import type { ConformanceCase } from "../../case/case.ts";
import { clause, distSpec } from "../../case/cites.ts";
import { equal, rejects, rejectsWith, resolves } from "../../case/context.ts";
import { bytes, nowhere, pushArtifact, repo } from "../../case/content.ts";

async function pushTags(registry: Registry, ...tags: readonly string[]): Promise<void> {
  for (const tag of tags) await registry.pushManifest(repo, bytes(tag), "application/x-a", { tags: [tag] });
}

/** How tags are listed. */
export const listCases: readonly ConformanceCase[] = [
  {
    id: "LIST-01",
    title: "tags are listed in code-unit order, each once",
    level: "MUST",
    cites: [clause(20, "order"), distSpec("end-8a")],
    why: "pages are cut by this order",
    lookFor: "localeCompare, or the order of insertion",
    run: async ({ registry }) => {
      const tags = ["b", "B", "a", "10", "9", "_", "a.1", "a-1", "Z"] as const;
      await pushTags(registry, ...tags);
      await registry.pushManifest(repo, bytes("a"), "application/x-a", { tags: ["b"] });
      equal(await collect(registry.tags(repo)), [...tags].sort(), "the tags");
    },
  },
  {
    id: "LIST-02",
    title: "a list begins after startAfter, which need not exist",
    level: "MUST",
    cites: [clause(20, "page"), distSpec("end-8b")],
    why: "the next page would repeat or skip one",
    lookFor: "an inclusive beginning, or one that is searched for",
    run: async ({ registry }) => {
      await pushTags(registry, "a", "b", "c", "d");
      equal(await collect(registry.tags(repo, { startAfter: "b" })), ["c", "d"], "what comes after b");
      equal(await collect(registry.tags(repo, { startAfter: "bb" })), ["c", "d"], "what comes after bb");
      equal(await collect(registry.tags(repo, { startAfter: "d" })), [], "what comes after the last");
      equal(
        await collect(registry.tags(repo, { startAfter: "" })),
        ["a", "b", "c", "d"],
        "what comes after nothing",
      );
    },
  },
  {
    id: "LIST-03",
    title: "a list ends at its limit: 0 is none, absent is all",
    level: "MUST",
    cites: [clause(20, "page"), distSpec("end-8b")],
    why: "n=0 is a question, too",
    lookFor: "a limit that is tested for truth, or counted one too far",
    run: async ({ registry }) => {
      await pushTags(registry, "a", "b", "c", "d");
      equal(await collect(registry.tags(repo, { limit: 2 })), ["a", "b"], "two of them");
      equal(await collect(registry.tags(repo, { limit: 0 })), [], "none of them");
      equal(await collect(registry.tags(repo, { limit: 100 })), ["a", "b", "c", "d"], "a hundred of them");
      equal(await collect(registry.tags(repo, { startAfter: "a", limit: 2 })), ["b", "c"], "two after a");
      equal(await collect(registry.tags(repo, { limit: undefined })), ["a", "b", "c", "d"], "all of them");
    },
  },
  {
    id: "LIST-04",
    title: "the tags of an unknown repository are NAME_UNKNOWN, at the first next()",
    level: "MUST",
    cites: [clause(4, "lazy"), clause(20, "unknown"), distSpec("NAME_UNKNOWN")],
    why: "a typing error must not look like an empty repository",
    lookFor: "an empty list, or an error before anything is asked",
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
    title: "a mistake in a list's options is told before its repository is looked for",
    level: "MUST",
    cites: [clause(1, "mistakes")],
    why: "a mistake of the program must not look like a repository that is not there",
    lookFor: "options that are first looked at when the page is cut",
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
    title: "leaving a list early frees it",
    level: "MUST",
    cites: [clause(4, "early")],
    why: "a held lock or handle stops everybody else",
    lookFor: "a finally that is missing, a lock that a list holds",
    run: async ({ registry, promises }) => {
      await pushTags(registry, "a", "b", "c");
      for await (const tag of registry.tags(repo)) if (tag === "a") break;
      await resolves(() => pushTags(registry, "d"), "a push after a list was left");
      equal(await collect(registry.tags(repo)), ["a", "b", "c", "d"], "the tags after a loop that was left");
      if (promises("deleteTag"))
        await resolves(() => registry.deleteTag(repo, "d"), "the deletion of a tag after a list was left");
    },
  },
  {
    id: "LIST-06",
    title: "a list is of one moment",
    level: "MUST",
    cites: [clause(4, "snapshot")],
    why: "who works through a list changes what is in it",
    lookFor: "a live view of what is stored",
    run: async ({ registry }) => {
      await pushTags(registry, "a", "b", "d");
      const seen: string[] = [];
      for await (const tag of registry.tags(repo)) {
        if (seen.length === 0)
          await resolves(() => pushTags(registry, "c", "e"), "pushes while somebody lists");
        seen.push(tag);
      }
      equal(seen, ["a", "b", "d"], "the tags of when the list began");
    },
  },
  {
    id: "LIST-07",
    title: "a limit or a beginning that is none is refused",
    level: "MUST",
    cites: [clause(1, "mistakes")],
    why: "a mistake of the program must not look like an empty list",
    lookFor: "comparisons with NaN, numbers that are compared with text",
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
    title: "a repository whose last tag is gone has no tags",
    level: "MUST",
    cites: [clause(16, "tag"), clause(20, "existence")],
    needs: ["deleteTag"],
    why: "its manifests are there still",
    lookFor: "a repository that is taken for unknown because nothing is tagged in it",
    run: async ({ registry }) => {
      await pushArtifact(registry, "one", ["a"]);
      await registry.deleteTag(repo, "a");
      equal(await resolves(() => collect(registry.tags(repo)), "the list of no tags"), [], "the tags");
    },
  },
  {
    id: "LIST-09",
    title: "a list without a limit is whole, however long",
    level: "MUST",
    cites: [clause(20, "page")],
    why: "who mirrors a repository would leave out the rest",
    lookFor: "one page of what is underneath",
    run: async ({ registry }) => {
      const tags = Array.from({ length: 1100 }, (_, i) => `t${String(i).padStart(4, "0")}`);
      await registry.pushManifest(repo, bytes("x"), "application/x-a", { tags });
      equal((await collect(registry.tags(repo))).length, 1100, "how many tags there are");
    },
  },
  {
    id: "LIST-10",
    title: "a list is as things are when it is asked for, not as they were for the list before",
    level: "MUST",
    cites: [clause(20), clause(26, "visible")],
    needs: ["deleteTag"],
    why: "who has deleted a tag would find it there, and who has pushed one would miss it",
    lookFor: "a sorted list that is kept, and not thrown away by every call that changes a tag",
    run: async ({ registry }) => {
      const digests: string[] = [];
      for (const tag of ["a", "b", "c"]) {
        digests.push(
          (await registry.pushManifest(repo, bytes(tag), "application/x-a", { tags: [tag] })).digest,
        );
        equal((await collect(registry.tags(repo))).at(-1), tag, "the last tag, when it was pushed");
      }
      await registry.deleteTag(repo, "b");
      equal(await collect(registry.tags(repo)), ["a", "c"], "the tags, when b was deleted");
      await registry.pushManifest(repo, bytes("c"), "application/x-a", { tags: ["b"] });
      equal(await collect(registry.tags(repo)), ["a", "b", "c"], "the tags, when b was pushed again");
      await registry.deleteTag(repo, "a");
      equal(await collect(registry.tags(repo, { limit: 1 })), ["b"], "the first tag, when a was deleted");
      equal(
        await resolves(
          async () => (await registry.resolveManifest(repo, digests[0] ?? "")).digest,
          "the manifest that a pointed at",
        ),
        digests[0],
        "its digest",
      );
    },
  },
];
