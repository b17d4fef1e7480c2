import {
  computeDigest,
  emptyDescriptor,
  isRegistryError,
  octetStream,
  dockerMediaTypes,
} from "@ocilayout/oci-types";

import { artifact, emptyBlob, index, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { capabilities, clause, distSpec, imageSpec, rule } from "../../case/cites.ts";
import { equal, reads, rejects, rejectsWith, resolves, rejection, holds } from "../../case/context.ts";
import {
  bytes,
  imageManifest,
  namedArtifact,
  nowhere,
  pushArtifact,
  pushText,
  repo,
  emptyList,
  imageIndex,
  absent,
} from "../../case/content.ts";

/** Manifests stored and found again. */
export const manifestCases: readonly ConformanceCase[] = [
  {
    id: "MANIFEST-01",
    title: "a manifest is stored byte for byte",
    level: "MUST",
    cites: [clause(12, "bytes"), distSpec("end-7a")],
    why: "the digest is that of the exact bytes, and signatures depend on it",
    lookFor: "JSON that is parsed and serialized again",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const odd = bytes(
        `\n { "schemaVersion" : 2, "mediaType":"${imageManifest}", "x": 1.0,\n"config": ${JSON.stringify(emptyDescriptor)}, "layers":[ ] } `,
      );
      const { digest } = await registry.pushManifest(repo, odd, imageManifest, { tags: ["t"] });
      equal(digest, (await computeDigest(odd)).digest, "the digest");
      for (const reader of [await registry.getManifest(repo, digest), await registry.getTag(repo, "t")])
        await reads(reader, odd, "the manifest");
    },
  },
  {
    id: "MANIFEST-02",
    title: "a resolved manifest has exactly a media type, a digest and a size",
    level: "MUST",
    cites: [clause(18, "members")],
    why: "clients copy descriptors into other documents",
    lookFor: "annotations or names copied from the index",
    run: async ({ registry }) => {
      const pushed = await pushArtifact(registry, "one", ["t"]);
      const { mediaType, digest, size } = pushed;
      for (const resolved of [
        pushed,
        await registry.resolveManifest(repo, digest),
        await registry.resolveTag(repo, "t"),
      ])
        equal(resolved, { mediaType, digest, size }, "the descriptor");
      equal(mediaType, imageManifest, "the media type");
    },
  },
  {
    id: "MANIFEST-06",
    title: "pushManifest rejects a digest mismatch and stores nothing",
    level: "MUST",
    cites: [clause(12, "bytes"), distSpec("end-7a")],
    why: "a client that passes a digest expects it to be verified",
    lookFor: "options.digest, which must be compared with the computed digest",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const { content, descriptor } = await artifact({ artifactType: "a/b" });
      await rejects(
        () => registry.pushManifest(repo, content, imageManifest, { digest: nowhere, tags: ["t"] }),
        "DIGEST_INVALID",
      );
      await rejects(() => registry.resolveManifest(repo, descriptor.digest), ...absent.manifest);
      await rejects(() => registry.resolveTag(repo, "t"), ...absent.manifest);
      equal(
        (await registry.pushManifest(repo, content, imageManifest, { digest: descriptor.digest })).digest,
        descriptor.digest,
        "the digest",
      );
      await rejects(
        () => registry.pushManifest(repo, content, imageManifest, { digest: nowhere }),
        "DIGEST_INVALID",
      );
    },
  },
  {
    id: "MANIFEST-07",
    title: "a manifest of an unknown media type is stored and served unchanged",
    level: "MUST",
    cites: [clause(12, "unknown")],
    needs: ["opaqueManifests"],
    why: "future artifacts will have media types that are unknown today",
    lookFor: "a list of allowed types",
    run: async ({ registry }) => {
      const contents = [
        bytes("anything at all"),
        Uint8Array.of(0xef, 0xbb, 0xbf, 0, 0xff, 0xfe),
        bytes(`{"schemaVersion":1,"mediaType":"application/x-unknown","layers":[{"digest":"${nowhere}"}]}`),
      ];
      for (const content of contents) {
        const pushed = await resolves(
          () => registry.pushManifest(repo, content, "application/x-unknown", { tags: ["t"] }),
          "a push of an unknown type",
        );
        equal(pushed.mediaType, "application/x-unknown", "the media type");
        for (const reader of [
          await registry.getManifest(repo, pushed.digest),
          await registry.getTag(repo, "t"),
        ]) {
          equal(reader.descriptor, pushed, "the reader's descriptor");
          await reads(reader, content, "the content");
        }
        equal(await registry.resolveTag(repo, "t"), pushed, "the descriptor of the tag");
      }
    },
  },
  {
    id: "MANIFEST-22",
    title: "without the capability opaqueManifests, a manifest of an unknown media type is rejected",
    level: "MUST",
    cites: [clause(12, "unknown"), capabilities],
    unless: "opaqueManifests",
    why: "a caller must learn that an artifact was not stored",
    lookFor: "a push that resolves and stores nothing, or a capability that is supported but set to false",
    run: async ({ registry }) => {
      await pushArtifact(registry, "one");
      for (const content of [bytes("anything at all"), bytes('{"mediaType":"application/x-unknown"}')])
        await rejects(
          () => registry.pushManifest(repo, content, "application/x-unknown", { tags: ["t"] }),
          "MANIFEST_INVALID",
          "UNSUPPORTED",
        );
      await rejects(() => registry.resolveTag(repo, "t"), "MANIFEST_UNKNOWN");
    },
  },
  {
    id: "MANIFEST-11",
    title: "an untagged child of an index is found by its digest",
    level: "MUST",
    cites: [clause(17, "children"), clause(18, "claims")],
    why: "clients pull one platform by the digest of the child",
    lookFor: "children that are found only if they are tagged",
    run: async ({ registry }) => {
      const child = await pushArtifact(registry, "child");
      await pushContent(registry, repo, index([namedArtifact("child")]), { tags: ["list"] });
      equal(await registry.resolveManifest(repo, child.digest), child, "the child's own descriptor");
      await (await registry.getManifest(repo, child.digest)).bytes();
    },
  },
  {
    id: "MANIFEST-12",
    title: "getManifest and resolveManifest fail with MANIFEST_UNKNOWN for a plain blob or a missing digest",
    level: "MUST",
    cites: [clause(1, "code"), rule("manifest-as-blob")],
    why: "a client would take a layer for an image",
    lookFor: "manifests and blobs stored together without a distinction",
    run: async ({ registry, promises }) => {
      const { descriptor } = await pushText(registry, "{}");
      await pushArtifact(registry, "one");
      const digests = promises("knowsManifests") ? [descriptor.digest, nowhere] : [nowhere];
      for (const digest of digests) {
        await rejects(() => registry.getManifest(repo, digest), "MANIFEST_UNKNOWN");
        await rejects(() => registry.resolveManifest(repo, digest), "MANIFEST_UNKNOWN");
      }
    },
  },
  {
    id: "MANIFEST-23",
    title: "without the capability knowsManifests, getManifest of a plain blob fails with another code",
    level: "MUST",
    cites: [rule("manifest-as-blob"), capabilities],
    unless: "knowsManifests",
    why: "a client would take a layer for an image",
    lookFor: "a blob that is returned as a manifest, or a capability that is supported but set to false",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "{}");
      await pushArtifact(registry, "one");
      for (const call of [
        () => registry.getManifest(repo, descriptor.digest),
        () => registry.resolveManifest(repo, descriptor.digest),
      ]) {
        const error = await rejection(call, "rejection with a RegistryError");
        holds(
          isRegistryError(error) && error.code !== "MANIFEST_UNKNOWN",
          "rejection with another code than MANIFEST_UNKNOWN",
          error,
        );
      }
    },
  },
  {
    id: "MANIFEST-13",
    title: "pushManifest rejects the same bytes under another media type with MANIFEST_INVALID",
    level: "MUST",
    cites: [clause(12, "same-bytes")],
    why: "the media type of a digest must not depend on the order of pushes",
    lookFor: "a second type that replaces the first",
    run: async ({ registry, promises }) => {
      const untyped = bytes('{"schemaVersion":2,"manifests":[]}');
      const list = await registry.pushManifest(repo, untyped, imageIndex, { tags: ["list"] });
      await rejects(
        () => registry.pushManifest(repo, untyped, dockerMediaTypes.manifestList, { tags: ["list"] }),
        "MANIFEST_INVALID",
      );
      equal((await registry.resolveTag(repo, "list")).mediaType, imageIndex, "the type of the tag");
      equal(await registry.resolveManifest(repo, list.digest), list, "the manifest");
      if (!promises("opaqueManifests")) return;
      const { digest } = await registry.pushManifest(repo, bytes("thing"), "application/x-one", {
        tags: ["t"],
      });
      await rejects(
        () => registry.pushManifest(repo, bytes("thing"), "application/x-two", { tags: ["t"] }),
        "MANIFEST_INVALID",
      );
      equal((await registry.resolveManifest(repo, digest)).mediaType, "application/x-one", "the type");
      equal((await registry.resolveTag(repo, "t")).mediaType, "application/x-one", "the type of the tag");
    },
  },
  {
    id: "MANIFEST-14",
    title: "a manifest of 4 MiB is accepted",
    level: "MUST",
    cites: [clause(13, "limits"), distSpec("pushing-manifests")],
    why: "large indexes and artifacts with many annotations reach this size",
    lookFor: "a limit below 4 MiB",
    run: async ({ registry }) => {
      const size = 4 * 1024 * 1024;
      const [short, mediaType] = emptyList("");
      const [large] = emptyList("x".repeat(size - short.length));
      const { digest } = await resolves(
        () => registry.pushManifest(repo, large, mediaType),
        "a push of 4 MiB",
      );
      equal((await (await registry.getManifest(repo, digest)).bytes()).length, size, "its size");
    },
  },
  {
    id: "MANIFEST-15",
    title: "parameters of a media type are removed",
    level: "MUST",
    cites: [clause(12, "media-type")],
    why: "HTTP clients send parameters in Content-Type that descriptors do not have",
    lookFor:
      "a media type stored with its parameters, or a known type not recognized because of them; parseManifest() of oci-types returns the bare type",
    run: async ({ registry, promises }) => {
      await pushContent(registry, repo, emptyBlob);
      const { content } = await artifact({ artifactType: "a/b" });
      for (const parameter of ["; charset=utf-8", ";charset=utf-8", " ; a=b; c=d"]) {
        const { mediaType, digest } = await resolves(
          () => registry.pushManifest(repo, content, `${imageManifest}${parameter}`),
          "a push of a type with a parameter",
        );
        equal(mediaType, imageManifest, "the media type");
        equal(
          (await registry.resolveManifest(repo, digest)).mediaType,
          imageManifest,
          "the resolved media type",
        );
      }
      if (promises("opaqueManifests")) {
        const unknown = await registry.pushManifest(repo, bytes("x"), "application/x-unknown; a=b");
        equal(
          (await registry.resolveManifest(repo, unknown.digest)).mediaType,
          "application/x-unknown",
          "the resolved media type of an unknown type",
        );
      }
      await rejects(
        () => registry.pushManifest(repo, bytes("{}"), `${imageManifest}; charset=utf-8`),
        "MANIFEST_INVALID",
      );
    },
  },
  {
    id: "MANIFEST-16",
    title: "changing a pushed manifest or its options after the call does not change what was stored",
    level: "MUST",
    cites: [clause(3, "arguments")],
    why: "callers reuse their buffers and options",
    lookFor: "a reference to the caller's array in the store: copy it",
    run: async ({ registry }) => {
      const [pushed, mediaType] = emptyList("a manifest");
      const content = pushed.slice();
      const tags = ["t"];
      const { digest } = await registry.pushManifest(repo, content, mediaType, { tags });
      content.fill(0);
      tags[0] = "u";
      await reads(await registry.getManifest(repo, digest), pushed, "the content");
      for (const open of [() => registry.getTag(repo, "t"), () => registry.getManifest(repo, digest)]) {
        for await (const chunk of await open()) chunk.fill(0);
        await reads(await open(), pushed, "the content in the second read");
      }
    },
  },
  {
    id: "MANIFEST-17",
    title: "changing a returned manifest descriptor does not change later results",
    level: "MUST",
    cites: [clause(3, "results")],
    why: "one caller would change the descriptor that the next one receives",
    lookFor: "the stored descriptor returned without a copy",
    run: async ({ registry }) => {
      const pushed = await pushArtifact(registry, "one", ["t"]);
      const expected = { ...pushed };
      const resolved = [
        pushed,
        await registry.resolveTag(repo, "t"),
        await registry.resolveManifest(repo, pushed.digest),
        (await registry.getTag(repo, "t")).descriptor,
      ];
      // Reflect.set() has no effect on a frozen descriptor, which is equally correct.
      for (const descriptor of resolved) Reflect.set(descriptor, "mediaType", "application/x-changed");
      equal(await registry.resolveTag(repo, "t"), expected, "the descriptor of the tag");
      equal(await registry.resolveManifest(repo, expected.digest), expected, "the descriptor of the digest");
      equal(await pushArtifact(registry, "one", ["t"]), expected, "the descriptor of a repeated push");
    },
  },
  {
    id: "MANIFEST-18",
    title: "a manifest can be pushed again, and its tags accumulate",
    level: "MUST",
    cites: [clause(12), clause(15, "together")],
    why: "clients tag a manifest by pushing it again",
    lookFor: "an error if the manifest already exists, or tags that are dropped or replaced",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["a"]);
      equal(await resolves(() => pushArtifact(registry, "one", ["b"]), "a second push"), one, "the manifest");
      equal(
        await resolves(() => pushArtifact(registry, "one"), "a third push without tags"),
        one,
        "the manifest",
      );
      for (const tag of ["a", "b"])
        equal(await registry.resolveTag(repo, tag), one, `the descriptor of ${tag}`);
    },
  },
  {
    id: "MANIFEST-19",
    title: "a manifest can be pushed and read under a sha512 digest",
    level: "MUST",
    cites: [clause(12, "bytes"), imageSpec("descriptor.md#digests")],
    needs: ["sha512"],
    why: "a client expects the manifest under the digest that it passed",
    lookFor:
      "sha256 used instead of the digest's own algorithm; computeDigest() of oci-types takes the algorithm",
    run: async ({ registry }) => {
      const manifest = emptyList("a manifest");
      const { digest } = await computeDigest(manifest[0], { algorithm: "sha512" });
      equal(
        (await registry.pushManifest(repo, ...manifest, { digest, tags: ["t"] })).digest,
        digest,
        "the digest",
      );
      equal((await registry.resolveTag(repo, "t")).digest, digest, "the digest of the tag");
      equal(
        (await resolves(() => registry.resolveManifest(repo, digest), "resolveManifest of the sha512 digest"))
          .digest,
        digest,
        "its digest",
      );
      await reads(await registry.getManifest(repo, digest), manifest[0], "the content");
      await rejects(() => registry.pushManifest(repo, ...emptyList("another"), { digest }), "DIGEST_INVALID");
    },
  },
  {
    id: "MANIFEST-20",
    title:
      "pushManifest throws a TypeError for content that is not bytes and a media type or tags of the wrong type",
    level: "MUST",
    cites: [clause(1, "mistakes")],
    why: "a programming error must be distinguishable from an invalid image",
    lookFor: "text that is encoded silently, or a string iterated as a list of tags",
    run: async ({ registry }) => {
      for (const content of ["text", undefined, null, {}, [1]])
        await rejectsWith(
          () => registry.pushManifest(repo, content as Uint8Array, "application/x-a"),
          TypeError,
        );
      await rejectsWith(
        () => registry.pushManifest(repo, bytes("x"), undefined as unknown as string),
        TypeError,
      );
      await rejectsWith(
        () =>
          registry.pushManifest(repo, bytes("x"), "application/x-a", {
            tags: "latest" as unknown as string[],
          }),
        TypeError,
      );
    },
  },
  {
    id: "MANIFEST-21",
    title: "a manifest read as a blob has the type application/octet-stream, or fails with BLOB_UNKNOWN",
    level: "MUST",
    cites: [clause(7, "descriptor"), rule("manifest-as-blob")],
    why: "the media type of a blob is only known from descriptors that reference it",
    lookFor: "one descriptor for the manifest and the blob",
    run: async ({ registry }) => {
      const { digest, size } = await pushArtifact(registry, "one", ["t"]);
      try {
        equal(
          await registry.resolveBlob(repo, digest),
          { mediaType: octetStream, digest, size },
          "the manifest as a blob",
        );
      } catch (error) {
        if (!isRegistryError(error, "BLOB_UNKNOWN")) throw error;
      }
    },
  },
];
