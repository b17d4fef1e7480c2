import { artifact, index, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../case.ts";
import { equal, rejects, resolves } from "../context.ts";
import { nowhere, pushArtifact, pushText, repo } from "./content.ts";

/** What is gone when something is deleted, and what stays. */
export const deletingCases: readonly ConformanceCase[] = [
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
];
