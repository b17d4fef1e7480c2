import { collect, isRegistryError } from "@ocilayout/oci-types";

import { artifact, emptyBlob, index, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../case.ts";
import { equal, holds, reads, rejection, rejects, resolves } from "../context.ts";
import { bytes, nowhere, other, pushArtifact, pushText, repo } from "./content.ts";

/** What is gone when something is deleted, and what stays. */
export const deletingCases: readonly ConformanceCase[] = [
  {
    id: "DELETE-01", title: "deleteTag removes the tag and nothing else", level: "MUST", cites: "clause 16; distribution-spec end-9", needs: ["deleteTag"],
    why: "other tags and digests point at the same manifest", lookFor: "a manifest that goes with its tag",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["a", "b"]);
      await registry.deleteTag(repo, "a");
      await rejects(() => registry.resolveTag(repo, "a"), "MANIFEST_UNKNOWN");
      await rejects(() => registry.getTag(repo, "a"), "MANIFEST_UNKNOWN");
      equal(await registry.resolveTag(repo, "b"), one, "the other tag");
      equal(await collect(registry.tags(repo)), ["b"], "the tags");
      await registry.deleteTag(repo, "b");
      equal(await resolves(() => registry.resolveManifest(repo, one.digest), "the manifest without tags"), one, "it");
    },
  },
  {
    id: "DELETE-02", title: "an empty tag or digest is no wildcard", level: "MUST", cites: "clause 5", needs: ["deleteTag", "deleteManifest", "deleteBlob"],
    why: "a variable that is not set would empty the repository", lookFor: "a filter that an empty string passes",
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
    id: "DELETE-03", title: "deleting a tag or manifest that is not there is MANIFEST_UNKNOWN", level: "MUST", cites: "clause 16; distribution-spec end-9",
    why: "who deletes the wrong thing should learn of it", lookFor: "a delete that ignores what it did not find",
    needs: ["deleteTag", "deleteManifest"],
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["a"]);
      await rejects(() => registry.deleteTag(repo, "nosuch"), "MANIFEST_UNKNOWN");
      await rejects(() => registry.deleteManifest(repo, nowhere), "MANIFEST_UNKNOWN");
      await rejects(() => registry.deleteTag("conformance/nowhere", "a"), "MANIFEST_UNKNOWN", "NAME_UNKNOWN");
      await rejects(() => registry.deleteManifest("conformance/nowhere", one.digest), "MANIFEST_UNKNOWN", "NAME_UNKNOWN");
      await registry.deleteTag(repo, "a");
      await rejects(() => registry.deleteTag(repo, "a"), "MANIFEST_UNKNOWN");
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
      await rejects(() => registry.resolveManifest(repo, one.digest), "MANIFEST_UNKNOWN");
      for (const tag of ["a", "b"]) await rejects(() => registry.resolveTag(repo, tag), "MANIFEST_UNKNOWN");
      equal(await collect(registry.tags(repo)), ["c"], "the tags");
      equal(await registry.resolveTag(repo, "c"), two, "another manifest's tag");
      equal(await resolves(() => pushArtifact(registry, "one", ["a"]), "the push of what was deleted"), one, "it");
    },
  },
  {
    id: "DELETE-05", title: "a manifest that an index contains is DENIED, and the index is named", level: "MUST", cites: "clause 16", needs: ["deleteManifest"],
    why: "the index would list what is not there", lookFor: "a delete that looks at entries only, an error without `detail.referencedBy`",
    run: async ({ registry }) => {
      const child = await artifact({ artifactType: "a/b", annotations: { name: "child" } });
      const list = await pushContent(registry, repo, index([child]), { tags: ["list"] });
      const error = await rejection(() => registry.deleteManifest(repo, child.descriptor.digest), "DENIED");
      holds(isRegistryError(error, "DENIED"), "rejection with RegistryError DENIED", error);
      holds(JSON.stringify(error.detail ?? null).includes(list.digest), "the index's digest in detail.referencedBy", error.detail);
      equal(await registry.resolveManifest(repo, child.descriptor.digest), child.descriptor, "the child, as it was");
    },
  },
  {
    id: "DELETE-06", title: "children survive their index, and can be deleted then", level: "MUST", cites: "clauses 16 and 17", needs: ["deleteManifest"],
    why: "a digest that somebody wrote down must not stop working", lookFor: "manifests that are only known through what lists them",
    run: async ({ registry }) => {
      const leaf = await artifact({ artifactType: "a/b", annotations: { name: "leaf" } });
      const inner = await index([leaf]);
      const outer = await pushContent(registry, repo, index([inner]), { tags: ["list"] });
      await rejects(() => registry.deleteManifest(repo, inner.descriptor.digest), "DENIED");
      await resolves(() => registry.deleteManifest(repo, outer.digest), "the deletion of the outermost index");
      for (const { descriptor } of [inner, leaf]) equal(await resolves(() => registry.resolveManifest(repo, descriptor.digest), "a child that survives its index"), descriptor, "it");
      await rejects(() => registry.deleteManifest(repo, leaf.descriptor.digest), "DENIED");
      await registry.deleteManifest(repo, inner.descriptor.digest);
      await resolves(() => registry.deleteManifest(repo, leaf.descriptor.digest), "the deletion of a child whose index is gone");
      await rejects(() => registry.resolveManifest(repo, leaf.descriptor.digest), "MANIFEST_UNKNOWN", "NAME_UNKNOWN");
    },
  },
  {
    id: "DELETE-07", title: "a subject may be deleted; what is about it stays", level: "MUST", cites: "clause 16", needs: ["deleteManifest", "referrers"],
    why: "a signature must not keep an image from being removed", lookFor: "a subject that counts as contained",
    run: async ({ registry }) => {
      const image = await pushArtifact(registry, "image");
      const about = await pushArtifact(registry, "about", [], image);
      await resolves(() => registry.deleteManifest(repo, image.digest), "the deletion of a subject");
      equal(await registry.resolveManifest(repo, about.digest), about, "what was about it");
      equal((await collect(registry.referrers(repo, image.digest))).map(({ digest }) => digest), [about.digest], "its referrers");
    },
  },
  {
    id: "DELETE-08", title: "a blob that is referred to is DENIED", level: "MUST", cites: "clause 16; distribution-spec end-10", needs: ["deleteBlob"],
    why: "images would lose their layers", lookFor: "references that are not looked at, or only of tagged manifests",
    run: async ({ registry }) => {
      const item = await artifact({ artifactType: "a/b", layers: [pushText(registry, "used")] });
      await pushContent(registry, repo, item);
      for (const { descriptor, content } of item.blobs) {
        await rejects(() => registry.deleteBlob(repo, descriptor.digest), "DENIED");
        await reads(await registry.getBlob(repo, descriptor.digest), content, "the blob, as it was");
      }
    },
  },
  {
    id: "DELETE-09", title: "a blob that nothing refers to is deleted, one that is absent BLOB_UNKNOWN", level: "MUST", cites: "clause 16; distribution-spec end-10", needs: ["deleteBlob"],
    why: "who frees space should learn whether it was freed", lookFor: "a delete that resolves and does nothing, or ignores what it did not find",
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
    id: "DELETE-10", title: "a manifest is not deleted as a blob", level: "MUST", cites: "clause 16", needs: ["deleteBlob"],
    why: "its tags would point at nothing", lookFor: "manifests among the blobs, without a difference",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["t"]);
      await rejects(() => registry.deleteBlob(repo, one.digest), "DENIED", "BLOB_UNKNOWN");
      await (await registry.getTag(repo, "t")).bytes();
    },
  },
  {
    id: "DELETE-11", title: "a blob that two manifests share is free when both are gone", level: "MUST", cites: "clause 16", needs: ["deleteBlob", "deleteManifest"],
    why: "layers are shared, and space has to be freed some day", lookFor: "references that are counted once, or remembered for ever",
    run: async ({ registry }) => {
      const layer = await pushText(registry, "shared");
      const [one, two] = [await pushContent(registry, repo, artifact({ artifactType: "a/one", layers: [layer] })), await pushContent(registry, repo, artifact({ artifactType: "a/two", layers: [layer] }))];
      await registry.deleteManifest(repo, one.digest);
      await rejects(() => registry.deleteBlob(repo, layer.descriptor.digest), "DENIED");
      await registry.deleteManifest(repo, two.digest);
      await resolves(() => registry.deleteBlob(repo, layer.descriptor.digest), "the deletion of a blob that nothing refers to any more");
    },
  },
  {
    id: "DELETE-12", title: "what is deleted in one repository stays in the other", level: "MUST", cites: "clauses 15 and 16", needs: ["deleteTag", "deleteManifest"],
    why: "repositories are different people's", lookFor: "tags or manifests that are found by name or digest alone",
    run: async ({ registry }) => {
      for (const name of [repo, other]) {
        await pushContent(registry, name, emptyBlob);
        await registry.pushManifest(name, bytes("same"), "application/x-a", { tags: ["t", "u"] });
      }
      const { digest } = await registry.resolveTag(repo, "t");
      await registry.deleteTag(repo, "t");
      equal(await collect(registry.tags(other)), ["t", "u"], "the other repository's tags");
      await registry.deleteManifest(repo, digest);
      equal(await resolves(async () => (await registry.getTag(other, "u")).text(), "the other repository's manifest"), "same", "it");
    },
  },
];
