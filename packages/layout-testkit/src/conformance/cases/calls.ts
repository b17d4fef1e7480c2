import { collect } from "@ocilayout/oci-types";

import type { ConformanceCase } from "../case.ts";
import { equal, rejects, rejectsWith } from "../context.ts";
import { bytes, other, pushText, repo } from "./content.ts";

/** What holds for every call: names, and signals. */
export const callCases: readonly ConformanceCase[] = [
  {
    id: "NAME-01", title: "an invalid repository name is NAME_INVALID in every call", level: "MUST", cites: "clause 5; distribution-spec, pulling manifests",
    why: "names become paths, URLs and keys", lookFor: "a call that does not look at the name",
    run: async ({ registry }) => {
      const { descriptor, content } = await pushText(registry, "x");
      for (const name of ["", "A", "../x", "a//b", "a/../b", "/a", "a/", "a b", "-a", "a".repeat(256)]) {
        for (const call of [() => registry.pushBlob(name, descriptor, content), () => registry.getBlob(name, descriptor.digest), () => registry.pushManifest(name, content, "application/x-a"), () => registry.resolveTag(name, "t"), () => collect(registry.tags(name)), () => registry.getManifest(name, descriptor.digest)]) {
          await rejects(call, "NAME_INVALID");
        }
      }
      await rejectsWith(() => registry.resolveTag(7 as unknown as string, "t"), TypeError);
    },
  },
  {
    id: "SIGNAL-01", title: "a signal that was aborted before rejects with its reason, and nothing is done", level: "MUST", cites: "clause 2",
    why: "a request that nobody waits for should cost nothing", lookFor: "an option that is not passed on",
    run: async ({ registry }) => {
      const reason = new Error("nobody waits");
      const signal = AbortSignal.abort(reason);
      const { descriptor, content } = await pushText(registry, "x", other);
      const calls = [() => registry.pushBlob(repo, descriptor, content, { signal }), () => registry.getBlob(other, descriptor.digest, { signal }), () => registry.pushManifest(repo, content, "application/x-a", { signal, tags: ["t"] }), () => registry.resolveTag(repo, "t", { signal }), () => collect(registry.tags(other, { signal }))];
      for (const call of calls) {
        const error: unknown = await call().then(() => "resolved", (it: unknown) => it);
        equal(error === reason, true, "rejection with the signal's reason");
      }
      await rejects(() => registry.resolveTag(repo, "t"), "MANIFEST_UNKNOWN");
    },
  },
  {
    id: "SIGNAL-02", title: "a push that is aborted half-way leaves nothing", level: "MUST", cites: "clause 2",
    why: "half a blob under a whole one's name is damage", lookFor: "a signal that is only looked at in the beginning",
    run: async ({ registry }) => {
      const controller = new AbortController();
      const { descriptor } = await pushText(registry, "hello world", other);
      const source = (async function* () {
        yield bytes("hello ");
        controller.abort(new Error("enough"));
        await new Promise((resolve) => setTimeout(resolve, 0));
        yield bytes("world");
      })();
      const error: unknown = await registry.pushBlob("conformance/c", descriptor, source, { signal: controller.signal }).then(() => "resolved", (it: unknown) => it);
      equal(error === controller.signal.reason, true, "rejection with the signal's reason");
      if (registry.capabilities?.repositoryScopedBlobs !== false) await rejects(() => registry.resolveBlob("conformance/c", descriptor.digest), "BLOB_UNKNOWN");
    },
  },
];
