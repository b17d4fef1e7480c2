import { artifact, emptyBlob, pushContent } from "../../content/index.ts";
import { collect } from "@ocilayout/oci-types";

import type { ConformanceCase } from "../../case/case.ts";
import { capabilities, clause, distSpec } from "../../case/cites.ts";
import { equal, rejects, rejectsWith, resolves } from "../../case/context.ts";
import {
  imageManifest,
  namedArtifact,
  nowhere,
  other,
  pushArtifact,
  repo,
  emptyList,
  absent,
  nameIn,
} from "../../case/content.ts";

/** Tags. */
export const tagCases: readonly ConformanceCase[] = [
  {
    id: "TAG-01",
    title: "pushManifest applies all of its tags",
    level: "MUST",
    cites: [clause(15, "together")],
    why: "tags such as v1 and latest must not differ",
    lookFor: "only the first tag applied",
    run: async ({ registry }) => {
      const { digest } = await pushArtifact(registry, "one", ["a", "b", "c", "b"]);
      for (const tag of ["a", "b", "c"])
        equal((await registry.resolveTag(repo, tag)).digest, digest, `the digest of ${tag}`);
      equal(await collect(registry.tags(repo)), ["a", "b", "c"], "the tags");
    },
  },
  {
    id: "TAG-02",
    title: "pushManifest rejects an invalid tag with NAME_INVALID and changes nothing",
    level: "MUST",
    cites: [clause(15, "invalid"), distSpec("pulling-manifests")],
    why: "a partial change leaves the tags inconsistent",
    lookFor: "tags that are checked one by one as they are applied; requireTag() of ociref checks one",
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
        "a push of the longest tag and of one with every kind of character",
      );
    },
  },
  {
    id: "TAG-03",
    title: "moving a tag keeps the old manifest reachable by digest",
    level: "MUST",
    cites: [clause(15, "moving")],
    why: "clients that stored a digest must still be able to pull it",
    lookFor: "an index entry that is replaced when the tag moves",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["t"]);
      const old = await pushArtifact(registry, "old", ["u"]);
      const two = await pushArtifact(registry, "two", ["t", "u"]);
      for (const tag of ["t", "u"])
        equal(await registry.resolveTag(repo, tag), two, `the descriptor of ${tag}`);
      equal(
        await resolves(
          () => registry.resolveManifest(repo, old.digest),
          "resolveManifest of the second tag's old manifest",
        ),
        old,
        "it",
      );
      equal(
        await resolves(
          () => registry.resolveManifest(repo, one.digest),
          "resolveManifest of the first tag's old manifest",
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
    title: "pushManifest moves a tag only if ifMatch or ifNoneMatch holds",
    level: "MUST",
    cites: [clause(15, "preconditions")],
    needs: ["conditionalTags"],
    why: "two writers would overwrite each other's change",
    lookFor: "ifMatch and ifNoneMatch ignored, or not compared with the tag's current digest",
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
      equal((await registry.resolveTag(repo, "t")).digest, one, "the digest of the tag");
      const two = await push("two", { ifMatch: one });
      await rejects(() => push("three", { ifMatch: one }), "PRECONDITION_FAILED");
      equal((await registry.resolveTag(repo, "t")).digest, two, "the digest of the tag");
      await push("three", { ifMatch: "*" });
    },
  },
  {
    id: "TAG-05",
    title: "a failed precondition changes nothing",
    level: "MUST",
    cites: [clause(15, "preconditions")],
    needs: ["conditionalTags", "atomicTags"],
    why: "a partial change leaves the tags inconsistent",
    lookFor: "preconditions checked one by one as tags are applied, or a manifest stored before them",
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
      equal(await registry.resolveTag(repo, "old"), one, "the tag's manifest");
    },
  },
  {
    id: "TAG-06",
    title: "pushManifest rejects a precondition without tags or with an invalid digest",
    level: "MUST",
    cites: [clause(5, "digest"), clause(15, "preconditions")],
    needs: ["conditionalTags"],
    why: "a precondition without a tag would always hold",
    lookFor:
      "options that are validated only in the loop over tags; requirePrecondition() of oci-types validates them",
    run: async ({ registry }) => {
      await rejectsWith(() => registry.pushManifest(repo, ...emptyList("x"), { ifMatch: "*" }), TypeError);
      await rejectsWith(
        () => registry.pushManifest(repo, ...emptyList("x"), { ifNoneMatch: "*", tags: [] }),
        TypeError,
      );
      await pushArtifact(registry, "one", ["t"]);
      await rejects(
        () => registry.pushManifest(repo, ...emptyList("x"), { tags: ["t"], ifMatch: "" }),
        "DIGEST_INVALID",
      );
      await rejects(
        () => registry.pushManifest(repo, ...emptyList("x"), { tags: ["t"], ifMatch: "latest" }),
        "DIGEST_INVALID",
      );
    },
  },
  {
    id: "TAG-07",
    title: "deleteTag deletes a tag only if ifMatch or ifNoneMatch holds",
    level: "MUST",
    cites: [clause(15, "preconditions")],
    needs: ["conditionalTags", "deleteTag"],
    why: "another client may have moved the tag in the meantime",
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
      equal(await registry.resolveTag(repo, "t"), one, "the tag's manifest");
      await resolves(
        () => registry.deleteTag(repo, "t", { ifMatch: one.digest }),
        "a deletion whose precondition holds",
      );
      await rejects(() => registry.resolveTag(repo, "t"), "MANIFEST_UNKNOWN");
    },
  },
  {
    id: "TAG-08",
    title: "without the capability conditionalTags, preconditions fail with UNSUPPORTED",
    level: "MUST",
    cites: [clause(15, "transaction"), capabilities, distSpec("UNSUPPORTED")],
    unless: "conditionalTags",
    why: "a caller would believe that no other change was overwritten",
    lookFor: "options that are ignored",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["t"]);
      await rejects(
        () => registry.pushManifest(repo, ...emptyList("x"), { tags: ["t"], ifMatch: one.digest }),
        "UNSUPPORTED",
      );
      await rejects(
        () => registry.pushManifest(repo, ...emptyList("x"), { tags: ["u"], ifNoneMatch: "*" }),
        "UNSUPPORTED",
      );
      await rejects(() => registry.deleteTag(repo, "t", { ifMatch: one.digest }), "UNSUPPORTED");
      equal(await registry.resolveTag(repo, "t"), one, "the tag's manifest");
      await rejects(() => registry.resolveTag(repo, "u"), "MANIFEST_UNKNOWN");
    },
  },
  {
    id: "TAG-09",
    title: "resolveTag and getTag fail with MANIFEST_UNKNOWN for a missing tag",
    level: "MUST",
    cites: [clause(20, "unknown"), distSpec("MANIFEST_UNKNOWN")],
    why: "callers decide by this code whether to push",
    lookFor: "undefined returned instead of a rejection, or inherited members of an object taken for tags",
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
    title: "every valid tag is accepted",
    level: "MUST",
    cites: [clause(5, "tag"), distSpec("pulling-manifests")],
    why: "users choose any tag that the specification allows",
    lookFor: "a plain object keyed by tag, or a path made from a tag",
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
      for (const name of names) await registry.pushManifest(repo, ...emptyList(name), { tags: [name] });
      for (const name of names)
        equal(await nameIn(await registry.getTag(repo, name)), name, `the content of ${name}`);
      equal(await collect(registry.tags(repo)), [...names].sort(), "the tags");
    },
  },
  {
    id: "TAG-11",
    title: "without the capability atomicTags, several tags are set, but not under a precondition",
    level: "MUST",
    cites: [clause(15, "together"), capabilities],
    unless: "atomicTags",
    why: "a caller would believe that all tags change under one condition, or none",
    lookFor: "a precondition that is checked for each tag when its turn comes",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["a", "b"]);
      for (const tag of ["a", "b"])
        equal(await registry.resolveTag(repo, tag), one, `the manifest of ${tag}`);
      for (const condition of [{ ifNoneMatch: "*" }, { ifMatch: one.digest }] as const)
        await rejects(
          () => registry.pushManifest(repo, ...emptyList("two"), { tags: ["a", "c"], ...condition }),
          "UNSUPPORTED",
        );
      equal(await registry.resolveTag(repo, "a"), one, "the manifest of a");
      await rejects(() => registry.resolveTag(repo, "c"), "MANIFEST_UNKNOWN");
    },
  },
];
