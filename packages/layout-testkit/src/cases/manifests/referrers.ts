import { collect, computeDigest, emptyDescriptor, ociMediaTypes } from "@ocilayout/oci-types";

import { artifact, emptyBlob, image, index, json, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause, distSpec, imageSpec } from "../../case/cites.ts";
import { equal, rejects, rejectsWith, resolves } from "../../case/context.ts";
import {
  bytes,
  imageIndex,
  imageManifest,
  namedArtifact,
  nowhere,
  other,
  pushArtifact,
  repo,
} from "../../case/content.ts";

const subject = { mediaType: imageManifest, digest: nowhere, size: 7 };
const needs = ["referrers"] as const;

/** What a registry says of referrers. */
export const referrerCases: readonly ConformanceCase[] = [
  {
    id: "REFERRER-01",
    title: "the referrers of a manifest are those whose subject it is, in the order of their digests",
    level: "MUST",
    cites: [clause(21, "order"), distSpec("end-12a")],
    needs,
    why: "signatures and SBOMs are found this way",
    lookFor: "a subject that is not kept, or the order of pushes",
    run: async ({ registry }) => {
      const pushed: string[] = [];
      for (const name of ["u", "v", "w", "x", "y", "z"])
        pushed.push((await pushArtifact(registry, name, [], subject)).digest);
      await pushArtifact(registry, "not about it");
      const found = await collect(registry.referrers(repo, nowhere));
      equal(
        found.map(({ digest }) => digest),
        [...pushed].sort(),
        "the referrers' digests",
      );
    },
  },
  {
    id: "REFERRER-02",
    title: "an unknown repository or subject has none, and is no error",
    level: "MUST",
    cites: [clause(21, "empty"), distSpec("listing-referrers")],
    needs,
    why: "who looks for signatures would take the error for a failure",
    lookFor: "a lookup that rejects",
    run: async ({ registry }) => {
      equal(
        await resolves(() => collect(registry.referrers("conformance/nowhere", nowhere)), "an empty list"),
        [],
        "the referrers in an unknown repository",
      );
      await pushArtifact(registry, "one");
      equal(
        await resolves(() => collect(registry.referrers(repo, nowhere)), "an empty list"),
        [],
        "the referrers of an unknown subject",
      );
    },
  },
  {
    id: "REFERRER-03",
    title: "without an artifact type the config's media type counts",
    level: "MUST",
    cites: [clause(21, "type"), distSpec("end-12a")],
    needs,
    why: "artifacts of before OCI 1.1 say it there",
    lookFor: "only one of the two places",
    run: async ({ registry }) => {
      const config = await pushContent(registry, repo, json({}, "application/vnd.old.config"));
      const manifest = {
        schemaVersion: 2,
        mediaType: imageManifest,
        config: { ...config, mediaType: "application/vnd.old.config" },
        layers: [],
        subject,
      };
      const old = await registry.pushManifest(repo, bytes(JSON.stringify(manifest)), imageManifest);
      equal(
        await collect(registry.referrers(repo, nowhere)),
        [{ ...old, artifactType: "application/vnd.old.config" }],
        "the referrers",
      );
      equal(
        (await collect(registry.referrers(repo, nowhere, { artifactType: "application/vnd.old.config" })))
          .length,
        1,
        "how many are of that type",
      );
    },
  },
  {
    id: "REFERRER-04",
    title: "another repository's referrers are not this one's",
    level: "MUST",
    cites: [clause(21), distSpec("end-12a")],
    needs,
    why: "a signature would count where nobody put it",
    lookFor: "one list for all repositories",
    run: async ({ registry }) => {
      await pushArtifact(registry, "here", [], subject);
      equal(await collect(registry.referrers(other, nowhere)), [], "the other repository's referrers");
      await pushContent(registry, other, artifact({ artifactType: "a/b", subject }));
      equal((await collect(registry.referrers(repo, nowhere))).length, 1, "how many there are here");
    },
  },
  {
    id: "REFERRER-05",
    title: "a deleted referrer is none any more",
    level: "MUST",
    cites: [clause(21), distSpec("end-12a")],
    needs: ["referrers", "deleteManifest"],
    why: "a revoked signature must not be found",
    lookFor: "relations that are kept when the manifest goes",
    run: async ({ registry }) => {
      const [one, two] = [
        await pushArtifact(registry, "one", [], subject),
        await pushArtifact(registry, "two", ["t"], subject),
      ];
      await registry.deleteManifest(repo, two.digest);
      equal(
        (await collect(registry.referrers(repo, nowhere))).map(({ digest }) => digest),
        [one.digest],
        "those that are left",
      );
    },
  },
  {
    id: "REFERRER-06",
    title: "a list of referrers begins after a digest and ends at its limit",
    level: "MUST",
    cites: [clause(20, "page"), clause(21, "order"), distSpec("end-12a")],
    needs,
    why: "the next page would repeat or skip one",
    lookFor: "an inclusive beginning, a limit that is tested for truth",
    run: async ({ registry }) => {
      for (const name of ["x", "y", "z"]) await pushArtifact(registry, name, [], subject);
      const list = async (options: object): Promise<string[]> =>
        (await collect(registry.referrers(repo, nowhere, options))).map(({ digest }) => digest);
      const all = await list({});
      equal(await list({ startAfter: all[0] }), all.slice(1), "what comes after the first");
      equal(await list({ startAfter: all[0], limit: 1 }), all.slice(1, 2), "one after the first");
      equal(await list({ startAfter: nowhere }), all, "what comes after a digest that is not in the list");
      equal(await list({ limit: 0 }), [], "none of them");
      await rejectsWith(() => list({ limit: -1 }), RangeError);
    },
  },
  {
    id: "REFERRER-07",
    title: "a referrer is described by what it says of itself",
    level: "MUST",
    cites: [clause(21, "annotations"), distSpec("end-12a")],
    needs,
    why: "clients choose by type and annotations, without pulling each",
    lookFor: "annotations that are left out, an index's type that is forgotten or made up",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["t"], subject);
      equal(
        await collect(registry.referrers(repo, nowhere)),
        [{ ...one, artifactType: "application/vnd.conformance", annotations: { name: "one" } }],
        "the referrers",
      );
      const typed = await pushContent(
        registry,
        other,
        index([], { artifactType: "application/vnd.list", annotations: { name: "list" }, subject }),
      );
      equal(
        await collect(registry.referrers(other, nowhere)),
        [{ ...typed, artifactType: "application/vnd.list", annotations: { name: "list" } }],
        "an index that is a referrer",
      );
      const app = await pushContent(registry, "conformance/d", image({ subject }));
      equal(
        await collect(registry.referrers("conformance/d", nowhere)),
        [{ ...app, artifactType: ociMediaTypes.imageConfig }],
        "an image that is a referrer",
      );
      const plain = await registry.pushManifest(
        "conformance/c",
        bytes(JSON.stringify({ schemaVersion: 2, mediaType: imageIndex, manifests: [], subject })),
        imageIndex,
      );
      equal(
        await collect(registry.referrers("conformance/c", nowhere)),
        [{ ...plain }],
        "an index without a type",
      );
    },
  },
  {
    id: "REFERRER-08",
    title: "the filter is on the type that is told",
    level: "MUST",
    cites: [clause(21, "type"), distSpec("end-12b")],
    needs,
    why: "who asks for signatures must get those, and only those",
    lookFor: "a filter on the document's member, or one that an empty string passes",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", [], subject);
      await pushContent(registry, repo, artifact({ artifactType: "application/vnd.other", subject }));
      const list = async (artifactType: string): Promise<string[]> =>
        (await collect(registry.referrers(repo, nowhere, { artifactType }))).map(({ digest }) => digest);
      equal(await list("application/vnd.conformance"), [one.digest], "those of one type");
      equal(await list("application/vnd.nosuch"), [], "those of a type that nothing has");
      equal(await list(""), [], "those of an empty type");
      equal(
        await collect(
          registry.referrers(repo, nowhere, {
            artifactType: "application/vnd.conformance",
            limit: 1,
            startAfter: one.digest,
          }),
        ),
        [],
        "those of one type after the last of them",
      );
    },
  },
  {
    id: "REFERRER-09",
    title: "what the referrers tag lists counts where it says so itself, once",
    level: "MUST",
    cites: [clause(21, "tag"), distSpec("referrers-tag-schema")],
    needs,
    why: "clients of older registries keep referrers in such an index, and others could put anything there",
    lookFor: "the tag's index handed out as it is, or added to what was found anyway",
    run: async ({ registry }) => {
      const about = await namedArtifact("about", subject);
      const stranger = await namedArtifact("stranger");
      for (const it of [about, stranger]) await pushContent(registry, repo, it);
      const claim = { ...about.descriptor, artifactType: "a/claim", annotations: { name: "claim" } };
      await pushContent(registry, repo, index([claim, stranger]), { tags: [nowhere.replace(":", "-")] });
      const told = {
        ...about.descriptor,
        artifactType: "application/vnd.conformance",
        annotations: { name: "about" },
      };
      equal(await collect(registry.referrers(repo, nowhere)), [told], "the referrers");
      const unlisted = await pushArtifact(registry, "not listed", [], subject);
      equal(
        (await collect(registry.referrers(repo, nowhere))).map(({ digest }) => digest),
        [told.digest, unlisted.digest].sort(),
        "the referrers, with one that the tag does not list",
      );
    },
  },
  {
    id: "REFERRER-10",
    title: "a referrer may have referrers, and its subject may be there or not",
    level: "MUST",
    cites: [clause(21), distSpec("end-12a")],
    needs,
    why: "an SBOM is signed like an image",
    lookFor: "a subject that must be an image, or must be there when its referrer comes",
    run: async ({ registry }) => {
      const { descriptor } = await namedArtifact("app");
      const sbom = await pushArtifact(registry, "sbom", [], descriptor);
      const app = await pushArtifact(registry, "app", ["t"]);
      const signature = await pushArtifact(registry, "signature", [], sbom);
      for (const [about, expected] of [
        [app, [sbom.digest]],
        [sbom, [signature.digest]],
        [signature, []],
      ] as const) {
        equal(
          (await collect(registry.referrers(repo, about.digest))).map(({ digest }) => digest),
          expected,
          "the referrers of each",
        );
      }
    },
  },
  {
    id: "REFERRER-11",
    title: "a list of referrers belongs to its caller, and is freed when it is left",
    level: "MUST",
    cites: [clause(3, "results"), clause(4, "early")],
    needs,
    why: "one caller would change what the next one is told",
    lookFor: "stored annotations handed out, a lock that a list holds",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", [], subject);
      for await (const referrer of registry.referrers(repo, nowhere)) {
        // A frozen one cannot be changed: that is as good.
        Reflect.set(referrer.annotations ?? {}, "name", "changed");
        Reflect.set(referrer, "artifactType", "a/changed");
        break;
      }
      await resolves(() => pushContent(registry, repo, emptyBlob), "a push after a list was left");
      equal(
        await collect(registry.referrers(repo, nowhere)),
        [{ ...one, artifactType: "application/vnd.conformance", annotations: { name: "one" } }],
        "the referrers",
      );
    },
  },
  {
    id: "REFERRER-12",
    title: "a subject that is no digest is DIGEST_INVALID",
    level: "MUST",
    cites: [clause(5, "digest")],
    needs,
    why: "an empty list would say that nothing is signed",
    lookFor: "a comparison with whatever was given",
    run: async ({ registry }) => {
      await pushArtifact(registry, "one", [], subject);
      for (const digest of ["", "latest", "sha256:"])
        await rejects(() => collect(registry.referrers(repo, digest)), "DIGEST_INVALID");
    },
  },
  {
    id: "REFERRER-13",
    title: "a subject may have a sha512 digest",
    level: "MUST",
    cites: [clause(21), imageSpec("descriptor.md#digests")],
    needs: ["referrers", "sha512"],
    why: "an algorithm that is promised is promised everywhere",
    lookFor: "digests that are only recognised where they are sha256",
    run: async ({ registry }) => {
      const about = {
        mediaType: imageManifest,
        ...(await computeDigest(bytes("subject"), { algorithm: "sha512" })),
      };
      const one = await pushArtifact(registry, "one", [], about);
      equal(
        (await collect(registry.referrers(repo, about.digest))).map(({ digest }) => digest),
        [one.digest],
        "the referrers",
      );
    },
  },
  {
    id: "REFERRER-14",
    title: "what was pushed as a type that nobody knows is about nothing",
    level: "MUST",
    cites: [clause(12, "unknown"), clause(21)],
    needs,
    why: "whoever may push anything could put a signature where nobody looked at it",
    lookFor: "a subject that is found in whatever is JSON",
    run: async ({ registry }) => {
      const document = { schemaVersion: 2, config: emptyDescriptor, layers: [], subject };
      await registry.pushManifest(repo, bytes(JSON.stringify(document)), "application/x-unknown", {
        tags: ["t"],
      });
      equal(await collect(registry.referrers(repo, nowhere)), [], "the referrers");
    },
  },
  {
    id: "REFERRER-15",
    title: "an artifact type that is no text is a TypeError",
    level: "MUST",
    cites: [clause(1, "mistakes")],
    needs,
    why: "a mistake of the program would look like an image that nobody signed",
    lookFor: "a comparison with whatever was given",
    run: async ({ registry }) => {
      await pushArtifact(registry, "one", [], subject);
      for (const artifactType of [7, null, {}])
        await rejectsWith(
          () =>
            collect(registry.referrers(repo, nowhere, { artifactType: artifactType as unknown as string })),
          TypeError,
        );
    },
  },
  {
    id: "REFERRER-16",
    title: "a list of referrers is of one moment",
    level: "MUST",
    cites: [clause(4, "snapshot")],
    needs,
    why: "who works through a list changes what is in it",
    lookFor: "pages that are asked for one after the other",
    run: async ({ registry }) => {
      for (const name of ["x", "y"]) await pushArtifact(registry, name, [], subject);
      const before = await collect(registry.referrers(repo, nowhere));
      const seen: unknown[] = [];
      for await (const referrer of registry.referrers(repo, nowhere)) {
        // One of these many comes after the first in the order of digests, all but certainly.
        if (seen.length === 0)
          for (let i = 0; i < 12; i += 1)
            await resolves(
              () => pushArtifact(registry, `late ${i}`, [], subject),
              "pushes while somebody lists",
            );
        seen.push(referrer);
      }
      equal(seen, before, "the referrers of when the list began");
    },
  },
];
