import type { ListOptions } from "@ocilayout/oci-types";
import { collect } from "@ocilayout/oci-types";

import { blob } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause, distSpec, rule } from "../../case/cites.ts";
import type { CaseContext } from "../../case/context.ts";
import { equal, rejects, rejectsAborted, rejectsWith, resolves } from "../../case/context.ts";
import { nowhere, pushArtifact, pushText, repo, absent, populate } from "../../case/content.ts";
import type { AnyCall } from "../../case/every-call.ts";
import { digestCalls, everyCall, repositoryCalls, tagCalls } from "../../case/every-call.ts";

/** The calls that the backend promises. */
function promised(calls: readonly AnyCall[], { promises }: CaseContext): readonly AnyCall[] {
  return calls.filter(({ needs }) => needs === undefined || promises(needs));
}

/** The missing subject of these cases' artifacts, so that referrers() lists them. */
const subject = { mediaType: "application/x-a", digest: nowhere, size: 7 };

/** A list that has one item after one artifact was pushed. */
type List = (options: ListOptions) => AsyncIterable<unknown>;

/** The lists that the backend promises. */
function lists({ registry, promises }: CaseContext): readonly List[] {
  return [
    (options) => registry.tags(repo, options),
    ...(promises("repositories") ? [(options: ListOptions) => registry.repositories(options)] : []),
    ...(promises("referrers") ? [(options: ListOptions) => registry.referrers(repo, nowhere, options)] : []),
  ];
}

/** Fails if `make` itself throws; `check` receives the first iteration. */
async function failsWhenAsked(
  make: () => AsyncIterable<unknown>,
  check: (ask: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const list = await resolves(
    async () => ({ items: make() }),
    "a list call, whose errors come at the first next()",
  );
  await check(() => collect(list.items));
}

/** Arguments of all calls. */
export const callCases: readonly ConformanceCase[] = [
  {
    id: "NAME-01",
    title: "every call rejects an invalid repository name with NAME_INVALID",
    level: "MUST",
    cites: [clause(5, "repository"), distSpec("pulling-manifests")],
    why: "names become paths, URLs and keys",
    lookFor: "a call that does not validate the name; requireRepository() of ociref validates it",
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
    title: "every valid repository name is accepted",
    level: "MUST",
    cites: [clause(5, "repository"), distSpec("pulling-manifests")],
    why: "users choose any name that the specification allows",
    lookFor: "a pattern stricter than the specification's, or a plain object keyed by repository name",
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
        const pushed = await populate(registry, name);
        equal(await registry.resolveTag(name, "t"), pushed, `the manifest of the tag in ${name}`);
      }
    },
  },
  {
    id: "NAME-90",
    title: "every call rejects a repository name of more than 255 characters",
    level: "MUST",
    cites: [clause(5, "repository")],
    why: "a name that only one of two registries accepts cannot be copied, and an unlimited name becomes a path that is too long",
    lookFor: "a pattern without a length limit; requireRepository() of ociref checks both",
    run: async (context) => {
      const { registry } = context;
      // Several components keep each one short enough for a directory name.
      const longest = Array.from({ length: 5 }, () => "a".repeat(50)).join("/");
      equal(longest.length, 254, "the length");
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
    title: "a tag of 128 characters is accepted",
    level: "MUST",
    cites: [clause(5, "tag"), distSpec("pulling-manifests")],
    why: "programs generate tags of the maximum length",
    lookFor: "a limit of 127 as in older tools, or the limit of a database column",
    run: async ({ registry }) => {
      const tag = `_${"x".repeat(127)}`;
      const pushed = await pushArtifact(registry, "one", [tag]);
      equal(await registry.resolveTag(repo, tag), pushed, "the manifest of the tag");
      equal(await collect(registry.tags(repo)), [tag], "the tags");
    },
  },
  {
    id: "NAME-03",
    title: "every call rejects an invalid tag with NAME_INVALID",
    level: "MUST",
    cites: [clause(5, "tag")],
    why: "names become paths, URLs and keys",
    lookFor: "a call that does not validate the tag; requireTag() of ociref validates it",
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
    title: "every call rejects an invalid digest with DIGEST_INVALID",
    level: "MUST",
    cites: [clause(5, "digest"), distSpec("DIGEST_INVALID")],
    why: "an invalid digest must not become a path",
    lookFor: "a digest that is used before it is parsed; requireDigest() of oci-types parses it",
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
    title: "every call throws a TypeError for a name that is not a string",
    level: "MUST",
    cites: [clause(1, "mistakes"), rule("arguments")],
    why: "a programming error must not look like missing content",
    lookFor: 'undefined converted to "undefined", or content read before the name is checked',
    run: async (context) => {
      const { registry } = context;
      for (const wrong of [undefined, null, 7, {}] as unknown[] as string[]) {
        for (const { run } of promised(repositoryCalls, context))
          await rejectsWith(() => run(registry, { repo: wrong, digest: nowhere, tag: "t" }), TypeError);
        for (const { name, run } of promised(digestCalls, context)) {
          // Without a digest, pushManifest stores the manifest under the digest it computes.
          if (name === "pushManifest" && (wrong as unknown) === undefined) continue;
          await rejectsWith(() => run(registry, { repo, digest: wrong, tag: "t" }), TypeError);
        }
        for (const { run } of promised(tagCalls, context))
          await rejectsWith(() => run(registry, { repo, digest: nowhere, tag: wrong }), TypeError);
        // Without a source, mountBlob searches every repository.
        if (context.promises("mount") && (wrong as unknown) !== undefined)
          await rejectsWith(() => registry.mountBlob(wrong, repo, nowhere), TypeError);
      }
    },
  },
  {
    id: "NAME-06",
    title: "every list validates its options at the first next()",
    level: "MUST",
    cites: [clause(1, "mistakes"), clause(2, "before"), clause(4, "lazy"), rule("arguments")],
    why: "a programming error must not look like an empty list",
    lookFor: "a list with a validation of its own, or a check outside the generator",
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
        const reason = new Error("aborted by the case");
        await failsWhenAsked(
          () => list({ signal: AbortSignal.abort(reason) }),
          (ask) => rejectsAborted(ask, reason),
        );
        equal(
          await collect(list({ startAfter: "" })),
          await collect(list({})),
          "the items with an empty startAfter",
        );
      }
    },
  },
  {
    id: "NAME-07",
    title: "a list reads no content before the first next()",
    level: "MUST",
    cites: [clause(4, "lazy")],
    why: "an unused list must cost nothing, and a used one must be current",
    lookFor: "a list that is read by the call itself instead of a generator",
    run: async (context) => {
      const { registry } = context;
      await pushArtifact(registry, "one", ["t"], subject);
      const waiting = lists(context).map((list) => list({}));
      await pushArtifact(registry, "two", ["u"], subject);
      await populate(registry, "conformance/z");
      for (const [i, list] of lists(context).entries()) {
        const listed = waiting[i];
        if (listed !== undefined)
          equal(await collect(listed), await collect(list({})), "the items at the first next()");
      }
    },
  },
  {
    id: "SIGNAL-01",
    title: "every call rejects with the reason of a signal that is already aborted",
    level: "MUST",
    cites: [clause(2, "before")],
    why: "an aborted request should cost nothing",
    lookFor: "a signal that is not passed on, or a call without signal?.throwIfAborted()",
    run: async (context) => {
      const { registry } = context;
      const { descriptor } = await pushText(registry, "x");
      const one = await pushArtifact(registry, "one", ["t"]);
      for (const reason of [new Error("aborted by the case"), "a string", 0]) {
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
      equal(await registry.resolveTag(repo, "t"), one, "the tag's manifest");
      await resolves(
        () => registry.resolveBlob(repo, descriptor.digest),
        "resolveBlob after the aborted calls",
      );
    },
  },
];
