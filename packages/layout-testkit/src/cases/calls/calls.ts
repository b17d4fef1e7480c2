import type { ListOptions } from "@ocilayout/oci-types";
import { collect } from "@ocilayout/oci-types";

import { blob } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause, distSpec, rule } from "../../case/cites.ts";
import type { CaseContext } from "../../case/context.ts";
import { equal, rejects, rejectsAborted, rejectsWith, resolves } from "../../case/context.ts";
import { absent, bytes, nowhere, pushArtifact, pushText, repo } from "../../case/content.ts";
import type { AnyCall } from "../../case/every-call.ts";
import { digestCalls, everyCall, repositoryCalls, tagCalls } from "../../case/every-call.ts";

/** The calls that the backend has. */
function promised(calls: readonly AnyCall[], { promises }: CaseContext): readonly AnyCall[] {
  return calls.filter(({ needs }) => needs === undefined || promises(needs));
}

/** What the artifacts of these cases are about, so that they are referrers. */
const subject = { mediaType: "application/x-a", digest: nowhere, size: 7 };

/** A list with one item, once an artifact was pushed. */
type List = (options: ListOptions) => AsyncIterable<unknown>;

/** The lists that the backend has. */
function lists({ registry, promises }: CaseContext): readonly List[] {
  return [
    (options) => registry.tags(repo, options),
    ...(promises("repositories") ? [(options: ListOptions) => registry.repositories(options)] : []),
    ...(promises("referrers") ? [(options: ListOptions) => registry.referrers(repo, nowhere, options)] : []),
  ];
}

/** Fails where the list fails before it is asked. */
async function failsWhenAsked(
  make: () => AsyncIterable<unknown>,
  check: (ask: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const list = await resolves(
    async () => ({ items: make() }),
    "a list, which says what is wrong when it is asked",
  );
  await check(() => collect(list.items));
}

/** What holds for every call's arguments. */
export const callCases: readonly ConformanceCase[] = [
  {
    id: "NAME-01",
    title: "an invalid repository name is NAME_INVALID in every call",
    level: "MUST",
    cites: [clause(5, "repository"), distSpec("pulling-manifests")],
    why: "names become paths, URLs and keys",
    lookFor: "a call that does not look at the name; requireRepository() of ociref does",
    run: async (context) => {
      const { registry } = context;
      const { descriptor } = await pushText(registry, "x");
      for (const name of [
        "",
        "A",
        "../x",
        "a//b",
        "a/../b",
        "/a",
        "a/",
        "a b",
        "-a",
        "_a",
        "a:b",
        "a@b",
        "a\n",
        "ä",
        "a___b",
        "a/./b",
      ]) {
        for (const { run } of promised(repositoryCalls, context))
          await rejects(
            () => run(registry, { repo: name, digest: descriptor.digest, tag: "t" }),
            "NAME_INVALID",
          );
        if (context.promises("mount")) {
          await rejects(() => registry.mountBlob(name, repo, descriptor.digest), "NAME_INVALID");
          await rejects(() => registry.mountBlob(repo, name, descriptor.digest), "NAME_INVALID");
        }
      }
    },
  },
  {
    id: "NAME-02",
    title: "a repository may have any name that is allowed",
    level: "MUST",
    cites: [clause(5, "repository"), distSpec("pulling-manifests")],
    why: "names are people's words",
    lookFor: "a pattern that is stricter than the specification's, an object whose members are repositories",
    run: async ({ registry }) => {
      for (const name of [
        "a",
        "0",
        "a/b/c/d/e/f",
        "a.b_c__d-e---f",
        "constructor",
        "latest",
        `a${"/b".repeat(60)}`,
        "registry.example.com/team/app",
      ]) {
        const { descriptor, content } = await blob(name);
        await registry.pushBlob(name, descriptor, content);
        const pushed = await registry.pushManifest(name, content, "application/x-a", { tags: ["t"] });
        equal(await registry.resolveTag(name, "t"), pushed, `what the tag points at in ${name}`);
      }
    },
  },
  {
    id: "NAME-90",
    title: "a repository's name has 255 characters at most",
    level: "MUST",
    cites: [clause(5, "repository")],
    why: "a name that one registry takes and the next one refuses cannot be copied, and one without limit becomes a path that is too long",
    lookFor: "a pattern without a length; requireRepository() of ociref has both",
    run: async (context) => {
      const { registry } = context;
      // Of several parts, so that each fits into a directory's name.
      const longest = Array.from({ length: 5 }, () => "a".repeat(50)).join("/");
      equal(longest.length, 254, "how long it is");
      await rejects(() => registry.resolveTag(`${longest}a`, "t"), ...absent.manifest);
      for (const name of [`${longest}aa`, "a".repeat(256), `${longest}/${longest}`]) {
        for (const { run } of promised(repositoryCalls, context))
          await rejects(() => run(registry, { repo: name, digest: nowhere, tag: "t" }), "NAME_INVALID");
        if (context.promises("mount"))
          await rejects(() => registry.mountBlob(name, repo, nowhere), "NAME_INVALID");
      }
    },
  },
  {
    id: "NAME-91",
    title: "a tag may have 128 characters",
    level: "MUST",
    cites: [clause(5, "tag"), distSpec("pulling-manifests")],
    why: "tags are made by programs, and they use what is allowed",
    lookFor: "a limit of 127, as older tools have it, or of a column in a database",
    run: async ({ registry }) => {
      const tag = `_${"x".repeat(127)}`;
      const pushed = await pushArtifact(registry, "one", [tag]);
      equal(await registry.resolveTag(repo, tag), pushed, "what the tag points at");
      equal(await collect(registry.tags(repo)), [tag], "the tags");
    },
  },
  {
    id: "NAME-03",
    title: "an invalid tag is NAME_INVALID in every call",
    level: "MUST",
    cites: [clause(5, "tag")],
    why: "names become paths, URLs and keys",
    lookFor: "a call that does not look at the tag; requireTag() of ociref does",
    run: async (context) => {
      await pushArtifact(context.registry, "one", ["t"]);
      for (const tag of ["", "-x", ".x", nowhere, "a/b", "../x", "a b", "x".repeat(129)]) {
        for (const { run } of promised(tagCalls, context))
          await rejects(() => run(context.registry, { repo, digest: nowhere, tag }), "NAME_INVALID");
      }
    },
  },
  {
    id: "NAME-04",
    title: "an invalid digest is DIGEST_INVALID in every call",
    level: "MUST",
    cites: [clause(5, "digest"), distSpec("DIGEST_INVALID")],
    why: "a name that cannot be right must not become a path",
    lookFor: "a digest that is used before it is parsed; requireDigest() of oci-types does it",
    run: async (context) => {
      await pushArtifact(context.registry, "one");
      const hex = "0".repeat(64);
      for (const digest of [
        "",
        "sha256:",
        "sha256:zz",
        "latest",
        `sha256:${"A".repeat(64)}`,
        "sha256:../../../victim",
        `sha256:${hex}0`,
        `sha256:${hex.slice(1)}`,
        `sha256:${hex}\n`,
        `:${hex}`,
        hex,
      ]) {
        for (const { run } of promised(digestCalls, context))
          await rejects(() => run(context.registry, { repo, digest, tag: "t" }), "DIGEST_INVALID");
      }
    },
  },
  {
    id: "NAME-05",
    title: "a name that is no text is a TypeError in every call",
    level: "MUST",
    cites: [clause(1, "mistakes"), rule("arguments")],
    why: "a mistake of the program must not look like something that is not there",
    lookFor: 'undefined that becomes "undefined", content that is read before the name is looked at',
    run: async (context) => {
      const { registry } = context;
      for (const wrong of [undefined, null, 7, {}] as unknown[] as string[]) {
        for (const { run } of promised(repositoryCalls, context))
          await rejectsWith(() => run(registry, { repo: wrong, digest: nowhere, tag: "t" }), TypeError);
        for (const { name, run } of promised(digestCalls, context)) {
          // Without a digest a manifest is stored under its own.
          if (name === "pushManifest" && (wrong as unknown) === undefined) continue;
          await rejectsWith(() => run(registry, { repo, digest: wrong, tag: "t" }), TypeError);
        }
        for (const { run } of promised(tagCalls, context))
          await rejectsWith(() => run(registry, { repo, digest: nowhere, tag: wrong }), TypeError);
        // Without a source a blob is mounted from anywhere.
        if (context.promises("mount") && (wrong as unknown) !== undefined)
          await rejectsWith(() => registry.mountBlob(wrong, repo, nowhere), TypeError);
      }
    },
  },
  {
    id: "NAME-06",
    title: "every list looks at its options, when it is asked for its first item",
    level: "MUST",
    cites: [clause(1, "mistakes"), clause(2, "before"), clause(4, "lazy"), rule("arguments")],
    why: "a mistake of the program must not look like an empty list",
    lookFor: "a list whose options are not those of the others, a check in front of the generator",
    run: async (context) => {
      await pushArtifact(context.registry, "one", ["t"], subject);
      for (const list of lists(context)) {
        for (const limit of [-1, NaN])
          await failsWhenAsked(
            () => list({ limit }),
            (ask) => rejectsWith(ask, RangeError),
          );
        await failsWhenAsked(
          () => list({ startAfter: 7 as unknown as string }),
          (ask) => rejectsWith(ask, TypeError),
        );
        const reason = new Error("nobody waits");
        await failsWhenAsked(
          () => list({ signal: AbortSignal.abort(reason) }),
          (ask) => rejectsAborted(ask, reason),
        );
        equal((await collect(list({ startAfter: "" }))).length, 1, "how many come after nothing");
      }
    },
  },
  {
    id: "NAME-07",
    title: "a list begins when it is asked for its first item",
    level: "MUST",
    cites: [clause(4, "lazy")],
    why: "a list that nobody asks must cost nothing, nor be old when somebody does",
    lookFor: "a list that is read where it is called for, not in a generator",
    run: async (context) => {
      const { registry } = context;
      await pushArtifact(registry, "one", ["t"], subject);
      const waiting = lists(context).map((list) => list({}));
      await pushArtifact(registry, "two", ["u"], subject);
      await registry.pushManifest("conformance/z", bytes("z"), "application/x-a", { tags: ["t"] });
      for (const list of waiting) equal((await collect(list)).length, 2, "how many there are when it begins");
    },
  },
  {
    id: "SIGNAL-01",
    title: "a signal that was aborted before rejects with its reason in every call",
    level: "MUST",
    cites: [clause(2, "before")],
    why: "a request that nobody waits for should cost nothing",
    lookFor: "an option that is not passed on, a call without signal?.throwIfAborted()",
    run: async (context) => {
      const { registry } = context;
      const { descriptor } = await pushText(registry, "x");
      const one = await pushArtifact(registry, "one", ["t"]);
      for (const reason of [new Error("nobody waits"), "just text", 0]) {
        const signal = AbortSignal.abort(reason);
        for (const { run } of promised(everyCall, context)) {
          await rejectsAborted(
            () => run(registry, { repo, digest: descriptor.digest, tag: "t", signal }),
            reason,
          );
          await rejectsAborted(
            () => run(registry, { repo: "conformance/nowhere", digest: nowhere, tag: "nosuch", signal }),
            reason,
          );
        }
      }
      equal(await registry.resolveTag(repo, "t"), one, "the tag, as it was");
      await resolves(() => registry.resolveBlob(repo, descriptor.digest), "the blob, as it was");
    },
  },
];
