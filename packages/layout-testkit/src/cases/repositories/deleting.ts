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
import { capabilities, clause, distSpec, imageSpec, rule } from "../../case/cites.ts";
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
  emptyList,
  nameIn,
} from "../../case/content.ts";

/** Deletions: what they remove, and what stays. */
export const deletingCases: readonly ConformanceCase[] = [
  {
    id: "DELETE-01",
    title: "deleteTag removes only the tag and keeps the manifest reachable by digest",
    level: "MUST",
    cites: [clause(16, "tag"), distSpec("end-9")],
    needs: ["deleteTag"],
    why: "other tags and clients may reference the same manifest",
    lookFor: "a manifest that is deleted with its tag",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["a", "b"]);
      await registry.deleteTag(repo, "a");
      await rejects(() => registry.resolveTag(repo, "a"), "MANIFEST_UNKNOWN");
      await rejects(() => registry.getTag(repo, "a"), "MANIFEST_UNKNOWN");
      equal(await registry.resolveTag(repo, "b"), one, "the other tag's manifest");
      equal(await collect(registry.tags(repo)), ["b"], "the tags");
      await registry.deleteTag(repo, "b");
      equal(
        await resolves(
          () => registry.resolveManifest(repo, one.digest),
          "resolveManifest after the last tag was deleted",
        ),
        one,
        "it",
      );
    },
  },
  {
    id: "DELETE-02",
    title: "deletions reject an empty tag or digest",
    level: "MUST",
    cites: [clause(5, "empty")],
    needs: ["deleteTag", "deleteManifest", "deleteBlob"],
    why: "an unset variable must not empty the repository",
    lookFor: "a filter that matches everything if it is empty",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["a"]);
      const { descriptor } = await pushText(registry, "free");
      await rejects(() => registry.deleteTag(repo, ""), "NAME_INVALID");
      await rejects(() => registry.deleteManifest(repo, ""), "DIGEST_INVALID");
      await rejects(() => registry.deleteBlob(repo, ""), "DIGEST_INVALID");
      equal((await registry.resolveTag(repo, "a")).digest, one.digest, "the digest of the tag");
      await resolves(
        () => registry.resolveBlob(repo, descriptor.digest),
        "resolveBlob after the rejected deletions",
      );
    },
  },
  {
    id: "DELETE-03",
    title: "deleteTag and deleteManifest fail with MANIFEST_UNKNOWN if nothing was deleted",
    level: "MUST",
    cites: [clause(16, "absent"), distSpec("end-9")],
    why: "a client that deletes the wrong name must notice",
    lookFor: "a delete that ignores a missing target",
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
    title: "deleteManifest removes the manifest with all of its tags",
    level: "MUST",
    cites: [clause(16, "manifest"), distSpec("end-9")],
    needs: ["deleteManifest"],
    why: "clients cannot pull a tag whose manifest is missing",
    lookFor: "tags that remain",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["a", "b"]);
      const two = await pushArtifact(registry, "two", ["c"]);
      await registry.deleteManifest(repo, one.digest);
      await rejects(() => registry.getManifest(repo, one.digest), "MANIFEST_UNKNOWN");
      await rejects(() => registry.resolveManifest(repo, one.digest), "MANIFEST_UNKNOWN");
      for (const tag of ["a", "b"]) await rejects(() => registry.resolveTag(repo, tag), "MANIFEST_UNKNOWN");
      equal(await collect(registry.tags(repo)), ["c"], "the tags");
      equal(await registry.resolveTag(repo, "c"), two, "another tag's manifest");
      equal(
        await resolves(() => pushArtifact(registry, "one", ["a"]), "a push of the deleted manifest"),
        one,
        "it",
      );
    },
  },
  {
    id: "DELETE-05",
    title: "deleteManifest of an index's child fails with DENIED and names the index",
    level: "MUST",
    cites: [clause(16, "contained"), clause(16, "reason")],
    needs: ["deleteManifest", "deniesReferenced"],
    why: "the index would list a missing manifest",
    lookFor:
      "a delete that checks only index.json entries, or an error without `detail.referencedBy` or `detail.reason`",
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
        "the child's descriptor",
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
      equal(await registry.resolveTag(repo, "child"), child.descriptor, "the descriptor of the child's tag");
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
    title: "children outlive their index and can then be deleted",
    level: "MUST",
    cites: [clause(16, "contained"), clause(17, "survive")],
    needs: ["deleteManifest"],
    why: "clients that stored a digest must still be able to pull it",
    lookFor: "manifests that are known only through the index that lists them",
    run: async ({ registry, promises }) => {
      const leaf = await namedArtifact("leaf");
      const inner = await index([leaf]);
      const outer = await pushContent(registry, repo, index([inner]), { tags: ["list"] });
      const isDenied = promises("deniesReferenced");
      if (isDenied) await rejects(() => registry.deleteManifest(repo, inner.descriptor.digest), "DENIED");
      await resolves(() => registry.deleteManifest(repo, outer.digest), "a deletion of the outermost index");
      for (const { descriptor } of [inner, leaf])
        equal(
          await resolves(
            () => registry.resolveManifest(repo, descriptor.digest),
            "resolveManifest of a child after its index was deleted",
          ),
          descriptor,
          "it",
        );
      if (isDenied) await rejects(() => registry.deleteManifest(repo, leaf.descriptor.digest), "DENIED");
      await registry.deleteManifest(repo, inner.descriptor.digest);
      await resolves(
        () => registry.deleteManifest(repo, leaf.descriptor.digest),
        "a deletion of a child whose index was deleted",
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
    title: "deleteManifest deletes a subject and keeps its referrers",
    level: "MUST",
    cites: [clause(16, "contained")],
    needs: ["deleteManifest", "referrers"],
    why: "a signature must not prevent the deletion of its image",
    lookFor: "a subject treated like a child of an index",
    run: async ({ registry }) => {
      const image = await pushArtifact(registry, "image");
      const about = await pushArtifact(registry, "about", [], image);
      await resolves(() => registry.deleteManifest(repo, image.digest), "a deletion of a subject");
      equal(await registry.resolveManifest(repo, about.digest), about, "the referrer's descriptor");
      equal(
        (await collect(registry.referrers(repo, image.digest))).map(({ digest }) => digest),
        [about.digest],
        "the subject's referrers",
      );
    },
  },
  {
    id: "DELETE-08",
    title: "deleteBlob of a referenced blob fails with DENIED",
    level: "MUST",
    cites: [clause(16, "blob"), clause(16, "reason"), distSpec("end-10")],
    needs: ["deleteBlob", "deniesReferenced"],
    why: "images would lose their layers",
    lookFor:
      "references that are not checked, or only those of tagged manifests; an error without `detail.reason`",
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
        await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
      }
    },
  },
  {
    id: "DELETE-09",
    title: "deleteBlob deletes an unreferenced blob and fails with BLOB_UNKNOWN for a missing one",
    level: "MUST",
    cites: [clause(16, "blob"), clause(16, "absent"), distSpec("end-10")],
    needs: ["deleteBlob"],
    why: "clients must learn whether space was freed",
    lookFor: "a delete that resolves without an effect, or ignores a missing target",
    run: async ({ registry }) => {
      await pushArtifact(registry, "one");
      const { descriptor } = await pushText(registry, "free");
      await registry.deleteBlob(repo, descriptor.digest);
      await rejects(() => registry.resolveBlob(repo, descriptor.digest), "BLOB_UNKNOWN");
      await rejects(() => registry.getBlob(repo, descriptor.digest), "BLOB_UNKNOWN");
      await rejects(() => registry.deleteBlob(repo, descriptor.digest), "BLOB_UNKNOWN");
      await rejects(() => registry.deleteBlob(repo, nowhere), "BLOB_UNKNOWN");
      await resolves(() => pushText(registry, "free"), "a push of the deleted blob");
    },
  },
  {
    id: "DELETE-10",
    title: "deleteBlob of a manifest fails with DENIED",
    level: "MUST",
    cites: [clause(16, "blob")],
    needs: ["deleteBlob", "deniesReferenced"],
    why: "the manifest's tags would reference missing content",
    lookFor: "manifests stored among the blobs without a distinction",
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
    title: "a shared blob can be deleted after the last manifest that references it",
    level: "MUST",
    cites: [clause(16, "blob")],
    needs: ["deleteBlob", "deleteManifest", "deniesReferenced"],
    why: "layers are shared, and their space must be freed at the end",
    lookFor: "references counted only once, or never forgotten",
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
        "a deletion of a blob that is no longer referenced",
      );
    },
  },
  {
    id: "DELETE-12",
    title: "deletions affect only their own repository",
    level: "MUST",
    cites: [clause(16)],
    needs: ["deleteTag", "deleteManifest"],
    why: "different users own the repositories",
    lookFor: "tags or manifests found by name or digest alone",
    run: async ({ registry }) => {
      for (const name of [repo, other]) {
        await pushContent(registry, name, emptyBlob);
        await registry.pushManifest(name, ...emptyList("same"), { tags: ["t", "u"] });
      }
      const { digest } = await registry.resolveTag(repo, "t");
      await registry.deleteTag(repo, "t");
      equal(await collect(registry.tags(other)), ["t", "u"], "the other repository's tags");
      await registry.deleteManifest(repo, digest);
      equal(
        await resolves(
          async () => nameIn(await registry.getTag(other, "u")),
          "getTag in the other repository",
        ),
        "same",
        "it",
      );
    },
  },
  {
    id: "DELETE-13",
    title: "tags of an index and of its children are independent",
    level: "MUST",
    cites: [clause(15), clause(16), clause(17, "children")],
    needs: ["deleteTag", "deleteManifest"],
    why: "clients tag single platforms, and move the tags of releases",
    lookFor: "entries of children that are removed with the entry of their index",
    run: async ({ registry }) => {
      const [tagged, untagged] = [await namedArtifact("tagged"), await namedArtifact("untagged")];
      await pushContent(registry, repo, tagged, { tags: ["child"] });
      const list = await pushContent(registry, repo, index([tagged, untagged]), { tags: ["list"] });
      equal(await collect(registry.tags(repo)), ["child", "list"], "the tags after the push of the index");
      await pushArtifact(registry, "next", ["list"]);
      equal(
        await resolves(
          () => registry.resolveManifest(repo, list.digest),
          "resolveManifest of the index after its tag moved",
        ),
        list,
        "it",
      );
      equal(
        await resolves(
          () => registry.resolveManifest(repo, untagged.descriptor.digest),
          "resolveManifest of its child",
        ),
        untagged.descriptor,
        "it",
      );
      await registry.pushManifest(repo, (await index([tagged, untagged])).content, imageIndex, {
        tags: ["again"],
      });
      await registry.deleteTag(repo, "again");
      equal(
        await resolves(
          () => registry.resolveManifest(repo, list.digest),
          "resolveManifest of the index after its tag was deleted",
        ),
        list,
        "it",
      );
      await registry.deleteManifest(repo, list.digest);
      equal(await collect(registry.tags(repo)), ["child", "list"], "the tags after the index was deleted");
      equal(await registry.resolveTag(repo, "child"), tagged.descriptor, "the descriptor of the child's tag");
      equal(
        await resolves(
          () => registry.resolveManifest(repo, untagged.descriptor.digest),
          "resolveManifest of the child after its index was deleted",
        ),
        untagged.descriptor,
        "it",
      );
    },
  },
  {
    id: "DELETE-14",
    title: "references in other repositories do not prevent a deletion",
    level: "MUST",
    cites: [clause(11, "scoped"), clause(16, "contained")],
    needs: ["deleteManifest", "deleteBlob", "repositoryScopedBlobs"],
    why: "users without access to another repository could not delete from their own",
    lookFor: "references collected from the whole registry",
    run: async ({ registry }) => {
      const child = await artifact({ artifactType: "a/b", layers: [blob("layer")] });
      await pushContent(registry, other, index([child]), { tags: ["list"] });
      await pushContent(registry, other, child, { tags: ["child"] });
      await pushContent(registry, repo, child);
      await resolves(
        () => registry.deleteManifest(repo, child.descriptor.digest),
        "a deletion of a manifest that an index of another repository contains",
      );
      for (const { descriptor } of child.blobs)
        await resolves(
          () => registry.deleteBlob(repo, descriptor.digest),
          "a deletion of a blob that a manifest of another repository references",
        );
      equal(
        await registry.resolveTag(other, "child"),
        child.descriptor,
        "the manifest in the other repository",
      );
    },
  },
  {
    id: "DELETE-15",
    title: "deleteTag rejects a digest, and deleteManifest rejects a blob",
    level: "MUST",
    cites: [clause(16), rule("manifest-as-blob")],
    needs: ["deleteTag", "deleteManifest"],
    why: "a client that confuses them must not delete anything",
    lookFor: "one delete function that removes whatever it finds",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["t"]);
      const { descriptor } = await pushText(registry, "free");
      await rejects(() => registry.deleteTag(repo, one.digest), "NAME_INVALID");
      await rejects(() => registry.deleteManifest(repo, descriptor.digest), "MANIFEST_UNKNOWN");
      equal(await registry.resolveTag(repo, "t"), one, "the tag's manifest");
      equal(
        (
          await resolves(
            () => registry.resolveBlob(repo, descriptor.digest),
            "resolveBlob after the rejected deletions",
          )
        ).size,
        4,
        "its size",
      );
    },
  },
  {
    id: "DELETE-16",
    title:
      "without the capability repositoryScopedBlobs, deleteBlob of a blob that any repository references fails with DENIED",
    level: "MUST",
    cites: [clause(11, "shared"), clause(16, "blob")],
    needs: ["deleteBlob", "deniesReferenced"],
    unless: "repositoryScopedBlobs",
    why: "an image in another repository would lose its layer",
    lookFor: "only the references of one repository",
    run: async ({ registry }) => {
      await pushArtifact(registry, "one");
      const item = await artifact({ artifactType: "a/b", layers: [blob("layer")] });
      await pushContent(registry, other, item);
      for (const { descriptor, content } of item.blobs) {
        await rejects(() => registry.deleteBlob(repo, descriptor.digest), "DENIED");
        await reads(await registry.getBlob(other, descriptor.digest), content, "the content");
      }
      await rejects(() => registry.resolveManifest(repo, item.descriptor.digest), "MANIFEST_UNKNOWN");
    },
  },
  {
    id: "DELETE-17",
    title: "deleteBlob and deleteManifest accept a sha512 digest",
    level: "MUST",
    cites: [clause(16), imageSpec("descriptor.md#digests")],
    needs: ["deleteBlob", "deleteManifest", "sha512"],
    why: "a supported algorithm must work in every call",
    lookFor: "digests that are recognized only with sha256",
    run: async ({ registry }) => {
      await pushArtifact(registry, "one");
      const { digest, size } = await computeDigest(bytes("text"), { algorithm: "sha512" });
      await registry.pushBlob(repo, { digest, size }, bytes("text"));
      await resolves(() => registry.deleteBlob(repo, digest), "a deletion of a blob");
      await rejects(() => registry.resolveBlob(repo, digest), "BLOB_UNKNOWN");
      const list = emptyList("list");
      const named = await computeDigest(list[0], { algorithm: "sha512" });
      await registry.pushManifest(repo, ...list, { digest: named.digest });
      await resolves(() => registry.deleteManifest(repo, named.digest), "a deletion of a manifest");
      await rejects(() => registry.resolveManifest(repo, named.digest), "MANIFEST_UNKNOWN");
    },
  },
  {
    id: "DELETE-18",
    title: "deleteBlob protects every digest in a manifest of an unknown media type",
    level: "MUST",
    cites: [clause(12, "unknown"), clause(16, "blob")],
    needs: ["deleteBlob", "deniesReferenced", "opaqueManifests"],
    why: "future artifacts will reference blobs, too",
    lookFor: "references that are read only from known media types",
    run: async ({ registry }) => {
      const [used, deep] = [await pushText(registry, "used"), await pushText(registry, "used, far down")];
      const document = {
        manifest: null,
        things: [used.descriptor, 7, { more: [{ parts: { one: { digest: deep.descriptor.digest } } }] }],
      };
      await registry.pushManifest(repo, bytes(JSON.stringify(document)), "application/x-unknown");
      for (const { descriptor, content } of [used, deep]) {
        await rejects(() => registry.deleteBlob(repo, descriptor.digest), "DENIED");
        await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
      }
    },
  },
  {
    id: "DELETE-19",
    title: "without the capability deniesReferenced, referenced content can be deleted",
    level: "MUST",
    cites: [clause(16, "contained"), clause(16, "blob"), capabilities],
    unless: "deniesReferenced",
    why: "capabilities must state both what a registry does and what it does not",
    lookFor: "a capability that is supported but set to false",
    run: async ({ registry, promises }) => {
      const item = await artifact({ artifactType: "a/b", layers: [blob("layer")] });
      await pushContent(registry, repo, index([item]), { tags: ["list"] });
      const [layer] = item.blobs.filter(({ descriptor }) => descriptor.digest !== emptyDescriptor.digest);
      if (promises("deleteBlob") && layer !== undefined)
        await resolves(
          () => registry.deleteBlob(repo, layer.descriptor.digest),
          "a deletion of a referenced blob",
        );
      if (promises("deleteManifest"))
        await resolves(
          () => registry.deleteManifest(repo, item.descriptor.digest),
          "a deletion of a manifest that an index contains",
        );
    },
  },
];

/** Fails unless a deletion fails because its target is referenced. Returns the error's `detail`. */
async function refusal(call: () => Promise<void>): Promise<NonNullable<RegistryError<"DENIED">["detail"]>> {
  const expected = 'RegistryError DENIED with the detail.reason "REFERENCED"';
  const error = await rejection(call, expected);
  holds(isRegistryError(error, "DENIED"), `rejection with ${expected}`, error);
  const { detail } = error;
  holds(detail?.reason === "REFERENCED", `rejection with ${expected}`, detail);
  return detail;
}
