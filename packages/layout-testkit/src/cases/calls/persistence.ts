import { collect, emptyDescriptor } from "@ocilayout/oci-types";

import { artifact, blob, emptyBlob, index, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { capabilities, clause } from "../../case/cites.ts";
import { equal, reads, rejects, resolves } from "../../case/context.ts";
import {
  absent,
  bytes,
  imageIndex,
  imageManifest,
  nowhere,
  other,
  pushArtifact,
  pushText,
  repo,
} from "../../case/content.ts";

const needs = ["persistent"] as const;
const needsReopen = true;

/** What is the same in another registry over the same content. */
export const persistenceCases: readonly ConformanceCase[] = [
  {
    id: "OPEN-01",
    title: "what was pushed is there for another registry over the same content",
    level: "MUST",
    cites: [clause(26, "persistent")],
    needs,
    needsReopen,
    why: "this is what storage is for",
    lookFor: "something that is kept in memory only",
    run: async ({ registry, reopen }) => {
      const { descriptor, content } = await pushText(registry, "hello");
      const one = await pushArtifact(registry, "one", ["t"]);
      const two = await pushArtifact(registry, "two");
      await pushText(registry, "hello", other);
      const opaque = await registry.pushManifest(repo, bytes("opaque"), "application/x-a");
      const untyped = await registry.pushManifest(
        repo,
        bytes('{"schemaVersion":2,"manifests":[]}'),
        imageIndex,
      );
      const again = await reopen();
      for (const it of [opaque, untyped])
        equal(
          await resolves(
            () => again.resolveManifest(repo, it.digest),
            "a manifest that does not say what it is in the other registry",
          ),
          it,
          "it",
        );
      equal(await resolves(() => again.resolveTag(repo, "t"), "the tag in the other registry"), one, "it");
      equal(
        await resolves(
          () => again.resolveManifest(repo, two.digest),
          "the manifest without a tag in the other registry",
        ),
        two,
        "it",
      );
      await (await again.getManifest(repo, one.digest)).bytes();
      await reads(
        await resolves(() => again.getBlob(repo, descriptor.digest), "the blob in the other registry"),
        content,
        "its content",
      );
      await reads(
        await resolves(
          () => again.getBlob(other, descriptor.digest),
          "the blob without a manifest in the other registry",
        ),
        content,
        "its content",
      );
      equal(await collect(again.tags(repo)), ["t"], "the tags in the other registry");
    },
  },
  {
    id: "OPEN-02",
    title: "two registries see each other's writes at their next call",
    level: "MUST",
    cites: [clause(26, "visible")],
    needs,
    needsReopen,
    why: "a server and a command work on the same content",
    lookFor: "a cache that nothing invalidates",
    run: async ({ registry, reopen }) => {
      await pushArtifact(registry, "one", ["a"]);
      const again = await reopen();
      equal(await collect(again.tags(repo)), ["a"], "the tags in the other registry");
      const moved = await pushArtifact(registry, "two", ["a", "b"]);
      equal(await again.resolveTag(repo, "a"), moved, "the tag that was moved, in the other registry");
      equal(
        await collect(again.tags(repo)),
        ["a", "b"],
        "the tags in the other registry, when one was added",
      );
      await again.pushManifest(repo, bytes("c"), "application/x-a", { tags: ["c"] });
      for (const it of [registry, again]) equal(await collect(it.tags(repo)), ["a", "b", "c"], "the tags");
      await registry.pushManifest(repo, bytes("d"), "application/x-a", { tags: ["d"] });
      for (const it of [registry, again])
        equal(await collect(it.tags(repo)), ["a", "b", "c", "d"], "the tags, when each had added one");
    },
  },
  {
    id: "OPEN-03",
    title: "two registries that write at once lose nothing",
    level: "MUST",
    cites: [clause(26, "lossless")],
    needs,
    needsReopen,
    why: "two processes push into the same content",
    lookFor: "a lock that holds in one object only",
    run: async ({ registry, reopen }) => {
      const again = await reopen();
      const tags = Array.from({ length: 16 }, (_, i) => `t${String(i).padStart(2, "0")}`);
      await Promise.all(
        tags.map((tag, i) =>
          (i % 2 === 0 ? registry : again).pushManifest(repo, bytes(tag), "application/x-a", { tags: [tag] }),
        ),
      );
      for (const it of [registry, again, await reopen()])
        equal(await collect(it.tags(repo)), tags, "the tags");
    },
  },
  {
    id: "OPEN-04",
    title: "what one deletes is gone for the other",
    level: "MUST",
    cites: [clause(26, "visible")],
    needs: ["persistent", "deleteTag", "deleteManifest"],
    needsReopen,
    why: "a revoked image must not be served",
    lookFor: "a cache that only grows",
    run: async ({ registry, reopen }) => {
      const one = await pushArtifact(registry, "one", ["a", "b"]);
      const again = await reopen();
      equal(await again.resolveTag(repo, "a"), one, "the tag in the other registry");
      equal((await registry.getTag(repo, "b")).descriptor, one, "the other tag");
      for (const it of [registry, again])
        equal(await it.resolveManifest(repo, one.digest), one, "the manifest");
      await registry.deleteTag(repo, "a");
      await rejects(() => again.resolveTag(repo, "a"), "MANIFEST_UNKNOWN");
      const two = await pushArtifact(registry, "two", ["c"]);
      for (const it of [registry, again]) equal(await it.resolveTag(repo, "c"), two, "another tag");
      await again.deleteTag(repo, "c");
      await rejects(() => registry.resolveTag(repo, "c"), "MANIFEST_UNKNOWN");
      await registry.deleteManifest(repo, two.digest);
      for (const it of [again, await reopen()])
        await rejects(() => it.resolveManifest(repo, two.digest), "MANIFEST_UNKNOWN");
      await again.deleteManifest(repo, one.digest);
      for (const it of [registry, again, await reopen()])
        await rejects(() => it.resolveManifest(repo, one.digest), ...absent.manifest);
      await rejects(() => registry.getTag(repo, "b"), ...absent.manifest);
      await rejects(() => registry.getManifest(repo, one.digest), ...absent.manifest);
      await rejects(() => registry.resolveTag(repo, "b"), ...absent.manifest);
    },
  },
  {
    id: "OPEN-05",
    title: "an upload goes on in another registry over the same content",
    level: "MUST",
    cites: [clause(9, "resume"), clause(26, "persistent")],
    needs: ["persistent", "resumableUploads"],
    needsReopen,
    why: "a server is restarted while a large layer is sent",
    lookFor: "sessions that are kept in memory only, and a hash that is not made again",
    run: async ({ registry, reopen }) => {
      const { descriptor, content } = await blob("hello world");
      const first = await registry.pushBlobChunked(repo);
      await first.write(bytes("hello "));
      await first.close();
      const again = await reopen();
      equal(
        (await resolves(() => again.resolveUpload(repo, first.id), "the session in the other registry")).size,
        6,
        "its size",
      );
      const second = await again.pushBlobChunkedResume(repo, first.id, { offset: 6 });
      await second.write(bytes("world"));
      await resolves(() => second.commit(descriptor.digest), "the commit in the other registry");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content in the first one");
      await rejects(() => registry.pushBlobChunkedResume(repo, first.id), "BLOB_UPLOAD_UNKNOWN");
    },
  },
  {
    id: "OPEN-06",
    title: "conditions hold across two registries",
    level: "MUST",
    cites: [clause(15, "transaction"), clause(26)],
    needs: ["persistent", "conditionalTags"],
    needsReopen,
    why: "the other writer is another process",
    lookFor: "a condition that is checked against what was read before",
    run: async ({ registry, reopen }) => {
      const again = await reopen();
      const push = async (name: string, at: typeof registry, condition: object): Promise<string> =>
        (await at.pushManifest(repo, bytes(name), "application/x-a", { tags: ["t"], ...condition })).digest;
      const one = await push("one", registry, { ifNoneMatch: "*" });
      await rejects(() => push("two", again, { ifNoneMatch: "*" }), "PRECONDITION_FAILED");
      equal((await registry.resolveTag(repo, "t")).digest, one, "what the tag points at");
      await push("two", again, { ifMatch: one });
      await rejects(() => push("three", registry, { ifMatch: one }), "PRECONDITION_FAILED");
      equal(await (await registry.getTag(repo, "t")).text(), "two", "what the tag points at");
      const two = (await again.resolveTag(repo, "t")).digest;
      await push("three", registry, { ifMatch: two });
      await rejects(() => push("four", again, { ifMatch: two }), "PRECONDITION_FAILED");
      equal(await (await again.getTag(repo, "t")).text(), "three", "what the tag points at");
    },
  },
  {
    id: "OPEN-07",
    title: "referrers and children are there in another registry, too",
    level: "MUST",
    cites: [clause(17, "children"), clause(21), clause(26, "persistent")],
    needs: ["persistent", "referrers"],
    needsReopen,
    why: "signatures have to be found after a restart",
    lookFor: "relations that are kept in memory only",
    run: async ({ registry, reopen }) => {
      const subject = { mediaType: "application/x-a", digest: nowhere, size: 7 };
      const one = await pushContent(registry, repo, artifact({ artifactType: "a/b", subject }));
      const again = await reopen();
      const list = async (): Promise<string[]> =>
        (await collect(again.referrers(repo, nowhere))).map(({ digest }) => digest);
      equal(await list(), [one.digest], "the referrers in the other registry");
      const two = await pushContent(registry, repo, artifact({ artifactType: "a/c", subject }));
      equal(
        await list(),
        [one.digest, two.digest].sort(),
        "the referrers in the other registry, when one was added",
      );
    },
  },
  {
    id: "OPEN-08",
    title: "where content is not kept it is gone for another registry",
    level: "MUST",
    cites: [clause(26, "persistent"), capabilities],
    unless: "persistent",
    needsReopen,
    why: "what is promised and what is not should both be true",
    lookFor: "a capability that says too little",
    run: async ({ registry, reopen }) => {
      await pushArtifact(registry, "one", ["t"]);
      const again = await reopen();
      await rejects(() => again.resolveTag(repo, "t"), ...absent.manifest);
    },
  },
  {
    id: "OPEN-09",
    title: "what was not there is found once the other has pushed it",
    level: "MUST",
    cites: [clause(26, "visible")],
    needs,
    needsReopen,
    why: "who waits for an image asks until it is there",
    lookFor: "an answer of no that is remembered, references that are looked for among one's own",
    run: async ({ registry, reopen }) => {
      const again = await reopen();
      const { descriptor, content } = await artifact({ artifactType: "a/b" });
      await rejects(() => again.resolveBlob(repo, emptyDescriptor.digest), ...absent.blob);
      await rejects(() => again.resolveManifest(repo, descriptor.digest), ...absent.manifest);
      for (const call of [() => again.resolveTag(repo, "t"), () => again.getTag(repo, "t")])
        await rejects(call, ...absent.manifest);
      await pushContent(registry, repo, emptyBlob);
      equal(
        (
          await resolves(
            () => again.resolveBlob(repo, emptyDescriptor.digest),
            "the blob in the other registry",
          )
        ).size,
        2,
        "its size",
      );
      await resolves(
        () => again.pushManifest(repo, content, imageManifest),
        "the push of a manifest whose parts the other has pushed",
      );
      await registry.pushManifest(repo, content, imageManifest, { tags: ["t"] });
      equal(
        await resolves(
          () => again.resolveManifest(repo, descriptor.digest),
          "the manifest in the other registry",
        ),
        descriptor,
        "it",
      );
      equal(
        await resolves(() => again.resolveTag(repo, "t"), "the tag in the other registry"),
        descriptor,
        "what it points at",
      );
      for (const it of [registry, again])
        equal((await it.getTag(repo, "t")).descriptor, descriptor, "what is read by it");
      const moved = await pushArtifact(registry, "moved", ["t"]);
      for (const it of [registry, again])
        equal((await it.getTag(repo, "t")).descriptor, moved, "what is read by a tag that was moved");
      const back = await again.pushManifest(repo, content, imageManifest, { tags: ["t"] });
      equal(
        (await registry.getTag(repo, "t")).descriptor,
        back,
        "what is read by a tag that the other moved back",
      );
    },
  },
  {
    id: "OPEN-10",
    title: "repositories of another registry are listed",
    level: "MUST",
    cites: [clause(26, "visible")],
    needs: ["persistent", "repositories"],
    needsReopen,
    why: "a catalogue that is old hides what is new",
    lookFor: "a list that is made once",
    run: async ({ registry, reopen }) => {
      await registry.pushManifest("a", bytes("a"), "application/x-a", { tags: ["t"] });
      const again = await reopen();
      for (const it of [registry, again]) equal(await collect(it.repositories()), ["a"], "the repositories");
      await again.pushManifest("b", bytes("b"), "application/x-a", { tags: ["t"] });
      await registry.pushManifest("c", bytes("c"), "application/x-a", { tags: ["t"] });
      for (const it of [registry, again])
        equal(await collect(it.repositories()), ["a", "b", "c"], "the repositories, when each had added one");
    },
  },
  {
    id: "OPEN-11",
    title: "a blob that one deletes is gone for the other",
    level: "MUST",
    cites: [clause(26, "visible")],
    needs: ["persistent", "deleteBlob"],
    needsReopen,
    why: "a manifest would be pushed that needs it",
    lookFor: "a cache that only grows",
    run: async ({ registry, reopen }) => {
      const { descriptor } = await pushText(registry, "free");
      await pushArtifact(registry, "one");
      const again = await reopen();
      for (const it of [registry, again])
        equal((await it.resolveBlob(repo, descriptor.digest)).size, 4, "its size");
      await registry.deleteBlob(repo, descriptor.digest);
      for (const it of [registry, again, await reopen()])
        await rejects(() => it.resolveBlob(repo, descriptor.digest), "BLOB_UNKNOWN");
    },
  },
  {
    id: "OPEN-12",
    title: "a child is found by a registry that was opened after its index was pushed",
    level: "MUST",
    cites: [clause(17, "children"), clause(26, "persistent")],
    needs,
    needsReopen,
    why: "after a restart nobody could pull one platform",
    lookFor: "children that are only known to who saw the push",
    run: async ({ registry, reopen }) => {
      const child = await artifact({ artifactType: "a/b" });
      await pushContent(registry, repo, index([index([child])]), { tags: ["list"] });
      const again = await reopen();
      equal(
        await resolves(
          () => again.resolveManifest(repo, child.descriptor.digest),
          "the child in the other registry",
        ),
        child.descriptor,
        "it",
      );
      await reads(
        await (await reopen()).getManifest(repo, child.descriptor.digest),
        child.content,
        "the child",
      );
    },
  },
];
