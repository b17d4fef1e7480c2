import { collect } from "@ocilayout/oci-types";

import { artifact, blob, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../case.ts";
import { equal, reads, rejects, resolves } from "../context.ts";
import { absent, bytes, nowhere, pushArtifact, pushText, repo } from "./content.ts";

const cites = "clause 26";
const needs = ["persistent"] as const;
const needsReopen = true;

/** What is the same in another registry over the same content. */
export const persistenceCases: readonly ConformanceCase[] = [
  {
    id: "OPEN-01", title: "what was pushed is there for another registry over the same content", level: "MUST", cites, needs, needsReopen,
    why: "this is what storage is for", lookFor: "something that is kept in memory only",
    run: async ({ registry, reopen }) => {
      const { descriptor, content } = await pushText(registry, "hello");
      const one = await pushArtifact(registry, "one", ["t"]);
      const two = await pushArtifact(registry, "two");
      const again = await reopen();
      equal(await resolves(() => again.resolveTag(repo, "t"), "the tag in the other registry"), one, "it");
      equal(await resolves(() => again.resolveManifest(repo, two.digest), "the manifest without a tag in the other registry"), two, "it");
      await (await again.getManifest(repo, one.digest)).bytes();
      await reads(await resolves(() => again.getBlob(repo, descriptor.digest), "the blob in the other registry"), content, "its content");
      equal(await collect(again.tags(repo)), ["t"], "the tags in the other registry");
    },
  },
  {
    id: "OPEN-02", title: "two registries see each other's writes at their next call", level: "MUST", cites, needs, needsReopen,
    why: "a server and a command work on the same content", lookFor: "a cache that nothing invalidates",
    run: async ({ registry, reopen }) => {
      await pushArtifact(registry, "one", ["a"]);
      const again = await reopen();
      equal(await collect(again.tags(repo)), ["a"], "the tags in the other registry");
      const moved = await pushArtifact(registry, "two", ["a", "b"]);
      equal(await again.resolveTag(repo, "a"), moved, "the tag that was moved, in the other registry");
      equal(await collect(again.tags(repo)), ["a", "b"], "the tags in the other registry, when one was added");
      await again.pushManifest(repo, bytes("c"), "application/x-a", { tags: ["c"] });
      for (const it of [registry, again]) equal(await collect(it.tags(repo)), ["a", "b", "c"], "the tags");
    },
  },
  {
    id: "OPEN-03", title: "two registries that write at once lose nothing", level: "MUST", cites, needs, needsReopen,
    why: "two processes push into the same content", lookFor: "a lock that holds in one object only",
    run: async ({ registry, reopen }) => {
      const again = await reopen();
      const tags = Array.from({ length: 16 }, (_, i) => `t${String(i).padStart(2, "0")}`);
      await Promise.all(tags.map((tag, i) => (i % 2 === 0 ? registry : again).pushManifest(repo, bytes(tag), "application/x-a", { tags: [tag] })));
      for (const it of [registry, again, await reopen()]) equal(await collect(it.tags(repo)), tags, "the tags");
    },
  },
  {
    id: "OPEN-04", title: "what one deletes is gone for the other", level: "MUST", cites, needs: ["persistent", "deleteTag", "deleteManifest"], needsReopen,
    why: "a revoked image must not be served", lookFor: "a cache that only grows",
    run: async ({ registry, reopen }) => {
      const one = await pushArtifact(registry, "one", ["a", "b"]);
      const again = await reopen();
      equal(await again.resolveTag(repo, "a"), one, "the tag in the other registry");
      await registry.deleteTag(repo, "a");
      await rejects(() => again.resolveTag(repo, "a"), "MANIFEST_UNKNOWN");
      await again.deleteManifest(repo, one.digest);
      await rejects(() => registry.getManifest(repo, one.digest), ...absent.manifest);
      await rejects(() => registry.resolveTag(repo, "b"), ...absent.manifest);
    },
  },
  {
    id: "OPEN-05", title: "an upload goes on in another registry over the same content", level: "MUST", cites: "clauses 9 and 26", needs: ["persistent", "resumableUploads"], needsReopen,
    why: "a server is restarted while a large layer is sent", lookFor: "sessions that are kept in memory only, and a hash that is not made again",
    run: async ({ registry, reopen }) => {
      const { descriptor, content } = await blob("hello world");
      const first = await registry.pushBlobChunked(repo);
      await first.write(bytes("hello "));
      await first.close();
      const again = await reopen();
      equal((await resolves(() => again.resolveUpload(repo, first.id), "the session in the other registry")).size, 6, "its size");
      const second = await again.pushBlobChunkedResume(repo, first.id, { offset: 6 });
      await second.write(bytes("world"));
      await resolves(() => second.commit(descriptor.digest), "the commit in the other registry");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content in the first one");
      await rejects(() => registry.pushBlobChunkedResume(repo, first.id), "BLOB_UPLOAD_UNKNOWN");
    },
  },
  {
    id: "OPEN-06", title: "conditions hold across two registries", level: "MUST", cites: "clauses 15 and 26", needs: ["persistent", "conditionalTags"], needsReopen,
    why: "the other writer is another process", lookFor: "a condition that is checked against what was read before",
    run: async ({ registry, reopen }) => {
      const again = await reopen();
      const push = async (name: string, at: typeof registry, condition: object): Promise<string> =>
        (await at.pushManifest(repo, bytes(name), "application/x-a", { tags: ["t"], ...condition })).digest;
      const one = await push("one", registry, { ifNoneMatch: "*" });
      await rejects(() => push("two", again, { ifNoneMatch: "*" }), "PRECONDITION_FAILED");
      await push("two", again, { ifMatch: one });
      await rejects(() => push("three", registry, { ifMatch: one }), "PRECONDITION_FAILED");
      equal(await (await registry.getTag(repo, "t")).text(), "two", "what the tag points at");
    },
  },
  {
    id: "OPEN-07", title: "referrers and children are there in another registry, too", level: "MUST", cites: "clauses 17, 21 and 26", needs: ["persistent", "referrers"], needsReopen,
    why: "signatures have to be found after a restart", lookFor: "relations that are kept in memory only",
    run: async ({ registry, reopen }) => {
      const subject = { mediaType: "application/x-a", digest: nowhere, size: 7 };
      const one = await pushContent(registry, repo, artifact({ artifactType: "a/b", subject }));
      equal((await collect((await reopen()).referrers(repo, nowhere))).map(({ digest }) => digest), [one.digest], "the referrers in the other registry");
    },
  },
  {
    id: "OPEN-08", title: "where content is not kept it is gone for another registry", level: "MUST", cites, unless: "persistent", needsReopen,
    why: "what is promised and what is not should both be true", lookFor: "a capability that says too little",
    run: async ({ registry, reopen }) => {
      await pushArtifact(registry, "one", ["t"]);
      const again = await reopen();
      await rejects(() => again.resolveTag(repo, "t"), ...absent.manifest);
    },
  },
];
