import { collect, computeDigest, type RegistryErrorCode } from "@ocilayout/oci-types";

import type { ConformanceCase } from "../../case/case.ts";
import { capabilities, clause, distSpec } from "../../case/cites.ts";
import { equal, rejects, resolves } from "../../case/context.ts";
import { nowhere, other, pushArtifact, pushText, repo } from "../../case/content.ts";

const code: RegistryErrorCode = "UNSUPPORTED";
const id = "6f0c2d9e-0000-4000-8000-000000000000";

/** What a registry that does not promise a method does when it is called. */
export const unsupportedCases: readonly ConformanceCase[] = [
  ...(["deleteTag", "deleteManifest", "deleteBlob"] as const).map((name, i): ConformanceCase => ({
    id: `UNSUPPORTED-0${1 + i}`,
    title: `where ${name} is not promised it is UNSUPPORTED, and changes nothing`,
    level: "MUST",
    cites: [clause(16), capabilities, distSpec("UNSUPPORTED")],
    unless: name,
    why: "a caller would think that it is gone",
    lookFor: "a delete that resolves and does nothing, or does it all the same",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["a"]);
      const { descriptor } = await pushText(registry, "free");
      const argument =
        name === "deleteTag" ? "a" : name === "deleteManifest" ? one.digest : descriptor.digest;
      await rejects(() => registry[name](repo, argument), code);
      equal(await registry.resolveTag(repo, "a"), one, "the tag, as it was");
      await resolves(() => registry.resolveBlob(repo, descriptor.digest), "the blob, as it was");
    },
  })),
  {
    id: "UNSUPPORTED-04",
    title: "where uploads are not promised every call of theirs is UNSUPPORTED",
    level: "MUST",
    cites: [clause(9), capabilities, distSpec("UNSUPPORTED")],
    unless: "resumableUploads",
    why: "a caller has to know whether to push in one go",
    lookFor: "a call that resolves to nothing",
    run: async ({ registry }) => {
      for (const call of [
        () => registry.pushBlobChunked(repo),
        () => registry.pushBlobChunkedResume(repo, id),
        () => registry.resolveUpload(repo, id),
        () => registry.cancelUpload(repo, id),
      ])
        await rejects(call, code);
    },
  },
  {
    id: "UNSUPPORTED-05",
    title: "where mounting is not promised it is UNSUPPORTED, and mounts nothing",
    level: "MUST",
    cites: [clause(10), capabilities, distSpec("UNSUPPORTED")],
    unless: "mount",
    why: "a caller would not send the blob",
    lookFor: "a mount that resolves and does nothing, or does it all the same",
    run: async ({ registry, promises }) => {
      const { descriptor } = await pushText(registry, "there", other);
      for (const from of [other, undefined])
        await rejects(() => registry.mountBlob(from, repo, descriptor.digest), code);
      if (promises("repositoryScopedBlobs"))
        await rejects(() => registry.resolveBlob(repo, descriptor.digest), "BLOB_UNKNOWN", "NAME_UNKNOWN");
    },
  },
  {
    id: "UNSUPPORTED-06",
    title: "where referrers are not promised the list is UNSUPPORTED",
    level: "MUST",
    cites: [clause(21), capabilities, distSpec("UNSUPPORTED")],
    unless: "referrers",
    why: "an empty list would say that nothing is signed",
    lookFor: "a list that is empty",
    run: async ({ registry }) => {
      await pushArtifact(registry, "about", [], { mediaType: "application/x-a", digest: nowhere, size: 7 });
      await rejects(() => collect(registry.referrers(repo, nowhere)), code);
    },
  },
  {
    id: "UNSUPPORTED-07",
    title: "where repositories are not promised the list is UNSUPPORTED",
    level: "MUST",
    cites: [clause(20), capabilities, distSpec("UNSUPPORTED")],
    unless: "repositories",
    why: "an empty list would say that there are none",
    lookFor: "a list that is empty, another member of the backend that is called like the method",
    run: async ({ registry }) => {
      await pushArtifact(registry, "one", ["t"]);
      await rejects(() => collect(registry.repositories()), code);
    },
  },
  {
    id: "UNSUPPORTED-08",
    title: "where sha512 is not promised no manifest and no upload may have it",
    level: "MUST",
    cites: [clause(5, "digest"), capabilities],
    unless: "sha512",
    why: "what is promised and what is not should both be true",
    lookFor: "a capability that says too little",
    run: async ({ registry, promises }) => {
      const content = new TextEncoder().encode("text");
      const { digest } = await computeDigest(content, { algorithm: "sha512" });
      await rejects(
        () => registry.pushManifest(repo, content, "application/x-a", { digest, tags: ["t"] }),
        "DIGEST_INVALID",
        code,
      );
      await rejects(() => registry.resolveTag(repo, "t"), "MANIFEST_UNKNOWN", "NAME_UNKNOWN");
      if (promises("resumableUploads"))
        await rejects(
          () => registry.pushBlobChunked(repo, { digestAlgorithm: "sha512" }),
          "DIGEST_INVALID",
          code,
        );
    },
  },
];
