import { computeDigest, dockerMediaTypes, emptyDescriptor } from "@ocilayout/oci-types";

import { artifact, emptyBlob, image, index, json, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../case.ts";
import { equal, reads, rejects, rejectsWith, resolves } from "../context.ts";
import { bytes, imageIndex, imageManifest, nowhere, pushArtifact, pushText, repo } from "./content.ts";

/** What a registry does with manifests that are pushed. */
export const manifestCases: readonly ConformanceCase[] = [
  {
    id: "MANIFEST-01", title: "a manifest is stored byte for byte", level: "MUST", cites: "clause 12; distribution-spec end-7",
    why: "its digest is that of its bytes, signatures depend on it", lookFor: "JSON that is parsed and written again",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const odd = bytes(`\n { "schemaVersion" : 2, "mediaType":"${imageManifest}", "x": 1.0,\n"config": ${JSON.stringify(emptyDescriptor)}, "layers":[ ] } `);
      const { digest } = await registry.pushManifest(repo, odd, imageManifest, { tags: ["t"] });
      equal(digest, (await computeDigest(odd)).digest, "the digest");
      for (const reader of [await registry.getManifest(repo, digest), await registry.getTag(repo, "t")]) await reads(reader, odd, "the manifest");
    },
  },
  {
    id: "MANIFEST-02", title: "a resolved manifest has its media type, digest and size, and nothing else", level: "MUST", cites: "clause 18",
    why: "descriptors are copied into other documents", lookFor: "annotations or names that leak from the index",
    run: async ({ registry }) => {
      const pushed = await pushArtifact(registry, "one", ["t"]);
      const { mediaType, digest, size } = pushed;
      for (const resolved of [pushed, await registry.resolveManifest(repo, digest), await registry.resolveTag(repo, "t")]) equal(resolved, { mediaType, digest, size }, "the descriptor");
      equal(mediaType, imageManifest, "the media type");
    },
  },
  {
    id: "MANIFEST-03", title: "a missing config or layer is MANIFEST_BLOB_UNKNOWN", level: "MUST", cites: "clause 14; distribution-spec end-7", needs: ["checksReferences"],
    why: "an image that cannot be pulled is found out at the worst moment", lookFor: "references that are not looked at",
    run: async ({ registry }) => {
      const { content } = await image({ layers: ["absent"] });
      await rejects(() => registry.pushManifest(repo, content, imageManifest), "MANIFEST_BLOB_UNKNOWN");
      await pushContent(registry, repo, emptyBlob);
      const missing = await artifact({ artifactType: "a/b", layers: [json("absent", "text/plain")] });
      await rejects(() => registry.pushManifest(repo, missing.content, imageManifest, { tags: ["t"] }), "MANIFEST_BLOB_UNKNOWN");
      await rejects(() => registry.resolveTag(repo, "t"), "MANIFEST_UNKNOWN");
    },
  },
  {
    id: "MANIFEST-04", title: "a missing subject is no obstacle", level: "MUST", cites: "clause 14; distribution-spec, pushing manifests with subject",
    why: "a signature may come before its image", lookFor: "a subject that is checked like a layer",
    run: async ({ registry }) => {
      const subject = { mediaType: imageManifest, digest: nowhere, size: 7 };
      await resolves(() => pushArtifact(registry, "about", [], subject), "the push of a manifest whose subject is absent");
    },
  },
  {
    id: "MANIFEST-05", title: "a layer that is to be had elsewhere may be absent", level: "MUST", cites: "clause 14", needs: ["checksReferences"],
    why: "images with foreign layers must be storable", lookFor: "urls that are not looked at",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const layers = [{ mediaType: "a/b", digest: nowhere, size: 1, urls: ["https://example.com/layer"] }];
      const content = bytes(JSON.stringify({ schemaVersion: 2, mediaType: imageManifest, config: emptyDescriptor, layers }));
      await resolves(() => registry.pushManifest(repo, content, imageManifest), "the push of a manifest with a foreign layer");
    },
  },
  {
    id: "MANIFEST-06", title: "the digest option is verified", level: "MUST", cites: "clause 12; distribution-spec end-7",
    why: "who pushes by digest wants to be sure", lookFor: "an option that is not compared",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const { content, descriptor } = await artifact({ artifactType: "a/b" });
      await rejects(() => registry.pushManifest(repo, content, imageManifest, { digest: nowhere }), "DIGEST_INVALID");
      equal((await registry.pushManifest(repo, content, imageManifest, { digest: descriptor.digest })).digest, descriptor.digest, "the digest");
    },
  },
  {
    id: "MANIFEST-07", title: "a manifest of an unknown type is stored and served as it is", level: "MUST", cites: "clause 12",
    why: "tomorrow's artifacts have types that nobody knows today", lookFor: "a list of allowed types",
    run: async ({ registry }) => {
      const content = bytes("anything at all");
      const { digest } = await resolves(() => registry.pushManifest(repo, content, "application/x-unknown", { tags: ["t"] }), "the push of an unknown type");
      equal((await registry.resolveTag(repo, "t")).mediaType, "application/x-unknown", "the media type");
      await reads(await registry.getManifest(repo, digest), content, "the content");
    },
  },
  {
    id: "MANIFEST-08", title: "what a manifest says that it is must be what it is pushed as", level: "MUST", cites: "clause 12; CVE-2021-41190",
    why: "two readers would take the same bytes for two things", lookFor: "a media type that is not compared with the document's",
    run: async ({ registry }) => {
      const { content } = await pushContent(registry, repo, emptyBlob).then(() => artifact({ artifactType: "a/b" }));
      await rejects(() => registry.pushManifest(repo, content, dockerMediaTypes.manifest), "MANIFEST_INVALID");
      await rejects(() => registry.pushManifest(repo, content, imageIndex), "MANIFEST_INVALID");
    },
  },
  {
    id: "MANIFEST-09", title: "a document that is no manifest is MANIFEST_INVALID", level: "MUST", cites: "clause 13",
    why: "what is stored under a known type is read by everybody", lookFor: "a type that is believed",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const valid = { schemaVersion: 2, mediaType: imageManifest, config: emptyDescriptor, layers: [] };
      const wrong: unknown[] = [[], null, {}, { ...valid, schemaVersion: 7 }, { ...valid, manifests: [] }, { ...valid, config: undefined }, { ...valid, config: { ...emptyDescriptor, size: -1 } }, { ...valid, config: { ...emptyDescriptor, size: 3 } }, { ...valid, annotations: { a: 1 } }];
      for (const document of wrong) await rejects(() => registry.pushManifest(repo, bytes(JSON.stringify(document)), imageManifest), "MANIFEST_INVALID");
      for (const text of ["", "{", "\u00ff"]) await rejects(() => registry.pushManifest(repo, bytes(text), imageManifest), "MANIFEST_INVALID");
    },
  },
  {
    id: "MANIFEST-10", title: "an index's children must be there, and be what it says", level: "MUST", cites: "clause 14; image-spec image-index.md", needs: ["checksReferences"],
    why: "an index that lists a plain blob breaks whoever walks it", lookFor: "a child that is only looked for as a blob",
    run: async ({ registry }) => {
      const child = await pushArtifact(registry, "child");
      const text = await pushText(registry, "no manifest");
      const list = (...manifests: readonly object[]): Uint8Array => bytes(JSON.stringify({ schemaVersion: 2, mediaType: imageIndex, manifests }));
      await rejects(() => registry.pushManifest(repo, list({ mediaType: imageManifest, digest: nowhere, size: 1 }), imageIndex), "MANIFEST_BLOB_UNKNOWN");
      await rejects(() => registry.pushManifest(repo, list({ ...text.descriptor, mediaType: imageManifest }), imageIndex), "MANIFEST_INVALID");
      await rejects(() => registry.pushManifest(repo, list({ ...child, size: child.size + 1 }), imageIndex), "MANIFEST_INVALID");
      await resolves(() => registry.pushManifest(repo, list(child), imageIndex), "the push of an index of what is there");
    },
  },
  {
    id: "MANIFEST-11", title: "a child of an index is a manifest of its repository", level: "MUST", cites: "clauses 17 and 18",
    why: "who pulls one platform asks for the child by its digest", lookFor: "children that are only found where they were tagged",
    run: async ({ registry }) => {
      const child = await pushArtifact(registry, "child");
      await pushContent(registry, repo, index([artifact({ artifactType: "application/vnd.conformance", annotations: { name: "child" } })]), { tags: ["list"] });
      equal(await registry.resolveManifest(repo, child.digest), child, "the child's own descriptor");
    },
  },
  {
    id: "MANIFEST-12", title: "a plain blob is no manifest, and what is not there is none", level: "MUST", cites: "clause 5; section 3",
    why: "a client would take a layer for an image", lookFor: "manifests and blobs in one place, without a difference",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "{}");
      for (const digest of [descriptor.digest, nowhere]) {
        await rejects(() => registry.getManifest(repo, digest), "MANIFEST_UNKNOWN");
        await rejects(() => registry.resolveManifest(repo, digest), "MANIFEST_UNKNOWN");
      }
    },
  },
  {
    id: "MANIFEST-13", title: "the same bytes under another type are MANIFEST_INVALID", level: "MUST", cites: "clause 12",
    why: "what a digest is must not depend on the order of pushes", lookFor: "a second type that replaces the first",
    run: async ({ registry }) => {
      await registry.pushManifest(repo, bytes("thing"), "application/x-one");
      await rejects(() => registry.pushManifest(repo, bytes("thing"), "application/x-two"), "MANIFEST_INVALID");
      equal((await registry.resolveManifest(repo, (await computeDigest(bytes("thing"))).digest)).mediaType, "application/x-one", "the type");
    },
  },
  {
    id: "MANIFEST-14", title: "a manifest that is no bytes is a TypeError, one that is too large SIZE_INVALID", level: "MUST", cites: "clauses 1 and 13; distribution-spec, 4 MiB at least",
    why: "a client has to know whether it or the image is wrong", lookFor: "a limit below four mebibytes, or none",
    run: async ({ registry }) => {
      await rejectsWith(() => registry.pushManifest(repo, "text" as unknown as Uint8Array, imageManifest), TypeError);
      await resolves(() => registry.pushManifest(repo, new Uint8Array(4 * 1024 * 1024), "application/x-large"), "a manifest of 4 MiB");
    },
  },
];
