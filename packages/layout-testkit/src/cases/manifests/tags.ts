import { artifact, emptyBlob, pushContent } from "../../content/index.ts";
import { collect } from "@ocilayout/oci-types";

import type { ConformanceCase } from "../../case/case.ts";
import { capabilities, clause, distSpec } from "../../case/cites.ts";
import { equal, rejects, rejectsWith, resolves } from "../../case/context.ts";
import {
  absent,
  bytes,
  imageManifest,
  namedArtifact,
  nowhere,
  other,
  pushArtifact,
  repo,
} from "../../case/content.ts";

/** What a registry does with tags. */
export const tagCases: readonly ConformanceCase[] = [
  {
    id: "TAG-01",
    title: "tags that are given together are all applied",
    level: "MUST",
    cites: [clause(15, "together")],
    why: "v1 and latest are meant to be the same",
    lookFor: "only the first of them",
    run: async ({ registry }) => {
      const { digest } = await pushArtifact(registry, "one", ["a", "b", "c", "b"]);
      for (const tag of ["a", "b", "c"])
        equal((await registry.resolveTag(repo, tag)).digest, digest, `what ${tag} points at`);
      equal(await collect(registry.tags(repo)), ["a", "b", "c"], "the tags");
    },
  },
  {
    id: "TAG-02",
    title: "an invalid tag is NAME_INVALID, and nothing is done",
    level: "MUST",
    cites: [clause(15, "invalid"), distSpec("pulling-manifests")],
    why: "half of a change is worse than none",
    lookFor: "tags that are checked one by one while they are applied; requireTag() of ociref checks one",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const { content, descriptor } = await artifact({ artifactType: "a/b" });
      for (const tag of ["", "-x", ".x", "a b", "a/b", "a:b", "a\n", "ä", "x".repeat(129)]) {
        await rejects(
          () => registry.pushManifest(repo, content, imageManifest, { tags: ["good", tag] }),
          "NAME_INVALID",
        );
        await rejects(() => registry.resolveTag(repo, tag), "NAME_INVALID");
        await rejects(() => registry.getTag(repo, tag), "NAME_INVALID");
      }
      await rejects(() => registry.resolveTag(repo, "good"), ...absent.manifest);
      await rejects(() => registry.resolveManifest(repo, descriptor.digest), ...absent.manifest);
      await resolves(
        () => registry.pushManifest(repo, content, imageManifest, { tags: ["x".repeat(128), "_X.y-1"] }),
        "the push of the longest tag, and of one with all that is allowed",
      );
    },
  },
  {
    id: "TAG-03",
    title: "moving a tag keeps the old manifest reachable by digest",
    level: "MUST",
    cites: [clause(15, "moving")],
    why: "a digest that somebody wrote down must not stop working",
    lookFor: "an entry that is replaced",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["t"]);
      const old = await pushArtifact(registry, "old", ["u"]);
      const two = await pushArtifact(registry, "two", ["t", "u"]);
      for (const tag of ["t", "u"]) equal(await registry.resolveTag(repo, tag), two, `what ${tag} points at`);
      equal(
        await resolves(
          () => registry.resolveManifest(repo, old.digest),
          "the manifest that the other tag pointed at",
        ),
        old,
        "it",
      );
      equal(
        await resolves(
          () => registry.resolveManifest(repo, one.digest),
          "the manifest that the tag pointed at",
        ),
        one,
        "it",
      );
      await (await registry.getManifest(repo, one.digest)).bytes();
      equal(await collect(registry.tags(repo)), ["t", "u"], "the tags");
    },
  },
  {
    id: "TAG-04",
    title: "ifMatch and ifNoneMatch decide whether a tag is moved",
    level: "MUST",
    cites: [clause(15, "preconditions")],
    needs: ["conditionalTags"],
    why: "two writers would overwrite each other's change",
    lookFor: "ifMatch and ifNoneMatch, which are ignored or compared with something else than the tag",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const push = async (name: string, condition: object): Promise<string> =>
        (await pushContent(registry, repo, namedArtifact(name), { tags: ["t"], ...condition })).digest;
      await rejects(() => push("zero", { ifMatch: "*" }), "PRECONDITION_FAILED");
      await rejects(() => push("zero", { ifMatch: nowhere }), "PRECONDITION_FAILED");
      const one = await push("one", { ifNoneMatch: "*" });
      await rejects(() => push("one", { ifNoneMatch: "*" }), "PRECONDITION_FAILED");
      await rejects(() => push("one", { ifMatch: nowhere }), "PRECONDITION_FAILED");
      await rejects(() => push("two", { ifNoneMatch: "*" }), "PRECONDITION_FAILED");
      await rejects(() => push("two", { ifMatch: nowhere }), "PRECONDITION_FAILED");
      equal((await registry.resolveTag(repo, "t")).digest, one, "what the tag points at");
      const two = await push("two", { ifMatch: one });
      await rejects(() => push("three", { ifMatch: one }), "PRECONDITION_FAILED");
      equal((await registry.resolveTag(repo, "t")).digest, two, "what the tag points at");
      await push("three", { ifMatch: "*" });
    },
  },
  {
    id: "TAG-05",
    title: "a precondition that fails changes nothing",
    level: "MUST",
    cites: [clause(15, "preconditions")],
    needs: ["conditionalTags"],
    why: "half of a change is worse than none",
    lookFor: "tags that are compared one by one while they are applied, a manifest that is stored first",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["old"]);
      const two = await namedArtifact("two");
      await pushContent(registry, repo, emptyBlob);
      await rejects(
        () =>
          registry.pushManifest(repo, two.content, imageManifest, { tags: ["new", "old"], ifNoneMatch: "*" }),
        "PRECONDITION_FAILED",
      );
      await rejects(
        () =>
          registry.pushManifest(repo, two.content, imageManifest, {
            tags: ["old", "new"],
            ifMatch: one.digest,
          }),
        "PRECONDITION_FAILED",
      );
      await rejects(() => registry.resolveTag(repo, "new"), "MANIFEST_UNKNOWN");
      await rejects(() => registry.resolveManifest(repo, two.descriptor.digest), "MANIFEST_UNKNOWN");
      await rejects(() => registry.resolveBlob(repo, two.descriptor.digest), "BLOB_UNKNOWN");
      equal(await registry.resolveTag(repo, "old"), one, "the tag, as it was");
    },
  },
  {
    id: "TAG-06",
    title: "a precondition needs a tag, and a digest that is one",
    level: "MUST",
    cites: [clause(5, "digest"), clause(15, "preconditions")],
    needs: ["conditionalTags"],
    why: "a condition on nothing would always hold",
    lookFor:
      "options that are only looked at in the loop over tags; requirePrecondition() of oci-types looks at them",
    run: async ({ registry }) => {
      await rejectsWith(
        () => registry.pushManifest(repo, bytes("x"), "application/x-a", { ifMatch: "*" }),
        TypeError,
      );
      await rejectsWith(
        () => registry.pushManifest(repo, bytes("x"), "application/x-a", { ifNoneMatch: "*", tags: [] }),
        TypeError,
      );
      await pushArtifact(registry, "one", ["t"]);
      await rejects(
        () => registry.pushManifest(repo, bytes("x"), "application/x-a", { tags: ["t"], ifMatch: "" }),
        "DIGEST_INVALID",
      );
      await rejects(
        () => registry.pushManifest(repo, bytes("x"), "application/x-a", { tags: ["t"], ifMatch: "latest" }),
        "DIGEST_INVALID",
      );
    },
  },
  {
    id: "TAG-07",
    title: "deleteTag takes preconditions, too",
    level: "MUST",
    cites: [clause(15, "preconditions")],
    needs: ["conditionalTags", "deleteTag"],
    why: "somebody may have moved the tag since it was looked at",
    lookFor: "options that are ignored",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["t"]);
      await rejects(() => registry.deleteTag(repo, "t", { ifMatch: nowhere }), "PRECONDITION_FAILED");
      await rejects(() => registry.deleteTag(repo, "t", { ifMatch: "" }), "DIGEST_INVALID");
      await rejects(() => registry.deleteTag(repo, "t", { ifNoneMatch: "*" }), "PRECONDITION_FAILED");
      for (const ifMatch of ["*", nowhere])
        await rejects(
          () => registry.deleteTag(repo, "nosuch", { ifMatch }),
          "PRECONDITION_FAILED",
          "MANIFEST_UNKNOWN",
        );
      equal(await registry.resolveTag(repo, "t"), one, "the tag, as it was");
      await resolves(
        () => registry.deleteTag(repo, "t", { ifMatch: one.digest }),
        "the deletion of a tag that is as required",
      );
      await rejects(() => registry.resolveTag(repo, "t"), "MANIFEST_UNKNOWN");
    },
  },
  {
    id: "TAG-08",
    title: "where preconditions are not supported they are refused, not ignored",
    level: "MUST",
    cites: [clause(15, "transaction"), capabilities, distSpec("UNSUPPORTED")],
    unless: "conditionalTags",
    why: "a caller would think that nobody's change was overwritten",
    lookFor: "options that are not looked at",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["t"]);
      await rejects(
        () =>
          registry.pushManifest(repo, bytes("x"), "application/x-a", { tags: ["t"], ifMatch: one.digest }),
        "UNSUPPORTED",
      );
      await rejects(
        () => registry.pushManifest(repo, bytes("x"), "application/x-a", { tags: ["u"], ifNoneMatch: "*" }),
        "UNSUPPORTED",
      );
      await rejects(() => registry.deleteTag(repo, "t", { ifMatch: one.digest }), "UNSUPPORTED");
      equal(await registry.resolveTag(repo, "t"), one, "the tag, as it was");
      await rejects(() => registry.resolveTag(repo, "u"), "MANIFEST_UNKNOWN");
    },
  },
  {
    id: "TAG-09",
    title: "a tag that is not there is MANIFEST_UNKNOWN",
    level: "MUST",
    cites: [clause(20, "unknown"), distSpec("MANIFEST_UNKNOWN")],
    why: "a caller decides by this code whether to push",
    lookFor: "undefined in place of a rejection, an object's own members taken for tags",
    run: async ({ registry }) => {
      await pushArtifact(registry, "one", ["t"]);
      for (const tag of ["nosuch", "T", "t2", "constructor", "toString", "__proto__", "hasOwnProperty"]) {
        await rejects(() => registry.resolveTag(repo, tag), "MANIFEST_UNKNOWN");
        await rejects(() => registry.getTag(repo, tag), "MANIFEST_UNKNOWN");
      }
      await rejects(() => registry.resolveTag(other, "t"), ...absent.manifest);
    },
  },
  {
    id: "TAG-10",
    title: "a tag may have any name that is allowed",
    level: "MUST",
    cites: [clause(5, "tag"), distSpec("pulling-manifests")],
    why: "tags are people's words",
    lookFor: "an object whose members are tags, a path that is made of one",
    run: async ({ registry }) => {
      const names = [
        "__proto__",
        "constructor",
        "latest",
        "v1.0",
        "V1.0",
        "1e3",
        "index.json",
        "sha256-0",
        "NUL",
        "_manifests",
      ];
      for (const name of names)
        await registry.pushManifest(repo, bytes(name), "application/x-a", { tags: [name] });
      for (const name of names)
        equal(await (await registry.getTag(repo, name)).text(), name, `what ${name} points at`);
      equal(await collect(registry.tags(repo)), [...names].sort(), "the tags");
    },
  },
];
