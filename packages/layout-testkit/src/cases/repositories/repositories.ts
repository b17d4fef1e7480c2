import { collect } from "@ocilayout/oci-types";

import { blob } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause } from "../../case/cites.ts";
import { equal, reads, rejects, rejectsWith, resolves } from "../../case/context.ts";
import { absent, bytes, nowhere, other, pushArtifact, pushText, repo } from "../../case/content.ts";

/** What one repository has to do with another. */
export const repositoryCases: readonly ConformanceCase[] = [
  {
    id: "REPOSITORY-01",
    title: "repositories are listed in code-unit order, each once",
    level: "MUST",
    cites: [clause(20, "order")],
    needs: ["repositories"],
    why: "pages are cut by this order, and a-b comes before a/b",
    lookFor: "the order of directories",
    run: async ({ registry }) => {
      const names = [
        "conformance/z",
        "conformance-b",
        "conformance/a",
        "conformance",
        "conformance/a/b",
        "a0",
      ];
      for (const name of names)
        await registry.pushManifest(name, bytes(name), "application/x-a", { tags: ["t", "u"] });
      equal(await collect(registry.repositories()), [...names].sort(), "the repositories");
    },
  },
  {
    id: "REPOSITORY-02",
    title: "a list of repositories has a beginning and an end",
    level: "MUST",
    cites: [clause(20, "page")],
    needs: ["repositories"],
    why: "the next page would repeat or skip one",
    lookFor: "an inclusive beginning, a limit that is tested for truth",
    run: async ({ registry }) => {
      for (const name of ["a", "b", "c", "d"])
        await registry.pushManifest(name, bytes(name), "application/x-a", { tags: ["t"] });
      equal(
        await collect(registry.repositories({ startAfter: "a", limit: 2 })),
        ["b", "c"],
        "two after the first",
      );
      equal(
        await collect(registry.repositories({ startAfter: "bb" })),
        ["c", "d"],
        "what comes after one that is not there",
      );
      equal(
        await collect(registry.repositories({ startAfter: "" })),
        ["a", "b", "c", "d"],
        "what comes after nothing",
      );
      equal(await collect(registry.repositories({ limit: 0 })), [], "none of them");
      await rejectsWith(() => collect(registry.repositories({ limit: -1 })), RangeError);
      equal(
        await collect(registry.repositories({ startAfter: undefined, limit: undefined })),
        ["a", "b", "c", "d"],
        "all of them",
      );
    },
  },
  {
    id: "REPOSITORY-03",
    title: "asking for what is not there creates nothing",
    level: "MUST",
    cites: [clause(28, "read")],
    needs: ["repositories"],
    why: "a typing error, or somebody who guesses names, would fill the list",
    lookFor: "a lookup that makes what it does not find",
    run: async ({ registry }) => {
      await rejects(() => registry.resolveTag(repo, "t"), ...absent.manifest);
      await rejects(() => registry.getManifest(repo, nowhere), ...absent.manifest);
      await rejects(() => registry.getBlob(repo, nowhere), ...absent.blob);
      await rejects(() => collect(registry.tags(repo)), "NAME_UNKNOWN");
      equal(await collect(registry.repositories()), [], "the repositories of an empty registry");
      await rejects(() => collect(registry.tags(repo)), "NAME_UNKNOWN");
    },
  },
  {
    id: "REPOSITORY-04",
    title: "manifests and tags are each repository's own",
    level: "MUST",
    cites: [clause(11, "scoped"), clause(12)],
    why: "repositories are what access is granted to",
    lookFor: "manifests that are found by digest alone, a name that is only the beginning of another",
    run: async ({ registry }) => {
      const names = [repo, `${repo}b`, `${repo}/b`, "conformance"];
      for (const name of names)
        await registry.pushManifest(name, bytes(name), "application/x-a", {
          tags: ["t", name.replaceAll("/", "-")],
        });
      for (const name of names) {
        equal(await (await registry.getTag(name, "t")).text(), name, `what t points at in ${name}`);
        equal(
          await collect(registry.tags(name)),
          ["t", name.replaceAll("/", "-")].sort(),
          `the tags of ${name}`,
        );
      }
      const { digest } = await registry.resolveTag(`${repo}b`, "t");
      for (const name of [repo, "conformance", other])
        await rejects(() => registry.getManifest(name, digest), ...absent.manifest);
    },
  },
  {
    id: "REPOSITORY-05",
    title: "leaving a list of repositories early frees it",
    level: "MUST",
    cites: [clause(4, "early")],
    needs: ["repositories"],
    why: "a held lock or handle stops everybody else",
    lookFor: "a finally that is missing, a lock that a list holds",
    run: async ({ registry }) => {
      for (const name of ["a", "b", "c"])
        await registry.pushManifest(name, bytes(name), "application/x-a", { tags: ["t"] });
      for await (const name of registry.repositories()) if (name === "a") break;
      await resolves(
        () => registry.pushManifest("d", bytes("d"), "application/x-a", { tags: ["t"] }),
        "a push after a list was left",
      );
      await resolves(() => pushText(registry, "x", "d"), "a push of a blob after a list was left");
      equal(await collect(registry.repositories()), ["a", "b", "c", "d"], "the repositories");
    },
  },
  {
    id: "SCOPE-01",
    title: "a blob of one repository is not in another",
    level: "MUST",
    cites: [clause(11, "scoped")],
    needs: ["repositoryScopedBlobs"],
    why: "repositories are what access is granted to",
    lookFor: "blobs that are found by digest alone",
    run: async ({ registry, promises }) => {
      const secrets = [(await pushText(registry, "secret", other)).descriptor.digest];
      await pushText(registry, "x");
      if (promises("resumableUploads")) {
        const uploaded = await blob("an uploaded secret");
        const writer = await registry.pushBlobChunked(other);
        await writer.write(uploaded.content);
        secrets.push((await writer.commit(uploaded.descriptor.digest)).digest);
      }
      for (const digest of secrets)
        for (const call of [
          () => registry.getBlob(repo, digest),
          () => registry.resolveBlob(repo, digest),
          () => registry.getBlobRange(repo, digest, { start: 0 }),
        ])
          await rejects(call, "BLOB_UNKNOWN");
    },
  },
  {
    id: "SCOPE-02",
    title: "where blobs are not scoped a blob of one repository is in all",
    level: "MUST",
    cites: [clause(11, "shared")],
    unless: "repositoryScopedBlobs",
    why: "what is promised and what is not should both be true",
    lookFor: "a capability that says too little",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "shared", other);
      await reads(
        await resolves(() => registry.getBlob(repo, descriptor.digest), "a blob of the whole registry"),
        content,
        "its content",
      );
    },
  },
  {
    id: "SCOPE-03",
    title: "a blob that is deleted in one repository stays in the other",
    level: "MUST",
    cites: [clause(11, "scoped"), clause(16, "blob")],
    needs: ["repositoryScopedBlobs", "deleteBlob"],
    why: "repositories are different people's",
    lookFor: "one file for all, and nobody who counts",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "same", other);
      await pushText(registry, "same");
      await pushArtifact(registry, "one");
      await registry.deleteBlob(repo, descriptor.digest);
      await rejects(() => registry.resolveBlob(repo, descriptor.digest), "BLOB_UNKNOWN");
      await reads(
        await resolves(() => registry.getBlob(other, descriptor.digest), "the other repository's blob"),
        content,
        "its content",
      );
    },
  },
];
