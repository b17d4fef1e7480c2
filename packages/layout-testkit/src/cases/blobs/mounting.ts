import { computeDigest, octetStream } from "@ocilayout/oci-types";

import type { ConformanceCase } from "../../case/case.ts";
import { capabilities, clause, distSpec } from "../../case/cites.ts";
import { equal, reads, rejects, resolves } from "../../case/context.ts";
import { bytes, nowhere, other, pushText, repo, absent } from "../../case/content.ts";

/** Blobs mounted from another repository. */
export const mountCases: readonly ConformanceCase[] = [
  {
    id: "MOUNT-01",
    title: "mountBlob adds the blob to the target repository",
    level: "MUST",
    cites: [clause(10), distSpec("end-11")],
    needs: ["mount"],
    why: "clients must not have to upload shared layers again",
    lookFor: "a mount that finds the blob but does not add it to the target",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "shared", other);
      const expected = { mediaType: octetStream, digest: descriptor.digest, size: content.length };
      equal(await registry.mountBlob(other, repo, descriptor.digest), expected, "the mounted blob");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "its content");
      equal(
        await resolves(() => registry.mountBlob(other, repo, descriptor.digest), "a repeated mount"),
        expected,
        "the result of the repeated mount",
      );
    },
  },
  {
    id: "MOUNT-02",
    title: "mountBlob fails with BLOB_UNKNOWN if the source lacks the blob",
    level: "MUST",
    cites: [clause(10, "source"), distSpec("end-11")],
    needs: ["mount", "repositoryScopedBlobs"],
    why: "read access to one repository must not expose another repository's content",
    lookFor: "a mount that does not check the source repository",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "secret", "conformance/secret");
      await pushText(registry, "x", other);
      await rejects(() => registry.mountBlob(other, repo, descriptor.digest), "BLOB_UNKNOWN");
      const own = await pushText(registry, "own", "conformance/own");
      await rejects(
        () => registry.mountBlob(other, "conformance/own", own.descriptor.digest),
        "BLOB_UNKNOWN",
      );
      await rejects(
        () => registry.mountBlob("conformance/nowhere", repo, descriptor.digest),
        "BLOB_UNKNOWN",
        "NAME_UNKNOWN",
      );
      await rejects(() => registry.resolveBlob(repo, descriptor.digest), "BLOB_UNKNOWN", "NAME_UNKNOWN");
    },
  },
  {
    id: "MOUNT-03",
    title: "mountBlob fails with BLOB_UNKNOWN if no repository has the blob",
    level: "MUST",
    cites: [clause(10, "source"), distSpec("end-11")],
    needs: ["mount"],
    why: "a client uploads the blob after this code",
    lookFor: "a mount that resolves with undefined",
    run: async ({ registry }) => {
      await pushText(registry, "x", other);
      await rejects(() => registry.mountBlob(other, repo, nowhere), "BLOB_UNKNOWN");
      await rejects(() => registry.mountBlob(undefined, repo, nowhere), "BLOB_UNKNOWN");
    },
  },
  {
    id: "MOUNT-04",
    title: "mountBlob without a source finds the blob in any repository",
    level: "MUST",
    cites: [clause(10, "source"), distSpec("mounting-a-blob-from-another-repository")],
    needs: ["mount", "anonymousMounts"],
    why: "clients rarely know which other repositories have their layers",
    lookFor: "undefined treated as a repository name",
    run: async ({ registry }) => {
      for (const name of ["a", "z"]) await pushText(registry, "something else", name);
      const { descriptor, content } = await pushText(registry, "shared", other);
      equal(
        (
          await resolves(
            () => registry.mountBlob(undefined, repo, descriptor.digest),
            "a mount without a source",
          )
        ).size,
        content.length,
        "its size",
      );
      await reads(await registry.getBlob(repo, descriptor.digest), content, "its content");
      const own = await pushText(registry, "own");
      await resolves(
        () => registry.mountBlob(undefined, repo, own.descriptor.digest),
        "a mount without a source of a blob that only the target has",
      );
    },
  },
  {
    id: "MOUNT-05",
    title: "a mounted blob outlives its source",
    level: "MUST",
    cites: [clause(10, "outlives"), distSpec("end-11")],
    needs: ["mount", "deleteBlob", "repositoryScopedBlobs"],
    why: "deleting a blob in one repository must not break images in another",
    lookFor: "a link or a pointer to the source repository's file",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "shared", other);
      await registry.mountBlob(other, repo, descriptor.digest);
      await registry.deleteBlob(other, descriptor.digest);
      await reads(
        await resolves(
          () => registry.getBlob(repo, descriptor.digest),
          "getBlob after the blob was deleted from the source",
        ),
        content,
        "its content",
      );
      await rejects(() => registry.resolveBlob(other, descriptor.digest), "BLOB_UNKNOWN", "NAME_UNKNOWN");
      await registry.mountBlob(repo, other, descriptor.digest);
      await registry.deleteBlob(other, descriptor.digest);
      await reads(
        await resolves(
          () => registry.getBlob(repo, descriptor.digest),
          "getBlob from the source after the mounted blob was deleted",
        ),
        content,
        "its content",
      );
    },
  },
  {
    id: "MOUNT-06",
    title: "without the capability repositoryScopedBlobs, mountBlob accepts any source",
    level: "MUST",
    cites: [clause(11, "shared")],
    needs: ["mount"],
    unless: "repositoryScopedBlobs",
    why: "capabilities must state both what a registry does and what it does not",
    lookFor: "a lookup in the source repository, although every repository shares all blobs",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "shared", other);
      equal(
        (
          await resolves(
            () => registry.mountBlob("conformance/nowhere", repo, descriptor.digest),
            "a mount from an unknown repository",
          )
        ).digest,
        descriptor.digest,
        "the mounted blob",
      );
    },
  },
  {
    id: "MOUNT-07",
    title: "mountBlob accepts a sha512 digest",
    level: "MUST",
    cites: [clause(5, "digest"), clause(10)],
    needs: ["mount", "sha512"],
    why: "a supported algorithm must work in every call",
    lookFor: "a path or a lookup with sha256 hard-coded",
    run: async ({ registry }) => {
      const { digest } = await computeDigest(bytes("hello"), { algorithm: "sha512" });
      await registry.pushBlob(other, { digest }, bytes("hello"));
      equal(
        await resolves(() => registry.mountBlob(other, repo, digest), "a mount of a sha512 digest"),
        { mediaType: octetStream, digest, size: 5 },
        "the mounted blob",
      );
      await reads(await registry.getBlob(repo, digest), bytes("hello"), "its content");
    },
  },
  {
    id: "MOUNT-08",
    title: "without the capability anonymousMounts, mountBlob without a source fails and mounts nothing",
    level: "MUST",
    cites: [clause(10, "source"), capabilities],
    needs: ["mount"],
    unless: "anonymousMounts",
    why: "a caller must know that it has to upload the blob",
    lookFor: "a mount that resolves without an effect, or a capability that is supported but set to false",
    run: async ({ registry, promises }) => {
      const { descriptor } = await pushText(registry, "there", other);
      await rejects(
        () => registry.mountBlob(undefined, repo, descriptor.digest),
        "BLOB_UNKNOWN",
        "UNSUPPORTED",
      );
      if (promises("repositoryScopedBlobs"))
        await rejects(() => registry.resolveBlob(repo, descriptor.digest), ...absent.blob);
    },
  },
];
