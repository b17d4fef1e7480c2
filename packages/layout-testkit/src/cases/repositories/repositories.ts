import { collect } from "@ocilayout/oci-types";

import { blob } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause } from "../../case/cites.ts";
import { equal, reads, rejects, rejectsWith, resolves } from "../../case/context.ts";
import {
  nowhere,
  other,
  pushArtifact,
  pushText,
  repo,
  emptyList,
  absent,
  nameIn,
  populate,
} from "../../case/content.ts";

/** Repositories and what separates them. */
export const repositoryCases: readonly ConformanceCase[] = [
  {
    id: "REPOSITORY-01",
    title: "repositories() returns each name once, in code-unit order",
    level: "MUST",
    cites: [clause(20, "order")],
    needs: ["repositories"],
    why: "pages depend on this order, in which a-b sorts before a/b",
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
      for (const name of names) await populate(registry, name, ["t", "u"]);
      equal(await collect(registry.repositories()), [...names].sort(), "the repositories");
    },
  },
  {
    id: "REPOSITORY-02",
    title: "repositories() applies startAfter and limit",
    level: "MUST",
    cites: [clause(20, "page")],
    needs: ["repositories"],
    why: "the next page would repeat or skip a repository",
    lookFor: "an inclusive startAfter, or a truthiness test of the limit",
    run: async ({ registry }) => {
      for (const name of ["a", "b", "c", "d"]) await populate(registry, name);
      equal(
        await collect(registry.repositories({ startAfter: "a", limit: 2 })),
        ["b", "c"],
        "two repositories after the first",
      );
      equal(
        await collect(registry.repositories({ startAfter: "bb" })),
        ["c", "d"],
        "the repositories after a name that is not listed",
      );
      equal(
        await collect(registry.repositories({ startAfter: "" })),
        ["a", "b", "c", "d"],
        "the repositories with an empty startAfter",
      );
      equal(await collect(registry.repositories({ limit: 0 })), [], "the repositories with a limit of 0");
      await rejectsWith(() => collect(registry.repositories({ limit: -1 })), RangeError);
      equal(
        await collect(registry.repositories({ startAfter: undefined, limit: undefined })),
        ["a", "b", "c", "d"],
        "the repositories with startAfter and limit undefined",
      );
    },
  },
  {
    id: "REPOSITORY-03",
    title: "reading from an unknown repository does not create it",
    level: "MUST",
    cites: [clause(28, "read")],
    needs: ["repositories"],
    why: "mistyped or guessed names would fill the list",
    lookFor: "a lookup that creates what it does not find",
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
    title: "manifests and tags belong to one repository",
    level: "MUST",
    cites: [clause(11, "scoped"), clause(12)],
    why: "access is granted per repository",
    lookFor: "manifests found by digest alone, or a repository found by a prefix of its name",
    run: async ({ registry }) => {
      const names = [repo, `${repo}b`, `${repo}/b`, "conformance"];
      for (const name of names)
        await registry.pushManifest(name, ...emptyList(name), {
          tags: ["t", name.replaceAll("/", "-")],
        });
      for (const name of names) {
        equal(await nameIn(await registry.getTag(name, "t")), name, `the content of t in ${name}`);
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
    title: "leaving a loop over repositories() frees the list",
    level: "MUST",
    cites: [clause(4, "early")],
    needs: ["repositories"],
    why: "a held lock or file handle would block other callers",
    lookFor: "a missing finally, or a lock that is held during the iteration",
    run: async ({ registry }) => {
      for (const name of ["a", "b", "c"]) await populate(registry, name);
      for await (const name of registry.repositories()) if (name === "a") break;
      await resolves(
        () => registry.pushManifest("d", ...emptyList("d"), { tags: ["t"] }),
        "a push after the loop was left",
      );
      await resolves(() => pushText(registry, "x", "d"), "a blob push after the loop was left");
      equal(await collect(registry.repositories()), ["a", "b", "c", "d"], "the repositories");
    },
  },
  {
    id: "SCOPE-01",
    title: "blobs belong to one repository",
    level: "MUST",
    cites: [clause(11, "scoped")],
    needs: ["repositoryScopedBlobs"],
    why: "access is granted per repository",
    lookFor: "blobs found by digest alone",
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
    title: "without the capability repositoryScopedBlobs, every repository has every blob",
    level: "MUST",
    cites: [clause(11, "shared")],
    unless: "repositoryScopedBlobs",
    why: "capabilities must state both what a registry does and what it does not",
    lookFor: "a capability that is supported but set to false",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "shared", other);
      await reads(
        await resolves(
          () => registry.getBlob(repo, descriptor.digest),
          "getBlob of another repository's blob",
        ),
        content,
        "its content",
      );
    },
  },
  {
    id: "SCOPE-03",
    title: "deleteBlob keeps the blob in other repositories",
    level: "MUST",
    cites: [clause(11, "scoped"), clause(16, "blob")],
    needs: ["repositoryScopedBlobs", "deleteBlob"],
    why: "different users own the repositories",
    lookFor: "one shared file for every repository without a reference count",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "same", other);
      await pushText(registry, "same");
      await pushArtifact(registry, "one");
      await registry.deleteBlob(repo, descriptor.digest);
      await rejects(() => registry.resolveBlob(repo, descriptor.digest), "BLOB_UNKNOWN");
      await reads(
        await resolves(() => registry.getBlob(other, descriptor.digest), "getBlob in the other repository"),
        content,
        "its content",
      );
    },
  },
];
