import {
  collect,
  computeDigest,
  dockerMediaTypes,
  emptyDescriptor,
  isRegistryError,
  type RegistryError,
} from "@ocilayout/oci-types";

import { artifact, blob, emptyBlob, index, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause, distSpec, imageSpec, rule } from "../../case/cites.ts";
import { equal, holds, reads, rejection, rejects, resolves } from "../../case/context.ts";
import {
  bytes,
  imageIndex,
  imageManifest,
  namedArtifact,
  nowhere,
  other,
  pushArtifact,
  pushText,
  repo,
} from "../../case/content.ts";

/** What is gone when something is deleted, and what stays. */
export const deletingCases: readonly ConformanceCase[] = [
  {
    id: "DELETE-01",
    title: "deleteTag removes the tag and nothing else",
    level: "MUST",
    cites: [clause(16, "tag"), distSpec("end-9")],
    needs: ["deleteTag"],
    why: "other tags and digests point at the same manifest",
    lookFor: "a manifest that goes with its tag",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["a", "b"]);
      await registry.deleteTag(repo, "a");
      await rejects(() => registry.resolveTag(repo, "a"), "MANIFEST_UNKNOWN");
      await rejects(() => registry.getTag(repo, "a"), "MANIFEST_UNKNOWN");
      equal(await registry.resolveTag(repo, "b"), one, "the other tag");
      equal(await collect(registry.tags(repo)), ["b"], "the tags");
      await registry.deleteTag(repo, "b");
      equal(
        await resolves(() => registry.resolveManifest(repo, one.digest), "the manifest without tags"),
        one,
        "it",
      );
    },
  },
  {
    id: "DELETE-02",
    title: "an empty tag or digest is no wildcard",
    level: "MUST",
    cites: [clause(5, "empty")],
    needs: ["deleteTag", "deleteManifest", "deleteBlob"],
    why: "a variable that is not set would empty the repository",
    lookFor: "a filter that an empty string passes",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["a"]);
      const { descriptor } = await pushText(registry, "free");
      await rejects(() => registry.deleteTag(repo, ""), "NAME_INVALID");
      await rejects(() => registry.deleteManifest(repo, ""), "DIGEST_INVALID");
      await rejects(() => registry.deleteBlob(repo, ""), "DIGEST_INVALID");
      equal((await registry.resolveTag(repo, "a")).digest, one.digest, "the tag, as it was");
      await resolves(() => registry.resolveBlob(repo, descriptor.digest), "the blob, as it was");
    },
  },
  {
    id: "DELETE-03",
    title: "deleting a tag or manifest that is not there is MANIFEST_UNKNOWN",
    level: "MUST",
    cites: [clause(16, "absent"), distSpec("end-9")],
    why: "who deletes the wrong thing should learn of it",
    lookFor: "a delete that ignores what it did not find",
    needs: ["deleteTag", "deleteManifest"],
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["a"]);
      await rejects(() => registry.deleteTag(repo, "nosuch"), "MANIFEST_UNKNOWN");
      await rejects(() => registry.deleteManifest(repo, nowhere), "MANIFEST_UNKNOWN");
      await rejects(() => registry.deleteTag("conformance/nowhere", "a"), "MANIFEST_UNKNOWN", "NAME_UNKNOWN");
      await rejects(
        () => registry.deleteManifest("conformance/nowhere", one.digest),
        "MANIFEST_UNKNOWN",
        "NAME_UNKNOWN",
      );
      await registry.deleteTag(repo, "a");
      await rejects(() => registry.deleteTag(repo, "a"), "MANIFEST_UNKNOWN");
      await pushArtifact(registry, "two");
      await registry.deleteManifest(repo, one.digest);
      await rejects(() => registry.deleteManifest(repo, one.digest), "MANIFEST_UNKNOWN");
    },
  },
  {
    id: "DELETE-04",
    title: "deleteManifest removes it with all its tags",
    level: "MUST",
    cites: [clause(16, "manifest"), distSpec("end-9")],
    needs: ["deleteManifest"],
    why: "a tag that points at nothing breaks whoever pulls it",
    lookFor: "tags that are left behind",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["a", "b"]);
      const two = await pushArtifact(registry, "two", ["c"]);
      await registry.deleteManifest(repo, one.digest);
      await rejects(() => registry.getManifest(repo, one.digest), "MANIFEST_UNKNOWN");
      await rejects(() => registry.resolveManifest(repo, one.digest), "MANIFEST_UNKNOWN");
      for (const tag of ["a", "b"]) await rejects(() => registry.resolveTag(repo, tag), "MANIFEST_UNKNOWN");
      equal(await collect(registry.tags(repo)), ["c"], "the tags");
      equal(await registry.resolveTag(repo, "c"), two, "another manifest's tag");
      equal(
        await resolves(() => pushArtifact(registry, "one", ["a"]), "the push of what was deleted"),
        one,
        "it",
      );
    },
  },
  {
    id: "DELETE-05",
    title: "a manifest that an index contains is DENIED, and the index is named",
    level: "MUST",
    cites: [clause(16, "contained"), clause(16, "reason")],
    needs: ["deleteManifest"],
    why: "the index would list what is not there",
    lookFor: "a delete that looks at entries only, an error without `detail.referencedBy` or `detail.reason`",
    run: async ({ registry }) => {
      const child = await namedArtifact("child");
      const list = await pushContent(registry, repo, index([child]), { tags: ["list"] });
      const detail = await refusal(() => registry.deleteManifest(repo, child.descriptor.digest));
      holds(
        JSON.stringify(detail).includes(list.digest),
        "the index's digest in detail.referencedBy",
        detail,
      );
      equal(
        await registry.resolveManifest(repo, child.descriptor.digest),
        child.descriptor,
        "the child, as it was",
      );
      await registry.pushManifest(repo, child.content, child.descriptor.mediaType, { tags: ["child"] });
      const second = await pushContent(registry, repo, index([child], { annotations: { name: "second" } }));
      const again = await refusal(() => registry.deleteManifest(repo, child.descriptor.digest));
      const named = JSON.stringify(again);
      holds(
        named.includes(list.digest) && named.includes(second.digest),
        "the digests of both indexes in detail.referencedBy",
        again,
      );
      equal(await registry.resolveTag(repo, "child"), child.descriptor, "the child's tag, as it was");
      const third = await pushArtifact(registry, "in Docker's list");
      await registry.pushManifest(
        repo,
        bytes(JSON.stringify({ schemaVersion: 2, manifests: [third] })),
        dockerMediaTypes.manifestList,
      );
      await rejects(() => registry.deleteManifest(repo, third.digest), "DENIED");
    },
  },
  {
    id: "DELETE-06",
    title: "children survive their index, and can be deleted then",
    level: "MUST",
    cites: [clause(16, "contained"), clause(17, "survive")],
    needs: ["deleteManifest"],
    why: "a digest that somebody wrote down must not stop working",
    lookFor: "manifests that are only known through what lists them",
    run: async ({ registry }) => {
      const leaf = await namedArtifact("leaf");
      const inner = await index([leaf]);
      const outer = await pushContent(registry, repo, index([inner]), { tags: ["list"] });
      await rejects(() => registry.deleteManifest(repo, inner.descriptor.digest), "DENIED");
      await resolves(
        () => registry.deleteManifest(repo, outer.digest),
        "the deletion of the outermost index",
      );
      for (const { descriptor } of [inner, leaf])
        equal(
          await resolves(
            () => registry.resolveManifest(repo, descriptor.digest),
            "a child that survives its index",
          ),
          descriptor,
          "it",
        );
      await rejects(() => registry.deleteManifest(repo, leaf.descriptor.digest), "DENIED");
      await registry.deleteManifest(repo, inner.descriptor.digest);
      await resolves(
        () => registry.deleteManifest(repo, leaf.descriptor.digest),
        "the deletion of a child whose index is gone",
      );
      await rejects(
        () => registry.resolveManifest(repo, leaf.descriptor.digest),
        "MANIFEST_UNKNOWN",
        "NAME_UNKNOWN",
      );
    },
  },
  {
    id: "DELETE-07",
    title: "a subject may be deleted; what is about it stays",
    level: "MUST",
    cites: [clause(16, "contained")],
    needs: ["deleteManifest", "referrers"],
    why: "a signature must not keep an image from being removed",
    lookFor: "a subject that counts as contained",
    run: async ({ registry }) => {
      const image = await pushArtifact(registry, "image");
      const about = await pushArtifact(registry, "about", [], image);
      await resolves(() => registry.deleteManifest(repo, image.digest), "the deletion of a subject");
      equal(await registry.resolveManifest(repo, about.digest), about, "what was about it");
      equal(
        (await collect(registry.referrers(repo, image.digest))).map(({ digest }) => digest),
        [about.digest],
        "its referrers",
      );
    },
  },
  {
    id: "DELETE-08",
    title: "a blob that is referred to is DENIED",
    level: "MUST",
    cites: [clause(16, "blob"), clause(16, "reason"), distSpec("end-10")],
    needs: ["deleteBlob"],
    why: "images would lose their layers",
    lookFor:
      "references that are not looked at, or only of tagged manifests; an error without `detail.reason`",
    run: async ({ registry }) => {
      const item = await artifact({
        artifactType: "a/b",
        layers: [pushText(registry, "used"), pushText(registry, "used, too")],
      });
      await pushContent(registry, repo, item);
      const [docker, foreign] = [
        await pushText(registry, "Docker's"),
        await pushText(registry, "to be had elsewhere"),
      ];
      const document = { schemaVersion: 2, config: emptyDescriptor, layers: [docker.descriptor] };
      await registry.pushManifest(repo, bytes(JSON.stringify(document)), dockerMediaTypes.manifest);
      await registry.pushManifest(
        repo,
        bytes(
          JSON.stringify({
            ...document,
            layers: [{ ...foreign.descriptor, urls: ["https://example.com/layer"] }],
          }),
        ),
        imageManifest,
      );
      for (const { descriptor } of [docker, foreign])
        await refusal(() => registry.deleteBlob(repo, descriptor.digest));
      for (const { descriptor, content } of item.blobs) {
        await refusal(() => registry.deleteBlob(repo, descriptor.digest));
        await reads(await registry.getBlob(repo, descriptor.digest), content, "the blob, as it was");
      }
    },
  },
  {
    id: "DELETE-09",
    title: "a blob that nothing refers to is deleted, one that is absent BLOB_UNKNOWN",
    level: "MUST",
    cites: [clause(16, "blob"), clause(16, "absent"), distSpec("end-10")],
    needs: ["deleteBlob"],
    why: "who frees space should learn whether it was freed",
    lookFor: "a delete that resolves and does nothing, or ignores what it did not find",
    run: async ({ registry }) => {
      await pushArtifact(registry, "one");
      const { descriptor } = await pushText(registry, "free");
      await registry.deleteBlob(repo, descriptor.digest);
      await rejects(() => registry.resolveBlob(repo, descriptor.digest), "BLOB_UNKNOWN");
      await rejects(() => registry.getBlob(repo, descriptor.digest), "BLOB_UNKNOWN");
      await rejects(() => registry.deleteBlob(repo, descriptor.digest), "BLOB_UNKNOWN");
      await rejects(() => registry.deleteBlob(repo, nowhere), "BLOB_UNKNOWN");
      await resolves(() => pushText(registry, "free"), "the push of what was deleted");
    },
  },
  {
    id: "DELETE-10",
    title: "a manifest is not deleted as a blob",
    level: "MUST",
    cites: [clause(16, "blob")],
    needs: ["deleteBlob"],
    why: "its tags would point at nothing",
    lookFor: "manifests among the blobs, without a difference",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["t"]);
      const two = await pushArtifact(registry, "two");
      for (const { digest } of [one, two]) await rejects(() => registry.deleteBlob(repo, digest), "DENIED");
      await (await registry.getTag(repo, "t")).bytes();
      await (await registry.getManifest(repo, two.digest)).bytes();
    },
  },
  {
    id: "DELETE-11",
    title: "a blob that two manifests share is free when both are gone",
    level: "MUST",
    cites: [clause(16, "blob")],
    needs: ["deleteBlob", "deleteManifest"],
    why: "layers are shared, and space has to be freed some day",
    lookFor: "references that are counted once, or remembered for ever",
    run: async ({ registry }) => {
      const layer = await pushText(registry, "shared");
      const [one, two] = [
        await pushContent(registry, repo, artifact({ artifactType: "a/one", layers: [layer] })),
        await pushContent(registry, repo, artifact({ artifactType: "a/two", layers: [layer] })),
      ];
      await registry.deleteManifest(repo, one.digest);
      await rejects(() => registry.deleteBlob(repo, layer.descriptor.digest), "DENIED");
      await registry.deleteManifest(repo, two.digest);
      await resolves(
        () => registry.deleteBlob(repo, layer.descriptor.digest),
        "the deletion of a blob that nothing refers to any more",
      );
    },
  },
  {
    id: "DELETE-12",
    title: "what is deleted in one repository stays in the other",
    level: "MUST",
    cites: [clause(16)],
    needs: ["deleteTag", "deleteManifest"],
    why: "repositories are different people's",
    lookFor: "tags or manifests that are found by name or digest alone",
    run: async ({ registry }) => {
      for (const name of [repo, other]) {
        await pushContent(registry, name, emptyBlob);
        await registry.pushManifest(name, bytes("same"), "application/x-a", { tags: ["t", "u"] });
      }
      const { digest } = await registry.resolveTag(repo, "t");
      await registry.deleteTag(repo, "t");
      equal(await collect(registry.tags(other)), ["t", "u"], "the other repository's tags");
      await registry.deleteManifest(repo, digest);
      equal(
        await resolves(
          async () => (await registry.getTag(other, "u")).text(),
          "the other repository's manifest",
        ),
        "same",
        "it",
      );
    },
  },
  {
    id: "DELETE-13",
    title: "an index's tags and its children's are not each other's",
    level: "MUST",
    cites: [clause(15), clause(16), clause(17, "children")],
    needs: ["deleteTag", "deleteManifest"],
    why: "platforms are tagged, too, and releases move on",
    lookFor: "entries of children that go with those of their index",
    run: async ({ registry }) => {
      const [tagged, untagged] = [await namedArtifact("tagged"), await namedArtifact("untagged")];
      await pushContent(registry, repo, tagged, { tags: ["child"] });
      const list = await pushContent(registry, repo, index([tagged, untagged]), { tags: ["list"] });
      equal(await collect(registry.tags(repo)), ["child", "list"], "the tags, with the index");
      await pushArtifact(registry, "next", ["list"]);
      equal(
        await resolves(
          () => registry.resolveManifest(repo, list.digest),
          "the index that the tag was moved away from",
        ),
        list,
        "it",
      );
      equal(
        await resolves(() => registry.resolveManifest(repo, untagged.descriptor.digest), "its child"),
        untagged.descriptor,
        "it",
      );
      await registry.pushManifest(repo, (await index([tagged, untagged])).content, imageIndex, {
        tags: ["again"],
      });
      await registry.deleteTag(repo, "again");
      equal(
        await resolves(() => registry.resolveManifest(repo, list.digest), "the index without a tag"),
        list,
        "it",
      );
      await registry.deleteManifest(repo, list.digest);
      equal(await collect(registry.tags(repo)), ["child", "list"], "the tags, without the index");
      equal(await registry.resolveTag(repo, "child"), tagged.descriptor, "the tag of a child");
      equal(
        await resolves(
          () => registry.resolveManifest(repo, untagged.descriptor.digest),
          "the child whose index is gone",
        ),
        untagged.descriptor,
        "it",
      );
    },
  },
  {
    id: "DELETE-14",
    title: "what another repository contains does not count",
    level: "MUST",
    cites: [clause(11, "scoped"), clause(16, "contained")],
    needs: ["deleteManifest", "deleteBlob", "repositoryScopedBlobs"],
    why: "who may not even see the other repository could not delete from their own",
    lookFor: "references of the whole registry",
    run: async ({ registry }) => {
      const child = await artifact({ artifactType: "a/b", layers: [blob("layer")] });
      await pushContent(registry, other, index([child]), { tags: ["list"] });
      await pushContent(registry, other, child, { tags: ["child"] });
      await pushContent(registry, repo, child);
      await resolves(
        () => registry.deleteManifest(repo, child.descriptor.digest),
        "the deletion of a manifest that an index of another repository contains",
      );
      for (const { descriptor } of child.blobs)
        await resolves(
          () => registry.deleteBlob(repo, descriptor.digest),
          "the deletion of a blob that a manifest of another repository refers to",
        );
      equal(await registry.resolveTag(other, "child"), child.descriptor, "the other repository's manifest");
    },
  },
  {
    id: "DELETE-15",
    title: "each delete takes its own kind",
    level: "MUST",
    cites: [clause(16), rule("manifest-as-blob")],
    needs: ["deleteTag", "deleteManifest"],
    why: "who mixes them up should learn of it before something is gone",
    lookFor: "one delete for all, that takes what it finds",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["t"]);
      const { descriptor } = await pushText(registry, "free");
      await rejects(() => registry.deleteTag(repo, one.digest), "NAME_INVALID");
      await rejects(() => registry.deleteManifest(repo, descriptor.digest), "MANIFEST_UNKNOWN");
      equal(await registry.resolveTag(repo, "t"), one, "the tag, as it was");
      equal(
        (await resolves(() => registry.resolveBlob(repo, descriptor.digest), "the blob, as it was")).size,
        4,
        "its size",
      );
    },
  },
  {
    id: "DELETE-16",
    title: "where blobs are shared one that any repository needs is DENIED",
    level: "MUST",
    cites: [clause(11, "shared"), clause(16, "blob")],
    needs: ["deleteBlob"],
    unless: "repositoryScopedBlobs",
    why: "another repository's image would lose its layer",
    lookFor: "references of the one repository only",
    run: async ({ registry }) => {
      await pushArtifact(registry, "one");
      const item = await artifact({ artifactType: "a/b", layers: [blob("layer")] });
      await pushContent(registry, other, item);
      for (const { descriptor, content } of item.blobs) {
        await rejects(() => registry.deleteBlob(repo, descriptor.digest), "DENIED");
        await reads(await registry.getBlob(other, descriptor.digest), content, "the blob, as it was");
      }
      await rejects(() => registry.resolveManifest(repo, item.descriptor.digest), "MANIFEST_UNKNOWN");
    },
  },
  {
    id: "DELETE-17",
    title: "what has a sha512 digest can be deleted",
    level: "MUST",
    cites: [clause(16), imageSpec("descriptor.md#digests")],
    needs: ["deleteBlob", "deleteManifest", "sha512"],
    why: "an algorithm that is promised is promised everywhere",
    lookFor: "digests that are only recognised where they are sha256",
    run: async ({ registry }) => {
      await pushArtifact(registry, "one");
      const { digest, size } = await computeDigest(bytes("text"), { algorithm: "sha512" });
      await registry.pushBlob(repo, { digest, size }, bytes("text"));
      await resolves(() => registry.deleteBlob(repo, digest), "the deletion of a blob");
      await rejects(() => registry.resolveBlob(repo, digest), "BLOB_UNKNOWN");
      await registry.pushManifest(repo, bytes("text"), "application/x-a", { digest });
      await resolves(() => registry.deleteManifest(repo, digest), "the deletion of a manifest");
      await rejects(() => registry.resolveManifest(repo, digest), "MANIFEST_UNKNOWN");
    },
  },
  {
    id: "DELETE-18",
    title: "a document of a type that nobody knows refers to every digest in it",
    level: "MUST",
    cites: [clause(12, "unknown"), clause(16, "blob")],
    needs: ["deleteBlob"],
    why: "tomorrow's artifacts have blobs, too",
    lookFor: "references that are only looked for where the type is known",
    run: async ({ registry }) => {
      const [used, deep] = [await pushText(registry, "used"), await pushText(registry, "used, far down")];
      const document = {
        manifest: null,
        things: [used.descriptor, 7, { more: [{ parts: { one: { digest: deep.descriptor.digest } } }] }],
      };
      await registry.pushManifest(repo, bytes(JSON.stringify(document)), "application/x-unknown");
      for (const { descriptor, content } of [used, deep]) {
        await rejects(() => registry.deleteBlob(repo, descriptor.digest), "DENIED");
        await reads(await registry.getBlob(repo, descriptor.digest), content, "the blob, as it was");
      }
    },
  },
];

/** Fails unless a deletion is refused because something refers to its target; returns the detail of the error. */
async function refusal(call: () => Promise<void>): Promise<NonNullable<RegistryError<"DENIED">["detail"]>> {
  const expected = 'RegistryError DENIED with the detail.reason "REFERENCED"';
  const error = await rejection(call, expected);
  holds(isRegistryError(error, "DENIED"), `rejection with ${expected}`, error);
  const { detail } = error;
  holds(detail?.reason === "REFERENCED", `rejection with ${expected}`, detail);
  return detail;
}
