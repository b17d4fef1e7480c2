import { blob } from "../../content/index.ts";
import type { ConformanceCase } from "../case.ts";
import type { CaseContext } from "../context.ts";
import { equal, rejects, rejectsAborted, rejectsWith, resolves } from "../context.ts";
import { nowhere, pushArtifact, pushText, repo } from "./content.ts";
import type { AnyCall } from "./every-call.ts";
import { digestCalls, everyCall, repositoryCalls, tagCalls } from "./every-call.ts";

/** The calls that the backend has. */
function promised(calls: readonly AnyCall[], { promises }: CaseContext): readonly AnyCall[] {
  return calls.filter(({ needs }) => needs === undefined || promises(needs));
}

/** What holds for every call's arguments. */
export const callCases: readonly ConformanceCase[] = [
  {
    id: "NAME-01", title: "an invalid repository name is NAME_INVALID in every call", level: "MUST", cites: "clause 5; distribution-spec, pulling manifests",
    why: "names become paths, URLs and keys", lookFor: "a call that does not look at the name",
    run: async (context) => {
      const { registry } = context;
      const { descriptor } = await pushText(registry, "x");
      for (const name of ["", "A", "../x", "a//b", "a/../b", "/a", "a/", "a b", "-a", "_a", "a:b", "a@b", "a\n", "ä", "a___b", "a/./b"]) {
        for (const { run } of promised(repositoryCalls, context)) await rejects(() => run(registry, { repo: name, digest: descriptor.digest, tag: "t" }), "NAME_INVALID");
        if (context.promises("mount")) {
          await rejects(() => registry.mountBlob(name, repo, descriptor.digest), "NAME_INVALID");
          await rejects(() => registry.mountBlob(repo, name, descriptor.digest), "NAME_INVALID");
        }
      }
    },
  },
  {
    id: "NAME-02", title: "a repository may have any name that is allowed", level: "MUST", cites: "distribution-spec, pulling manifests",
    why: "names are people's words", lookFor: "a pattern that is stricter than the specification's, an object whose members are repositories",
    run: async ({ registry }) => {
      for (const name of ["a", "0", "a/b/c/d/e/f", "a.b_c__d-e---f", "constructor", "latest", `a${"/b".repeat(60)}`, "registry.example.com/team/app"]) {
        const { descriptor, content } = await blob(name);
        await registry.pushBlob(name, descriptor, content);
        const pushed = await registry.pushManifest(name, content, "application/x-a", { tags: ["t"] });
        equal(await registry.resolveTag(name, "t"), pushed, `what the tag points at in ${name}`);
      }
    },
  },
  {
    id: "NAME-03", title: "an invalid tag is NAME_INVALID in every call", level: "MUST", cites: "clause 5; contract, section 3",
    why: "names become paths, URLs and keys", lookFor: "a call that does not look at the tag",
    run: async (context) => {
      await pushArtifact(context.registry, "one", ["t"]);
      for (const tag of ["", "-x", "a/b", "../x", "a b", "x".repeat(129)]) {
        for (const { run } of promised(tagCalls, context)) await rejects(() => run(context.registry, { repo, digest: nowhere, tag }), "NAME_INVALID");
      }
    },
  },
  {
    id: "NAME-04", title: "an invalid digest is DIGEST_INVALID in every call", level: "MUST", cites: "clause 5; distribution-spec code-4",
    why: "a name that cannot be right must not become a path", lookFor: "a digest that is used before it is parsed",
    run: async (context) => {
      await pushArtifact(context.registry, "one");
      const hex = "0".repeat(64);
      for (const digest of ["", "sha256:", "sha256:zz", "latest", `sha256:${"A".repeat(64)}`, "sha256:../../../victim", `sha256:${hex}0`, `sha256:${hex.slice(1)}`, `sha256:${hex}\n`, `:${hex}`, hex]) {
        for (const { run } of promised(digestCalls, context)) await rejects(() => run(context.registry, { repo, digest, tag: "t" }), "DIGEST_INVALID");
      }
    },
  },
  {
    id: "NAME-05", title: "a name that is no text is a TypeError in every call", level: "MUST", cites: "clause 1; contract, section 3",
    why: "a mistake of the program must not look like something that is not there", lookFor: "undefined that becomes \"undefined\"",
    run: async (context) => {
      const { registry } = context;
      for (const wrong of [undefined, null, 7, {}] as unknown[] as string[]) {
        for (const { run } of promised(repositoryCalls, context)) await rejectsWith(() => run(registry, { repo: wrong, digest: nowhere, tag: "t" }), TypeError);
        for (const { name, run } of promised(digestCalls, context)) {
          // Without a digest a manifest is stored under its own.
          if (name === "pushManifest" && (wrong as unknown) === undefined) continue;
          await rejectsWith(() => run(registry, { repo, digest: wrong, tag: "t" }), TypeError);
        }
        for (const { run } of promised(tagCalls, context)) await rejectsWith(() => run(registry, { repo, digest: nowhere, tag: wrong }), TypeError);
      }
    },
  },
  {
    id: "SIGNAL-01", title: "a signal that was aborted before rejects with its reason in every call", level: "MUST", cites: "clause 2",
    why: "a request that nobody waits for should cost nothing", lookFor: "an option that is not passed on",
    run: async (context) => {
      const { registry } = context;
      const { descriptor } = await pushText(registry, "x");
      const one = await pushArtifact(registry, "one", ["t"]);
      for (const reason of [new Error("nobody waits"), "just text"]) {
        const signal = AbortSignal.abort(reason);
        for (const { run } of promised(everyCall, context)) {
          await rejectsAborted(() => run(registry, { repo, digest: descriptor.digest, tag: "t", signal }), reason);
        }
      }
      equal(await registry.resolveTag(repo, "t"), one, "the tag, as it was");
      await resolves(() => registry.resolveBlob(repo, descriptor.digest), "the blob, as it was");
    },
  },
];
