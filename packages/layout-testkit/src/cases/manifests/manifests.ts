import { computeDigest, emptyDescriptor, isRegistryError, octetStream } from "@ocilayout/oci-types";

import { artifact, emptyBlob, index, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause, distSpec, imageSpec, rule } from "../../case/cites.ts";
import { equal, reads, rejects, rejectsWith, resolves } from "../../case/context.ts";
import {
  absent,
  bytes,
  imageManifest,
  namedArtifact,
  nowhere,
  pushArtifact,
  pushText,
  repo,
} from "../../case/content.ts";

/** How manifests are stored and found again. */
export const manifestCases: readonly ConformanceCase[] = [
  {
    id: "MANIFEST-01",
    title: "a manifest is stored byte for byte",
    level: "MUST",
    cites: [clause(12, "bytes"), distSpec("end-7a")],
    why: "its digest is that of its bytes, signatures depend on it",
    lookFor: "JSON that is parsed and written again",
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
    title: "a resolved manifest has its media type, digest and size, and nothing else",
    level: "MUST",
    cites: [clause(18, "members")],
    why: "descriptors are copied into other documents",
    lookFor: "annotations or names that leak from the index",
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
    title: "the digest option is verified",
    level: "MUST",
    cites: [clause(12, "bytes"), distSpec("end-7a")],
    why: "who pushes by digest wants to be sure",
    lookFor: "options.digest, which is not compared with what was computed",
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
    title: "a manifest of an unknown type is stored and served as it is",
    level: "MUST",
    cites: [clause(12, "unknown")],
    why: "tomorrow's artifacts have types that nobody knows today",
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
          "the push of an unknown type",
        );
        equal(pushed.mediaType, "application/x-unknown", "the media type");
        for (const reader of [
          await registry.getManifest(repo, pushed.digest),
          await registry.getTag(repo, "t"),
        ]) {
          equal(reader.descriptor, pushed, "the descriptor of the reader");
          await reads(reader, content, "the content");
        }
        equal(await registry.resolveTag(repo, "t"), pushed, "what the tag points at");
      }
    },
  },
  {
    id: "MANIFEST-11",
    title: "a child of an index is a manifest of its repository",
    level: "MUST",
    cites: [clause(17, "children"), clause(18, "claims")],
    why: "who pulls one platform asks for the child by its digest",
    lookFor: "children that are only found where they were tagged",
    run: async ({ registry }) => {
      const child = await pushArtifact(registry, "child");
      await pushContent(registry, repo, index([namedArtifact("child")]), { tags: ["list"] });
      equal(await registry.resolveManifest(repo, child.digest), child, "the child's own descriptor");
      await (await registry.getManifest(repo, child.digest)).bytes();
    },
  },
  {
    id: "MANIFEST-12",
    title: "a plain blob is no manifest, and what is not there is none",
    level: "MUST",
    cites: [clause(1, "code"), rule("manifest-as-blob")],
    why: "a client would take a layer for an image",
    lookFor: "manifests and blobs in one place, without a difference",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "{}");
      await pushArtifact(registry, "one");
      for (const digest of [descriptor.digest, nowhere]) {
        await rejects(() => registry.getManifest(repo, digest), "MANIFEST_UNKNOWN");
        await rejects(() => registry.resolveManifest(repo, digest), "MANIFEST_UNKNOWN");
      }
    },
  },
  {
    id: "MANIFEST-13",
    title: "the same bytes under another type are MANIFEST_INVALID",
    level: "MUST",
    cites: [clause(12, "same-bytes")],
    why: "what a digest is must not depend on the order of pushes",
    lookFor: "a second type that replaces the first",
    run: async ({ registry }) => {
      const { digest } = await registry.pushManifest(repo, bytes("thing"), "application/x-one", {
        tags: ["t"],
      });
      await rejects(
        () => registry.pushManifest(repo, bytes("thing"), "application/x-two", { tags: ["t"] }),
        "MANIFEST_INVALID",
      );
      equal((await registry.resolveManifest(repo, digest)).mediaType, "application/x-one", "the type");
      equal(
        (await registry.resolveTag(repo, "t")).mediaType,
        "application/x-one",
        "the type of what the tag points at",
      );
    },
  },
  {
    id: "MANIFEST-14",
    title: "a manifest of four mebibytes is not too large",
    level: "MUST",
    cites: [clause(13, "limits"), distSpec("pushing-manifests")],
    why: "indexes and artifacts with much to say are that large",
    lookFor: "a limit below four mebibytes",
    run: async ({ registry }) => {
      const { digest } = await resolves(
        () => registry.pushManifest(repo, new Uint8Array(4 * 1024 * 1024), "application/x-large"),
        "a manifest of 4 MiB",
      );
      equal((await (await registry.getManifest(repo, digest)).bytes()).length, 4 * 1024 * 1024, "its size");
    },
  },
  {
    id: "MANIFEST-15",
    title: "a type's parameters are not part of it",
    level: "MUST",
    cites: [clause(12, "media-type")],
    why: "what HTTP clients send in Content-Type is not what a descriptor says",
    lookFor:
      "a media type that is stored as it came, and known types that are not recognised; parseManifest() of oci-types gives the bare one",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const { content } = await artifact({ artifactType: "a/b" });
      for (const parameter of ["; charset=utf-8", ";charset=utf-8", " ; a=b; c=d"]) {
        const { mediaType, digest } = await resolves(
          () => registry.pushManifest(repo, content, `${imageManifest}${parameter}`),
          "the push of a type with a parameter",
        );
        equal(mediaType, imageManifest, "the media type");
        equal(
          (await registry.resolveManifest(repo, digest)).mediaType,
          imageManifest,
          "the resolved media type",
        );
      }
      const unknown = await registry.pushManifest(repo, bytes("x"), "application/x-unknown; a=b");
      equal(
        (await registry.resolveManifest(repo, unknown.digest)).mediaType,
        "application/x-unknown",
        "the resolved media type of what nobody knows",
      );
      await rejects(
        () => registry.pushManifest(repo, bytes("{}"), `${imageManifest}; charset=utf-8`),
        "MANIFEST_INVALID",
      );
    },
  },
  {
    id: "MANIFEST-16",
    title: "what a manifest is made of may be changed once the push is over",
    level: "MUST",
    cites: [clause(3, "arguments")],
    why: "callers reuse their buffers and options",
    lookFor: "the caller's own array in the store",
    run: async ({ registry }) => {
      const content = bytes("a manifest");
      const tags = ["t"];
      const { digest } = await registry.pushManifest(repo, content, "application/x-a", { tags });
      content.fill(0);
      tags[0] = "u";
      await reads(await registry.getManifest(repo, digest), bytes("a manifest"), "the content");
      for (const open of [() => registry.getTag(repo, "t"), () => registry.getManifest(repo, digest)]) {
        for await (const chunk of await open()) chunk.fill(0);
        await reads(await open(), bytes("a manifest"), "the content that was read before");
      }
    },
  },
  {
    id: "MANIFEST-17",
    title: "a returned descriptor may be changed",
    level: "MUST",
    cites: [clause(3, "results")],
    why: "one caller would change what the next one is told",
    lookFor: "the stored descriptor handed out: give a copy",
    run: async ({ registry }) => {
      const pushed = await pushArtifact(registry, "one", ["t"]);
      const expected = { ...pushed };
      const resolved = [
        pushed,
        await registry.resolveTag(repo, "t"),
        await registry.resolveManifest(repo, pushed.digest),
        (await registry.getTag(repo, "t")).descriptor,
      ];
      // A frozen one cannot be changed: that is as good.
      for (const descriptor of resolved) Reflect.set(descriptor, "mediaType", "application/x-changed");
      equal(await registry.resolveTag(repo, "t"), expected, "the descriptor of the tag");
      equal(await registry.resolveManifest(repo, expected.digest), expected, "the descriptor of the digest");
      equal(await pushArtifact(registry, "one", ["t"]), expected, "the descriptor of another push");
    },
  },
  {
    id: "MANIFEST-18",
    title: "a manifest may be pushed again, also with more tags",
    level: "MUST",
    cites: [clause(12), clause(15, "together")],
    why: "tagging is a push of what is there",
    lookFor: "an error where it exists already, tags that are forgotten or replaced",
    run: async ({ registry }) => {
      const one = await pushArtifact(registry, "one", ["a"]);
      equal(
        await resolves(() => pushArtifact(registry, "one", ["b"]), "the second push"),
        one,
        "the manifest",
      );
      equal(
        await resolves(() => pushArtifact(registry, "one"), "the third push, without tags"),
        one,
        "the manifest",
      );
      for (const tag of ["a", "b"]) equal(await registry.resolveTag(repo, tag), one, `what ${tag} points at`);
    },
  },
  {
    id: "MANIFEST-19",
    title: "a manifest may have a sha512 digest",
    level: "MUST",
    cites: [clause(12, "bytes"), imageSpec("descriptor.md#digests")],
    needs: ["sha512"],
    why: "who asks for a digest means that one",
    lookFor: "sha256 where the digest's own algorithm should be; computeDigest() of oci-types takes one",
    run: async ({ registry }) => {
      const { digest } = await computeDigest(bytes("a manifest"), { algorithm: "sha512" });
      equal(
        (await registry.pushManifest(repo, bytes("a manifest"), "application/x-a", { digest, tags: ["t"] }))
          .digest,
        digest,
        "the digest",
      );
      equal((await registry.resolveTag(repo, "t")).digest, digest, "the digest of what the tag points at");
      equal(
        (await resolves(() => registry.resolveManifest(repo, digest), "the manifest by its digest")).digest,
        digest,
        "its digest",
      );
      await reads(await registry.getManifest(repo, digest), bytes("a manifest"), "the content");
      await rejects(
        () => registry.pushManifest(repo, bytes("another"), "application/x-a", { digest }),
        "DIGEST_INVALID",
      );
    },
  },
  {
    id: "MANIFEST-20",
    title: "a manifest that is no bytes, and a type that is no text, are a TypeError",
    level: "MUST",
    cites: [clause(1, "mistakes")],
    why: "a mistake of the program is not a broken image",
    lookFor: "text that is encoded in silence, text that is walked through like a list of tags",
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
    title: "a manifest that is asked for as a blob has no type, or is no blob",
    level: "MUST",
    cites: [clause(7, "descriptor"), rule("manifest-as-blob")],
    why: "a blob's type is what refers to it says, whatever else is known",
    lookFor: "one descriptor for both",
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
