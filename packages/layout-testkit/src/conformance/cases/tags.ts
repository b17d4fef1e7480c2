import { collect } from "@ocilayout/oci-types";

import { artifact, emptyBlob, index, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../case.ts";
import { equal, rejects, rejectsWith, resolves } from "../context.ts";
import { bytes, imageManifest, nowhere, other, pushArtifact, pushText, repo } from "./content.ts";

/** What a registry does with tags, and when things are deleted. */
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
  {
    id: "DELETE-01", title: "deleteTag removes the tag and nothing else", level: "MUST", cites: "clause 16; distribution-spec end-9", needs: ["deleteTag"],
    why: "other tags and digests point at the same manifest", lookFor: "a manifest that goes with its tag",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["a", "b"]);
      await registry.deleteTag(repo, "a");
      await rejects(() => registry.resolveTag(repo, "a"), "MANIFEST_UNKNOWN");
      await registry.deleteTag(repo, "b");
      equal(await resolves(() => registry.resolveManifest(repo, one.digest), "the manifest without tags"), one, "it");
    },
  },
  {
    id: "DELETE-02", title: "an empty tag or digest is no wildcard", level: "MUST", cites: "clause 5", needs: ["deleteTag", "deleteManifest"],
    why: "a variable that is not set would empty the repository", lookFor: "a filter that an empty string passes",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["a"]);
      await pushArtifact(registry, "two");
      await rejects(() => registry.deleteTag(repo, ""), "NAME_INVALID");
      await rejects(() => registry.deleteManifest(repo, ""), "DIGEST_INVALID");
      equal((await registry.resolveTag(repo, "a")).digest, one.digest, "the tag, as it was");
    },
  },
  {
    id: "DELETE-03", title: "deleting what is not there rejects", level: "MUST", cites: "clause 16",
    why: "who deletes the wrong thing should learn of it", lookFor: "a delete that ignores what it did not find",
    needs: ["deleteTag", "deleteManifest", "deleteBlob"],
    run: async ({ registry }) => {
      await pushArtifact(registry, "one", ["a"]);
      await rejects(() => registry.deleteTag(repo, "nosuch"), "MANIFEST_UNKNOWN", "NAME_UNKNOWN");
      await rejects(() => registry.deleteManifest(repo, nowhere), "MANIFEST_UNKNOWN");
      await rejects(() => registry.deleteBlob(repo, nowhere), "BLOB_UNKNOWN");
      await rejects(() => registry.deleteTag("conformance/nowhere", "a"), "MANIFEST_UNKNOWN", "NAME_UNKNOWN");
    },
  },
  {
    id: "DELETE-04", title: "deleteManifest removes it with all its tags", level: "MUST", cites: "clause 16; distribution-spec end-9", needs: ["deleteManifest"],
    why: "a tag that points at nothing breaks whoever pulls it", lookFor: "tags that are left behind",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["a", "b"]);
      const two = await pushArtifact(registry, "two", ["c"]);
      await registry.deleteManifest(repo, one.digest);
      await rejects(() => registry.getManifest(repo, one.digest), "MANIFEST_UNKNOWN");
      for (const tag of ["a", "b"]) await rejects(() => registry.resolveTag(repo, tag), "MANIFEST_UNKNOWN");
      equal((await registry.resolveTag(repo, "c")).digest, two.digest, "another manifest's tag");
    },
  },
  {
    id: "DELETE-05", title: "a manifest that an index contains is DENIED, and names the index", level: "MUST", cites: "clause 16", needs: ["deleteManifest"],
    why: "the index would list what is not there", lookFor: "a delete that looks at entries only",
    run: async ({ registry }) => {
      const child = artifact({ artifactType: "a/b", annotations: { name: "child" } });
      const list = await pushContent(registry, repo, index([child]), { tags: ["list"] });
      const { digest } = (await child).descriptor;
      await rejects(() => registry.deleteManifest(repo, digest), "DENIED");
      await registry.deleteManifest(repo, list.digest);
      await resolves(() => registry.resolveManifest(repo, digest), "the child, which survives its index");
      await registry.deleteManifest(repo, digest);
    },
  },
  {
    id: "DELETE-06", title: "a blob that is referred to is DENIED, any other is deleted", level: "MUST", cites: "clause 16; distribution-spec end-10", needs: ["deleteBlob"],
    why: "images would lose their layers", lookFor: "references that are not looked at",
    run: async ({ registry }) => {
      const free = await pushText(registry, "free");
      const item = await artifact({ artifactType: "a/b", layers: [pushText(registry, "used")] });
      await pushContent(registry, repo, item, { tags: ["t"] });
      for (const { descriptor } of item.blobs) await rejects(() => registry.deleteBlob(repo, descriptor.digest), "DENIED");
      await registry.deleteBlob(repo, free.descriptor.digest);
      await rejects(() => registry.resolveBlob(repo, free.descriptor.digest), "BLOB_UNKNOWN");
    },
  },
  ...(["deleteTag", "deleteManifest", "deleteBlob"] as const).map((name, i): ConformanceCase => ({
    id: `DELETE-0${7 + i}`, title: `where ${name} is not supported it is UNSUPPORTED, and changes nothing`, level: "MUST", cites: "clause 16; distribution-spec code-13", unless: name,
    why: "a caller would think that it is gone", lookFor: "a delete that resolves and does nothing, or does it all the same",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["a"]);
      const { descriptor } = await pushText(registry, "free");
      const argument = name === "deleteTag" ? "a" : name === "deleteManifest" ? one.digest : descriptor.digest;
      await rejects(() => registry[name](repo, argument), "UNSUPPORTED");
      equal((await registry.resolveTag(repo, "a")).digest, one.digest, "the tag, as it was");
      await registry.resolveBlob(repo, descriptor.digest);
    },
  })),
  {
    id: "NAME-01", title: "an invalid repository name is NAME_INVALID in every call", level: "MUST", cites: "clause 5; distribution-spec, pulling manifests",
    why: "names become paths, URLs and keys", lookFor: "a call that does not look at the name",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "x");
      for (const name of ["", "A", "../x", "a//b", "a/../b", "/a", "a/", "a b", "-a", "a".repeat(256)]) {
        for (const call of [() => registry.pushBlob(name, descriptor, content), () => registry.getBlob(name, descriptor.digest), () => registry.pushManifest(name, content, "application/x-a"), () => registry.resolveTag(name, "t"), () => collect(registry.tags(name)), () => registry.getManifest(name, descriptor.digest)]) {
          await rejects(call, "NAME_INVALID");
        }
      }
      await rejectsWith(() => registry.resolveTag(7 as unknown as string, "t"), TypeError);
    },
  },
  {
    id: "SIGNAL-01", title: "a signal that was aborted before rejects with its reason, and nothing is done", level: "MUST", cites: "clause 2",
    why: "a request that nobody waits for should cost nothing", lookFor: "an option that is not passed on",
    run: async ({ registry }) => {
      const reason = new Error("nobody waits");
      const signal = AbortSignal.abort(reason);
      const { descriptor, content } = await pushText(registry, "x", other);
      const calls = [() => registry.pushBlob(repo, descriptor, content, { signal }), () => registry.getBlob(other, descriptor.digest, { signal }), () => registry.pushManifest(repo, content, "application/x-a", { signal, tags: ["t"] }), () => registry.resolveTag(repo, "t", { signal }), () => collect(registry.tags(other, { signal }))];
      for (const call of calls) {
        const error: unknown = await call().then(() => "resolved", (it: unknown) => it);
        equal(error === reason, true, "rejection with the signal's reason");
      }
      await rejects(() => registry.resolveTag(repo, "t"), "MANIFEST_UNKNOWN");
    },
  },
  {
    id: "SIGNAL-02", title: "a push that is aborted half-way leaves nothing", level: "MUST", cites: "clause 2",
    why: "half a blob under a whole one's name is damage", lookFor: "a signal that is only looked at in the beginning",
    run: async ({ registry }) => {
      const controller = new AbortController();
      const { descriptor } = await pushText(registry, "hello world", other);
      const source = (async function* () {
        yield bytes("hello ");
        controller.abort(new Error("enough"));
        await new Promise((resolve) => setTimeout(resolve, 0));
        yield bytes("world");
      })();
      const error: unknown = await registry.pushBlob("conformance/c", descriptor, source, { signal: controller.signal }).then(() => "resolved", (it: unknown) => it);
      equal(error === controller.signal.reason, true, "rejection with the signal's reason");
      if (registry.capabilities?.repositoryScopedBlobs !== false) await rejects(() => registry.resolveBlob("conformance/c", descriptor.digest), "BLOB_UNKNOWN");
    },
  },
];

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
