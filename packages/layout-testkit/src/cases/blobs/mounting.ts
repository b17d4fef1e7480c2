import { computeDigest, octetStream } from "@ocilayout/oci-types";

import type { ConformanceCase } from "../../case/case.ts";
import { clause, distSpec } from "../../case/cites.ts";
import { equal, reads, rejects, resolves } from "../../case/context.ts";
import { bytes, nowhere, other, pushText, repo } from "../../case/content.ts";

/** How a blob of one repository becomes one of another. */
export const mountCases: readonly ConformanceCase[] = [
  {
    id: "MOUNT-01",
    title: "a mounted blob is the other repository's, too",
    level: "MUST",
    cites: [clause(10), distSpec("end-11")],
    needs: ["mount"],
    why: "layers that many images share need not be sent again",
    lookFor: "a mount that only looks",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "shared", other);
      const expected = { mediaType: octetStream, digest: descriptor.digest, size: content.length };
      equal(await registry.mountBlob(other, repo, descriptor.digest), expected, "the mounted blob");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "its content");
      equal(
        await resolves(() => registry.mountBlob(other, repo, descriptor.digest), "a second mount"),
        expected,
        "the blob mounted again",
      );
    },
  },
  {
    id: "MOUNT-02",
    title: "a blob that the source does not have is BLOB_UNKNOWN",
    level: "MUST",
    cites: [clause(10, "source"), distSpec("end-11")],
    needs: ["mount", "repositoryScopedBlobs"],
    why: "who may read one repository must not take another's content",
    lookFor: "a mount that does not ask the source",
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
    title: "a blob that nobody has cannot be mounted",
    level: "MUST",
    cites: [clause(10, "source"), distSpec("end-11")],
    needs: ["mount"],
    why: "a caller sends the blob where the mount says that it is not there",
    lookFor: "a mount that resolves to nothing",
    run: async ({ registry }) => {
      await pushText(registry, "x", other);
      await rejects(() => registry.mountBlob(other, repo, nowhere), "BLOB_UNKNOWN");
      await rejects(() => registry.mountBlob(undefined, repo, nowhere), "BLOB_UNKNOWN");
    },
  },
  {
    id: "MOUNT-04",
    title: "without a source any repository that has the blob is one",
    level: "MUST",
    cites: [clause(10, "source"), distSpec("mounting-a-blob-from-another-repository")],
    needs: ["mount"],
    why: "a client rarely knows where else its layers are",
    lookFor: "undefined taken for a name",
    run: async ({ registry }) => {
      for (const name of ["a", "z"]) await pushText(registry, "something else", name);
      const { descriptor, content } = await pushText(registry, "shared", other);
      equal(
        (
          await resolves(
            () => registry.mountBlob(undefined, repo, descriptor.digest),
            "a mount from anywhere",
          )
        ).size,
        content.length,
        "its size",
      );
      await reads(await registry.getBlob(repo, descriptor.digest), content, "its content");
      const own = await pushText(registry, "own");
      await resolves(
        () => registry.mountBlob(undefined, repo, own.descriptor.digest),
        "a mount of what only the repository itself has",
      );
    },
  },
  {
    id: "MOUNT-05",
    title: "a mounted blob outlives its source",
    level: "MUST",
    cites: [clause(10, "outlives"), distSpec("end-11")],
    needs: ["mount", "deleteBlob", "repositoryScopedBlobs"],
    why: "somebody else's clean-up must not take an image's layer",
    lookFor: "a link or a pointer to the other repository's file",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "shared", other);
      await registry.mountBlob(other, repo, descriptor.digest);
      await registry.deleteBlob(other, descriptor.digest);
      await reads(
        await resolves(
          () => registry.getBlob(repo, descriptor.digest),
          "the mounted blob, when the source is gone",
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
          "the source, when what was mounted is gone",
        ),
        content,
        "its content",
      );
    },
  },
  {
    id: "MOUNT-06",
    title: "where blobs are not scoped any name is a source",
    level: "MUST",
    cites: [clause(11, "shared")],
    needs: ["mount"],
    unless: "repositoryScopedBlobs",
    why: "what is promised and what is not should both be true",
    lookFor: "a source that is looked for, where every repository has every blob",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "shared", other);
      equal(
        (
          await resolves(
            () => registry.mountBlob("conformance/nowhere", repo, descriptor.digest),
            "a mount from any name",
          )
        ).digest,
        descriptor.digest,
        "the mounted blob",
      );
    },
  },
  {
    id: "MOUNT-07",
    title: "a blob with a sha512 digest is mounted like another",
    level: "MUST",
    cites: [clause(5, "digest"), clause(10)],
    needs: ["mount", "sha512"],
    why: "an algorithm that is promised is promised everywhere",
    lookFor: "a path or a lookup with sha256 written into it",
    run: async ({ registry }) => {
      const { digest } = await computeDigest(bytes("hello"), { algorithm: "sha512" });
      await registry.pushBlob(other, { digest }, bytes("hello"));
      equal(
        await resolves(() => registry.mountBlob(other, repo, digest), "the mount"),
        { mediaType: octetStream, digest, size: 5 },
        "the mounted blob",
      );
      await reads(await registry.getBlob(repo, digest), bytes("hello"), "its content");
    },
  },
];
