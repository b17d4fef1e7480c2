import { collect, emptyDescriptor } from "@ocilayout/oci-types";

import { artifact, blob, emptyBlob, index, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { capabilities, clause } from "../../case/cites.ts";
import { equal, reads, rejects, resolves } from "../../case/context.ts";
import {
  bytes,
  imageIndex,
  imageManifest,
  nowhere,
  other,
  pushArtifact,
  pushText,
  repo,
  nameIn,
  emptyList,
  absent,
  populate,
} from "../../case/content.ts";

const needs = ["persistent"] as const;
const needsReopen = true;

/** Content seen by another registry over the same storage. */
export const persistenceCases: readonly ConformanceCase[] = [
  {
    id: "OPEN-01",
    title: "a registry opened later finds everything that was pushed",
    level: "MUST",
    cites: [clause(26, "persistent")],
    needs,
    needsReopen,
    why: "content must survive a restart",
    lookFor: "state that is kept only in memory",
    run: async ({ registry, reopen, promises }) => {
      const { descriptor, content } = await pushText(registry, "hello");
      const one = await pushArtifact(registry, "one", ["t"]);
      const two = await pushArtifact(registry, "two");
      await pushText(registry, "hello", other);
      const opaque = promises("opaqueManifests")
        ? [await registry.pushManifest(repo, bytes("opaque"), "application/x-a")]
        : [];
      const untyped = await registry.pushManifest(
        repo,
        bytes('{"schemaVersion":2,"manifests":[]}'),
        imageIndex,
      );
      const again = await reopen();
      for (const it of [...opaque, untyped])
        equal(
          await resolves(
            () => again.resolveManifest(repo, it.digest),
            "resolveManifest of a manifest without a mediaType in the other registry",
          ),
          it,
          "it",
        );
      equal(await resolves(() => again.resolveTag(repo, "t"), "resolveTag in the other registry"), one, "it");
      equal(
        await resolves(
          () => again.resolveManifest(repo, two.digest),
          "resolveManifest of an untagged manifest in the other registry",
        ),
        two,
        "it",
      );
      await (await again.getManifest(repo, one.digest)).bytes();
      await reads(
        await resolves(() => again.getBlob(repo, descriptor.digest), "getBlob in the other registry"),
        content,
        "its content",
      );
      await reads(
        await resolves(
          () => again.getBlob(other, descriptor.digest),
          "getBlob of an unreferenced blob in the other registry",
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
    why: "a server and a command-line tool may use the same storage",
    lookFor: "a cache that is never invalidated",
    run: async ({ registry, reopen }) => {
      await pushArtifact(registry, "one", ["a"]);
      const again = await reopen();
      equal(await collect(again.tags(repo)), ["a"], "the tags in the other registry");
      const moved = await pushArtifact(registry, "two", ["a", "b"]);
      equal(await again.resolveTag(repo, "a"), moved, "the moved tag in the other registry");
      equal(
        await collect(again.tags(repo)),
        ["a", "b"],
        "the tags in the other registry after one was added",
      );
      await again.pushManifest(repo, ...emptyList("c"), { tags: ["c"] });
      for (const it of [registry, again]) equal(await collect(it.tags(repo)), ["a", "b", "c"], "the tags");
      await registry.pushManifest(repo, ...emptyList("d"), { tags: ["d"] });
      for (const it of [registry, again])
        equal(await collect(it.tags(repo)), ["a", "b", "c", "d"], "the tags after each registry added one");
    },
  },
  {
    id: "OPEN-03",
    title: "concurrent writes of two registries are all kept",
    level: "MUST",
    cites: [clause(26, "lossless")],
    needs,
    needsReopen,
    why: "two processes may push to the same storage",
    lookFor: "a lock that only one object holds",
    run: async ({ registry, reopen }) => {
      const again = await reopen();
      const tags = Array.from({ length: 16 }, (_, i) => `t${String(i).padStart(2, "0")}`);
      await Promise.all(
        tags.map((tag, i) =>
          (i % 2 === 0 ? registry : again).pushManifest(repo, ...emptyList(tag), { tags: [tag] }),
        ),
      );
      for (const it of [registry, again, await reopen()])
        equal(await collect(it.tags(repo)), tags, "the tags");
    },
  },
  {
    id: "OPEN-04",
    title: "a deletion is visible in another registry",
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
    title: "an upload can be resumed in another registry",
    level: "MUST",
    cites: [clause(9, "resume"), clause(26, "persistent")],
    needs: ["persistent", "resumableUploads"],
    needsReopen,
    why: "a server may restart during the upload of a large layer",
    lookFor: "sessions kept only in memory, or a hash that is not recomputed",
    run: async ({ registry, reopen }) => {
      const { descriptor, content } = await blob("hello world");
      const first = await registry.pushBlobChunked(repo);
      await first.write(bytes("hello "));
      await first.close();
      const again = await reopen();
      equal(
        (await resolves(() => again.resolveUpload(repo, first.id), "resolveUpload in the other registry"))
          .size,
        6,
        "its size",
      );
      const second = await again.pushBlobChunkedResume(repo, first.id, { offset: 6 });
      await second.write(bytes("world"));
      await resolves(() => second.commit(descriptor.digest), "a commit in the other registry");
      await reads(
        await registry.getBlob(repo, descriptor.digest),
        content,
        "the content in the first registry",
      );
      await rejects(() => registry.pushBlobChunkedResume(repo, first.id), "BLOB_UPLOAD_UNKNOWN");
    },
  },
  {
    id: "OPEN-06",
    title: "preconditions take the writes of another registry into account",
    level: "MUST",
    cites: [clause(15, "transaction"), clause(26)],
    needs: ["persistent", "conditionalTags"],
    needsReopen,
    why: "the other writer may be another process",
    lookFor: "a precondition that is compared with an earlier read",
    run: async ({ registry, reopen }) => {
      const again = await reopen();
      const push = async (name: string, at: typeof registry, condition: object): Promise<string> =>
        (await at.pushManifest(repo, ...emptyList(name), { tags: ["t"], ...condition })).digest;
      const one = await push("one", registry, { ifNoneMatch: "*" });
      await rejects(() => push("two", again, { ifNoneMatch: "*" }), "PRECONDITION_FAILED");
      equal((await registry.resolveTag(repo, "t")).digest, one, "the manifest of the tag");
      await push("two", again, { ifMatch: one });
      await rejects(() => push("three", registry, { ifMatch: one }), "PRECONDITION_FAILED");
      equal(await nameIn(await registry.getTag(repo, "t")), "two", "the manifest of the tag");
      const two = (await again.resolveTag(repo, "t")).digest;
      await push("three", registry, { ifMatch: two });
      await rejects(() => push("four", again, { ifMatch: two }), "PRECONDITION_FAILED");
      equal(await nameIn(await again.getTag(repo, "t")), "three", "the manifest of the tag");
    },
  },
  {
    id: "OPEN-07",
    title: "another registry finds referrers",
    level: "MUST",
    cites: [clause(17, "children"), clause(21), clause(26, "persistent")],
    needs: ["persistent", "referrers"],
    needsReopen,
    why: "clients must find signatures after a restart",
    lookFor: "relations that are kept only in memory",
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
        "the referrers in the other registry after one was added",
      );
    },
  },
  {
    id: "OPEN-08",
    title: "without the capability persistent, a registry opened later is empty",
    level: "MUST",
    cites: [clause(26, "persistent"), capabilities],
    unless: "persistent",
    needsReopen,
    why: "capabilities must state both what a registry does and what it does not",
    lookFor: "a capability that is supported but set to false",
    run: async ({ registry, reopen }) => {
      await pushArtifact(registry, "one", ["t"]);
      const again = await reopen();
      await rejects(() => again.resolveTag(repo, "t"), ...absent.manifest);
    },
  },
  {
    id: "OPEN-09",
    title: "a registry finds content pushed by another after it was missing",
    level: "MUST",
    cites: [clause(26, "visible")],
    needs,
    needsReopen,
    why: "clients that wait for an image ask until it exists",
    lookFor: "a cached “not found”, or references searched only among this registry's own pushes",
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
            "resolveBlob in the other registry",
          )
        ).size,
        2,
        "its size",
      );
      await resolves(
        () => again.pushManifest(repo, content, imageManifest),
        "a push of a manifest whose references the other registry pushed",
      );
      await registry.pushManifest(repo, content, imageManifest, { tags: ["t"] });
      equal(
        await resolves(
          () => again.resolveManifest(repo, descriptor.digest),
          "resolveManifest in the other registry",
        ),
        descriptor,
        "it",
      );
      equal(
        await resolves(() => again.resolveTag(repo, "t"), "resolveTag in the other registry"),
        descriptor,
        "the manifest of the tag",
      );
      for (const it of [registry, again])
        equal((await it.getTag(repo, "t")).descriptor, descriptor, "the descriptor of getTag");
      const moved = await pushArtifact(registry, "moved", ["t"]);
      for (const it of [registry, again])
        equal((await it.getTag(repo, "t")).descriptor, moved, "the descriptor of getTag after the tag moved");
      const back = await again.pushManifest(repo, content, imageManifest, { tags: ["t"] });
      equal(
        (await registry.getTag(repo, "t")).descriptor,
        back,
        "the descriptor of getTag after the other registry moved the tag back",
      );
    },
  },
  {
    id: "OPEN-10",
    title: "repositories() lists repositories created by another registry",
    level: "MUST",
    cites: [clause(26, "visible")],
    needs: ["persistent", "repositories"],
    needsReopen,
    why: "an outdated catalog hides new repositories",
    lookFor: "a list that is created only once",
    run: async ({ registry, reopen }) => {
      await populate(registry, "a");
      const again = await reopen();
      for (const it of [registry, again]) equal(await collect(it.repositories()), ["a"], "the repositories");
      await populate(again, "b");
      await populate(registry, "c");
      for (const it of [registry, again])
        equal(
          await collect(it.repositories()),
          ["a", "b", "c"],
          "the repositories after each registry added one",
        );
    },
  },
  {
    id: "OPEN-11",
    title: "a deleted blob is missing in another registry",
    level: "MUST",
    cites: [clause(26, "visible")],
    needs: ["persistent", "deleteBlob"],
    needsReopen,
    why: "the other registry would accept a manifest that references the blob",
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
    title: "a registry opened later finds the children of an index",
    level: "MUST",
    cites: [clause(17, "children"), clause(26, "persistent")],
    needs,
    needsReopen,
    why: "clients could not pull one platform after a restart",
    lookFor: "children that only the registry that received the push remembers",
    run: async ({ registry, reopen }) => {
      const child = await artifact({ artifactType: "a/b" });
      await pushContent(registry, repo, index([index([child])]), { tags: ["list"] });
      const again = await reopen();
      equal(
        await resolves(
          () => again.resolveManifest(repo, child.descriptor.digest),
          "resolveManifest of the child in the other registry",
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
