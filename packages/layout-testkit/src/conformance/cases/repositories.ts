import { collect } from "@ocilayout/oci-types";

import { blob } from "../../content/index.ts";
import type { ConformanceCase } from "../case.ts";
import { equal, reads, rejects, resolves } from "../context.ts";
import { bytes, nowhere, other, pushText, repo } from "./content.ts";

/** What one repository has to do with another. */
export const repositoryCases: readonly ConformanceCase[] = [
  {
    id: "REPOSITORY-01", title: "repositories are listed in code-unit order", level: "MUST", cites: "clause 20", needs: ["repositories"],
    why: "pages are cut by this order, and a-b comes before a/b", lookFor: "the order of directories",
    run: async ({ registry }) => {
      const names = ["conformance/z", "conformance-b", "conformance/a", "conformance", "conformance/a/b", "a0"];
      for (const name of names) await registry.pushManifest(name, bytes(name), "application/x-a", { tags: ["t"] });
      equal(await collect(registry.repositories()), [...names].sort(), "the repositories");
      equal(await collect(registry.repositories({ startAfter: "conformance", limit: 2 })), ["conformance-b", "conformance/a"], "two after the first");
    },
  },
  {
    id: "MOUNT-01", title: "a mounted blob is the other repository's, too", level: "MUST", cites: "clause 10; distribution-spec end-11", needs: ["mount"],
    why: "layers that many images share need not be sent again", lookFor: "a mount that only looks",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "shared", other);
      equal((await registry.mountBlob(other, repo, descriptor.digest)).digest, descriptor.digest, "the mounted blob");
      await reads(await registry.getBlob(repo, descriptor.digest), content, "its content");
      equal((await registry.mountBlob(undefined, "conformance/c", descriptor.digest)).size, content.length, "the blob mounted from anywhere");
    },
  },
  {
    id: "MOUNT-02", title: "a blob that the source does not have is BLOB_UNKNOWN", level: "MUST", cites: "clause 10", needs: ["mount", "repositoryScopedBlobs"],
    why: "who may read one repository must not take another's content", lookFor: "a mount that does not ask the source",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "secret", "conformance/secret");
      await pushText(registry, "x", other);
      for (const from of [other, "conformance/nowhere"]) await rejects(() => registry.mountBlob(from, repo, descriptor.digest), "BLOB_UNKNOWN");
      await rejects(() => registry.mountBlob(undefined, repo, nowhere), "BLOB_UNKNOWN");
    },
  },
  {
    id: "SCOPE-01", title: "a blob of one repository is not in another", level: "MUST", cites: "clause 11", needs: ["repositoryScopedBlobs"],
    why: "repositories are what access is granted to", lookFor: "blobs that are found by digest alone",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "secret", other);
      await pushText(registry, "x");
      await rejects(() => registry.getBlob(repo, descriptor.digest), "BLOB_UNKNOWN");
    },
  },
  {
    id: "SCOPE-02", title: "where blobs are not scoped a blob of one repository is in all", level: "MUST", cites: "clause 11", unless: "repositoryScopedBlobs",
    why: "what is promised and what is not should both be true", lookFor: "a capability that says too little",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "shared", other);
      await reads(await resolves(() => registry.getBlob(repo, descriptor.digest), "a blob of the whole registry"), content, "its content");
      equal((await registry.mountBlob("conformance/nowhere", repo, descriptor.digest)).digest, (await blob("shared")).descriptor.digest, "the mounted blob");
    },
  },
];
