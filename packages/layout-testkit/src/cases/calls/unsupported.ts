import { collect, computeDigest, type RegistryErrorCode } from "@ocilayout/oci-types";

import type { ConformanceCase } from "../../case/case.ts";
import { capabilities, clause, distSpec } from "../../case/cites.ts";
import { equal, rejects, resolves } from "../../case/context.ts";
import { nowhere, other, pushArtifact, pushText, repo } from "../../case/content.ts";

const code: RegistryErrorCode = "UNSUPPORTED";
const id = "6f0c2d9e-0000-4000-8000-000000000000";

/** Methods that a registry does not promise. */
export const unsupportedCases: readonly ConformanceCase[] = [
  ...(["deleteTag", "deleteManifest", "deleteBlob"] as const).map((name, i): ConformanceCase => ({
    id: `UNSUPPORTED-0${1 + i}`,
    title: `without the capability ${name}, it fails with UNSUPPORTED and changes nothing`,
    level: "MUST",
    cites: [clause(16), capabilities, distSpec("UNSUPPORTED")],
    unless: name,
    why: "a caller would believe that the content is deleted",
    lookFor: "a delete that resolves without an effect, or deletes although the capability is false",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["a"]);
      const { descriptor } = await pushText(registry, "free");
      const argument =
        name === "deleteTag" ? "a" : name === "deleteManifest" ? one.digest : descriptor.digest;
      await rejects(() => registry[name](repo, argument), code);
      equal(await registry.resolveTag(repo, "a"), one, "the tag's manifest");
      await resolves(
        () => registry.resolveBlob(repo, descriptor.digest),
        "resolveBlob after the rejected call",
      );
    },
  })),
  {
    id: "UNSUPPORTED-04",
    title: "without the capability resumableUploads, every upload call fails with UNSUPPORTED",
    level: "MUST",
    cites: [clause(9), capabilities, distSpec("UNSUPPORTED")],
    unless: "resumableUploads",
    why: "callers must know whether to push in one call",
    lookFor: "a call that resolves with undefined",
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
    title: "without the capability mount, mountBlob fails with UNSUPPORTED and mounts nothing",
    level: "MUST",
    cites: [clause(10), capabilities, distSpec("UNSUPPORTED")],
    unless: "mount",
    why: "a caller would not upload the blob",
    lookFor: "a mount that resolves without an effect, or mounts although the capability is false",
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
    title: "without the capability referrers, referrers() fails with UNSUPPORTED",
    level: "MUST",
    cites: [clause(21), capabilities, distSpec("UNSUPPORTED")],
    unless: "referrers",
    why: "an empty list would mean that an image has no signatures",
    lookFor: "an empty list instead of an error",
    run: async ({ registry }) => {
      await pushArtifact(registry, "about", [], { mediaType: "application/x-a", digest: nowhere, size: 7 });
      await rejects(() => collect(registry.referrers(repo, nowhere)), code);
    },
  },
  {
    id: "UNSUPPORTED-07",
    title: "without the capability repositories, repositories() fails with UNSUPPORTED",
    level: "MUST",
    cites: [clause(20), capabilities, distSpec("UNSUPPORTED")],
    unless: "repositories",
    why: "an empty list would mean that the registry has no repositories",
    lookFor: "an empty list instead of an error, or an unrelated member of the backend named repositories",
    run: async ({ registry }) => {
      await pushArtifact(registry, "one", ["t"]);
      await rejects(() => collect(registry.repositories()), code);
    },
  },
  {
    id: "UNSUPPORTED-08",
    title: "without the capability sha512, manifests and uploads with sha512 digests are rejected",
    level: "MUST",
    cites: [clause(5, "digest"), capabilities],
    unless: "sha512",
    why: "capabilities must state both what a registry does and what it does not",
    lookFor: "a capability that is supported but set to false",
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
  {
    id: "UNSUPPORTED-09",
    title: "without the capability emptyBlobs, an empty blob is rejected",
    level: "MUST",
    cites: [clause(6), capabilities],
    unless: "emptyBlobs",
    why: "a caller must learn that a file was not stored",
    lookFor: "a push that resolves and stores nothing, or a capability that is supported but set to false",
    run: async ({ registry, promises }) => {
      await pushArtifact(registry, "one");
      const empty = new Uint8Array();
      const { digest } = await computeDigest(empty);
      for (const descriptor of [{ digest, size: 0 }, { digest }])
        await rejects(() => registry.pushBlob(repo, descriptor, empty), "SIZE_INVALID", code);
      if (promises("resumableUploads")) {
        const writer = await registry.pushBlobChunked(repo);
        await rejects(() => writer.commit(digest), "SIZE_INVALID", code);
        await writer.cancel();
      }
      await rejects(() => registry.resolveBlob(repo, digest), "BLOB_UNKNOWN");
    },
  },
];
