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

/** Referrers. */
export const referrerCases: readonly ConformanceCase[] = [
  {
    id: "REFERRER-01",
    title: "referrers() lists every manifest with the given subject, sorted by digest",
    level: "MUST",
    cites: [clause(21, "order"), distSpec("end-12a")],
    needs,
    why: "clients find signatures and SBOMs this way",
    lookFor: "a subject that is not recorded, or results in the order of pushes",
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
    title: "referrers() of an unknown repository or subject is empty",
    level: "MUST",
    cites: [clause(21, "empty"), distSpec("listing-referrers")],
    needs,
    why: "a client that looks for signatures would take an error for a failure",
    lookFor: "a lookup that rejects",
    run: async ({ registry }) => {
      equal(
        await resolves(
          () => collect(registry.referrers("conformance/nowhere", nowhere)),
          "the list in an unknown repository",
        ),
        [],
        "the referrers in an unknown repository",
      );
      await pushArtifact(registry, "one");
      equal(
        await resolves(() => collect(registry.referrers(repo, nowhere)), "the list of an unknown subject"),
        [],
        "the referrers of an unknown subject",
      );
    },
  },
  {
    id: "REFERRER-03",
    title: "the artifact type falls back to the config's media type",
    level: "MUST",
    cites: [clause(21, "type"), distSpec("end-12a")],
    needs,
    why: "artifacts older than OCI 1.1 have their type there",
    lookFor: "a lookup in only one of the two places",
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
        "the number of referrers with that type",
      );
    },
  },
  {
    id: "REFERRER-04",
    title: "referrers() lists only manifests of its repository",
    level: "MUST",
    cites: [clause(21), distSpec("end-12a")],
    needs,
    why: "a signature must not count in another repository",
    lookFor: "one list for all repositories",
    run: async ({ registry }) => {
      await pushArtifact(registry, "here", [], subject);
      equal(await collect(registry.referrers(other, nowhere)), [], "the other repository's referrers");
      await pushContent(registry, other, artifact({ artifactType: "a/b", subject }));
      equal(
        (await collect(registry.referrers(repo, nowhere))).length,
        1,
        "the number of referrers in the first repository",
      );
    },
  },
  {
    id: "REFERRER-05",
    title: "a deleted referrer is no longer listed",
    level: "MUST",
    cites: [clause(21), distSpec("end-12a")],
    needs: ["referrers", "deleteManifest"],
    why: "a revoked signature must not be found",
    lookFor: "relations that remain after the manifest is deleted",
    run: async ({ registry }) => {
      const [one, two] = [
        await pushArtifact(registry, "one", [], subject),
        await pushArtifact(registry, "two", ["t"], subject),
      ];
      await registry.deleteManifest(repo, two.digest);
      equal(
        (await collect(registry.referrers(repo, nowhere))).map(({ digest }) => digest),
        [one.digest],
        "the remaining referrers",
      );
    },
  },
  {
    id: "REFERRER-06",
    title: "referrers() applies startAfter and limit",
    level: "MUST",
    cites: [clause(20, "page"), clause(21, "order"), distSpec("end-12a")],
    needs,
    why: "the next page would repeat or skip a referrer",
    lookFor: "an inclusive startAfter, or a truthiness test of the limit",
    run: async ({ registry }) => {
      for (const name of ["x", "y", "z"]) await pushArtifact(registry, name, [], subject);
      const list = async (options: object): Promise<string[]> =>
        (await collect(registry.referrers(repo, nowhere, options))).map(({ digest }) => digest);
      const all = await list({});
      equal(await list({ startAfter: all[0] }), all.slice(1), "the referrers after the first");
      equal(await list({ startAfter: all[0], limit: 1 }), all.slice(1, 2), "one referrer after the first");
      equal(await list({ startAfter: nowhere }), all, "the referrers after a digest that is not listed");
      equal(await list({ limit: 0 }), [], "the referrers with a limit of 0");
      await rejectsWith(() => list({ limit: -1 }), RangeError);
    },
  },
  {
    id: "REFERRER-07",
    title: "referrers() returns the artifact type and annotations of each manifest",
    level: "MUST",
    cites: [clause(21, "annotations"), distSpec("end-12a")],
    needs,
    why: "clients select by type and annotations without pulling each manifest",
    lookFor: "missing annotations, or an index's type that is missing or invented",
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
        "an index in the list",
      );
      const app = await pushContent(registry, "conformance/d", image({ subject }));
      equal(
        await collect(registry.referrers("conformance/d", nowhere)),
        [{ ...app, artifactType: ociMediaTypes.imageConfig }],
        "an image in the list",
      );
      const plain = await registry.pushManifest(
        "conformance/c",
        bytes(JSON.stringify({ schemaVersion: 2, mediaType: imageIndex, manifests: [], subject })),
        imageIndex,
      );
      equal(
        await collect(registry.referrers("conformance/c", nowhere)),
        [{ ...plain }],
        "an index without a type in the list",
      );
    },
  },
  {
    id: "REFERRER-08",
    title: "referrers() filters by the computed artifact type",
    level: "MUST",
    cites: [clause(21, "type"), distSpec("end-12b")],
    needs,
    why: "a client that asks for signatures must receive only those",
    lookFor: "a filter on the document's own artifactType, or one that an empty string disables",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", [], subject);
      await pushContent(registry, repo, artifact({ artifactType: "application/vnd.other", subject }));
      const list = async (artifactType: string): Promise<string[]> =>
        (await collect(registry.referrers(repo, nowhere, { artifactType }))).map(({ digest }) => digest);
      equal(await list("application/vnd.conformance"), [one.digest], "the referrers of one type");
      equal(await list("application/vnd.nosuch"), [], "the referrers of an unused type");
      equal(await list(""), [], "the referrers of an empty type");
      equal(
        await collect(
          registry.referrers(repo, nowhere, {
            artifactType: "application/vnd.conformance",
            limit: 1,
            startAfter: one.digest,
          }),
        ),
        [],
        "the referrers of one type after the last of them",
      );
    },
  },
  {
    id: "REFERRER-09",
    title: "children of the referrers tag are listed once, and only with a matching subject",
    level: "MUST",
    cites: [clause(21, "tag"), distSpec("referrers-tag-schema")],
    needs,
    why: "clients of older registries keep referrers in this index, and its entries are not trustworthy",
    lookFor: "the tag's index returned without checks, or its children added twice",
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
        "the referrers including one that the tag does not list",
      );
    },
  },
  {
    id: "REFERRER-10",
    title: "a referrer may have referrers of its own, and its subject may be missing",
    level: "MUST",
    cites: [clause(21), distSpec("end-12a")],
    needs,
    why: "an SBOM is signed like an image",
    lookFor: "a subject that must be an image, or must exist when its referrer is pushed",
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
    title: "changing a listed referrer changes nothing, and leaving the loop early frees the list",
    level: "MUST",
    cites: [clause(3, "results"), clause(4, "early")],
    needs,
    why: "one caller would change what the next one receives",
    lookFor: "stored annotations returned without a copy, or a lock that is held during the iteration",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", [], subject);
      for await (const referrer of registry.referrers(repo, nowhere)) {
        // Reflect.set() has no effect on frozen objects, which is equally correct.
        Reflect.set(referrer.annotations ?? {}, "name", "changed");
        Reflect.set(referrer, "artifactType", "a/changed");
        break;
      }
      await resolves(() => pushContent(registry, repo, emptyBlob), "a push after the loop was left");
      equal(
        await collect(registry.referrers(repo, nowhere)),
        [{ ...one, artifactType: "application/vnd.conformance", annotations: { name: "one" } }],
        "the referrers",
      );
    },
  },
  {
    id: "REFERRER-12",
    title: "referrers() rejects an invalid digest with DIGEST_INVALID",
    level: "MUST",
    cites: [clause(5, "digest")],
    needs,
    why: "an empty list would mean that an image has no signatures",
    lookFor: "a digest that is compared without validation",
    run: async ({ registry }) => {
      await pushArtifact(registry, "one", [], subject);
      for (const digest of ["", "latest", "sha256:"])
        await rejects(() => collect(registry.referrers(repo, digest)), "DIGEST_INVALID");
    },
  },
  {
    id: "REFERRER-13",
    title: "referrers() accepts a sha512 digest",
    level: "MUST",
    cites: [clause(21), imageSpec("descriptor.md#digests")],
    needs: ["referrers", "sha512"],
    why: "a supported algorithm must work in every call",
    lookFor: "digests that are recognized only with sha256",
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
    title: "a manifest of an unknown media type is not a referrer",
    level: "MUST",
    cites: [clause(12, "unknown"), clause(21)],
    needs: [...needs, "opaqueManifests"],
    why: "an opaque document must not count as a signature, because it was never validated",
    lookFor: "a subject that is read from any JSON document",
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
    title: "referrers() throws a TypeError for an artifactType that is not a string",
    level: "MUST",
    cites: [clause(1, "mistakes")],
    needs,
    why: "a programming error would look like an unsigned image",
    lookFor: "an artifactType that is compared without validation",
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
    title: "referrers() iterates over a snapshot",
    level: "MUST",
    cites: [clause(4, "snapshot")],
    needs,
    why: "callers may push and delete while they iterate",
    lookFor: "pages that are read one after the other during the iteration",
    run: async ({ registry }) => {
      for (const name of ["x", "y"]) await pushArtifact(registry, name, [], subject);
      const before = await collect(registry.referrers(repo, nowhere));
      const seen: unknown[] = [];
      for await (const referrer of registry.referrers(repo, nowhere)) {
        // With this many pushes it is almost certain that one sorts after the first digest.
        if (seen.length === 0)
          for (let i = 0; i < 12; i += 1)
            await resolves(
              () => pushArtifact(registry, `late ${i}`, [], subject),
              "a push during the iteration",
            );
        seen.push(referrer);
      }
      equal(seen, before, "the referrers at the start of the iteration");
    },
  },
];
