import {
  annotationKeys,
  computeDigest,
  dockerMediaTypes,
  emptyDescriptor,
  isRegistryError,
  ociMediaTypes,
} from "@ocilayout/oci-types";

import { artifact, blob, emptyBlob, image, index, json, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { capabilities, clause, distSpec, imageSpec } from "../../case/cites.ts";
import { equal, holds, rejection, rejects, resolves } from "../../case/context.ts";
import {
  absent,
  bytes,
  imageIndex,
  imageManifest,
  namedArtifact,
  nowhere,
  other,
  pushArtifact,
  pushText,
  repo,
} from "../../case/content.ts";

const needs = ["checksReferences"] as const;
const list = (...manifests: readonly object[]): Uint8Array =>
  bytes(JSON.stringify({ schemaVersion: 2, mediaType: imageIndex, manifests }));
const image2 = (members: object): Uint8Array =>
  bytes(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: imageManifest,
      config: emptyDescriptor,
      layers: [],
      ...members,
    }),
  );

/** References of manifests. */
export const referenceCases: readonly ConformanceCase[] = [
  {
    id: "MANIFEST-03",
    title: "pushManifest rejects a missing config or layer with MANIFEST_BLOB_UNKNOWN",
    level: "MUST",
    cites: [clause(14, "missing"), distSpec("end-7a")],
    needs,
    why: "a missing blob would only be noticed when the image is pulled",
    lookFor: "references that are not checked",
    run: async ({ registry }) => {
      const { content } = await image({ layers: ["absent"] });
      await rejects(() => registry.pushManifest(repo, content, imageManifest), "MANIFEST_BLOB_UNKNOWN");
      await rejects(() => registry.pushManifest(repo, image2({}), imageManifest), "MANIFEST_BLOB_UNKNOWN");
      await pushContent(registry, repo, emptyBlob);
      const docker = {
        mediaType: dockerMediaTypes.manifest,
        layers: [{ ...emptyDescriptor, digest: nowhere }],
      };
      await rejects(
        () => registry.pushManifest(repo, image2(docker), dockerMediaTypes.manifest),
        "MANIFEST_BLOB_UNKNOWN",
      );
      const missing = await artifact({ artifactType: "a/b", layers: [json("absent", "text/plain")] });
      await rejects(
        () => registry.pushManifest(repo, missing.content, imageManifest, { tags: ["t"] }),
        "MANIFEST_BLOB_UNKNOWN",
      );
      await rejects(() => registry.resolveTag(repo, "t"), ...absent.manifest);
      await rejects(() => registry.resolveManifest(repo, missing.descriptor.digest), ...absent.manifest);
      const one = await pushArtifact(registry, "one", ["t"]);
      await rejects(
        () => registry.pushManifest(repo, missing.content, imageManifest, { tags: ["t"] }),
        "MANIFEST_BLOB_UNKNOWN",
      );
      equal(await registry.resolveTag(repo, "t"), one, "the tag's manifest");
    },
  },
  {
    id: "MANIFEST-04",
    title: "pushManifest accepts a missing subject",
    level: "MUST",
    cites: [clause(14, "subject"), distSpec("pushing-manifests-with-subject")],
    why: "a signature may be pushed before its image",
    lookFor: "a subject that is checked like a layer",
    run: async ({ registry }) => {
      const subject = { mediaType: imageManifest, digest: nowhere, size: 7 };
      await resolves(
        () => pushArtifact(registry, "about", [], subject),
        "a push of a manifest whose subject is missing",
      );
      await resolves(
        () => pushContent(registry, repo, index([], { subject })),
        "a push of an index whose subject is missing",
      );
    },
  },
  {
    id: "MANIFEST-05",
    title: "pushManifest accepts a missing layer that has urls",
    level: "MUST",
    cites: [clause(14, "urls"), imageSpec("layer.md#non-distributable-layers")],
    needs: [...needs, "comparesReferences"],
    why: "images with foreign layers must be storable",
    lookFor: "urls that are ignored, or an empty urls list that counts as present",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const layers = [{ mediaType: "a/b", digest: nowhere, size: 1, urls: ["https://example.com/layer"] }];
      await resolves(
        () => registry.pushManifest(repo, image2({ layers }), imageManifest),
        "a push of a manifest with a foreign layer",
      );
      const absentLayer = { mediaType: "a/b", digest: `sha256:${"1".repeat(64)}`, size: 1 };
      await rejects(
        () => registry.pushManifest(repo, image2({ layers: [{ ...layers[0], urls: [] }] }), imageManifest),
        "MANIFEST_BLOB_UNKNOWN",
      );
      await rejects(
        () => registry.pushManifest(repo, image2({ layers: [...layers, absentLayer] }), imageManifest),
        "MANIFEST_BLOB_UNKNOWN",
      );
      const foreign = {
        ...absentLayer,
        mediaType: ociMediaTypes.layerNondistributable,
      };
      await rejects(
        () => registry.pushManifest(repo, image2({ layers: [foreign] }), imageManifest),
        "MANIFEST_BLOB_UNKNOWN",
      );
      await rejects(
        () => registry.pushManifest(repo, image2({ config: layers[0] }), imageManifest),
        "MANIFEST_BLOB_UNKNOWN",
      );
      await rejects(
        () => registry.pushManifest(repo, list({ ...layers[0], mediaType: imageManifest }), imageIndex),
        "MANIFEST_BLOB_UNKNOWN",
      );
    },
  },
  {
    id: "MANIFEST-10",
    title: "pushManifest rejects an index whose children are missing or differ from their descriptors",
    level: "MUST",
    cites: [clause(14, "children"), imageSpec("image-index.md")],
    needs: [...needs, "comparesReferences"],
    why: "an index that lists a plain blob as a manifest breaks clients that walk it",
    lookFor:
      "a child that is found only as a blob, or whose size and type are not compared: reject a child that differs from its descriptor with MANIFEST_INVALID",
    run: async ({ registry }) => {
      const child = await pushArtifact(registry, "child");
      const text = await pushText(registry, "no manifest");
      await rejects(
        () =>
          registry.pushManifest(
            repo,
            list({ mediaType: imageManifest, digest: nowhere, size: 1 }),
            imageIndex,
          ),
        "MANIFEST_BLOB_UNKNOWN",
      );
      await rejects(
        () =>
          registry.pushManifest(
            repo,
            list({ mediaType: imageManifest, digest: nowhere, size: 1 }, child),
            imageIndex,
          ),
        "MANIFEST_BLOB_UNKNOWN",
      );
      await rejects(
        () => registry.pushManifest(repo, list({ ...text.descriptor, mediaType: imageManifest }), imageIndex),
        "MANIFEST_INVALID",
      );
      await rejects(
        () => registry.pushManifest(repo, list({ ...child, size: child.size + 1 }), imageIndex),
        "MANIFEST_INVALID",
      );
      await rejects(
        () => registry.pushManifest(repo, list({ ...child, mediaType: imageIndex }), imageIndex),
        "MANIFEST_INVALID",
      );
      await resolves(
        () => registry.pushManifest(repo, list(child), imageIndex),
        "a push of an index whose children exist",
      );
    },
  },
  {
    id: "REFERENCE-01",
    title: "MANIFEST_BLOB_UNKNOWN names every missing blob in detail, and no other",
    level: "MUST",
    cites: [clause(14, "missing"), distSpec("MANIFEST_BLOB_UNKNOWN")],
    needs,
    why: "a client pushes the named blobs and retries",
    lookFor: "a check that stops at the first missing blob, or a detail that lacks a digest",
    run: async ({ registry }) => {
      const there = await pushText(registry, "there");
      const [one, two] = [await blob("one"), await blob("two")];
      const error = await rejection(
        () =>
          registry.pushManifest(
            repo,
            image2({ config: one.descriptor, layers: [there.descriptor, two.descriptor] }),
            imageManifest,
          ),
        "MANIFEST_BLOB_UNKNOWN",
      );
      holds(
        isRegistryError(error, "MANIFEST_BLOB_UNKNOWN"),
        "rejection with RegistryError MANIFEST_BLOB_UNKNOWN",
        error,
      );
      const detail = JSON.stringify(error.detail ?? null);
      const named = [one, two, there].map(({ descriptor }) => detail.includes(descriptor.digest));
      equal(
        named,
        [true, true, false],
        "`detail` names the missing config, the missing layer and the existing layer",
      );
    },
  },
  {
    id: "REFERENCE-02",
    title: "a blob or manifest of another repository counts as missing",
    level: "MUST",
    cites: [clause(11, "scoped"), clause(14, "missing")],
    needs: ["checksReferences", "repositoryScopedBlobs"],
    why: "the image could not be pulled from this repository",
    lookFor: "references searched in all repositories",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const { descriptor } = await pushText(registry, "elsewhere", other);
      await rejects(
        () => registry.pushManifest(repo, image2({ layers: [descriptor] }), imageManifest),
        "MANIFEST_BLOB_UNKNOWN",
      );
      const child = await pushContent(registry, other, artifact({ artifactType: "a/b" }));
      await rejects(() => registry.pushManifest(repo, list(child), imageIndex), "MANIFEST_BLOB_UNKNOWN");
    },
  },
  {
    id: "REFERENCE-03",
    title: "a child's descriptor comes from its own bytes, not from its index",
    level: "MUST",
    cites: [clause(14, "children"), clause(18, "claims")],
    why: "write access to an index must not change what a child is",
    lookFor:
      "children searched only among manifests although a client may push them as blobs, or the index's descriptor stored for the child",
    run: async ({ registry }) => {
      const child = await artifact({ artifactType: "application/vnd.conformance" });
      await pushContent(registry, repo, emptyBlob);
      await registry.pushBlob(repo, child.descriptor, child.content);
      const claim = {
        ...child.descriptor,
        artifactType: "a/claim",
        annotations: { [annotationKeys.refName]: "claimed" },
        platform: { architecture: "arm64", os: "linux" },
      };
      await registry.pushManifest(repo, list(claim), imageIndex, { tags: ["list"] });
      equal(
        await resolves(
          () => registry.resolveManifest(repo, child.descriptor.digest),
          "resolveManifest of a child that was pushed as a blob",
        ),
        child.descriptor,
        "the child's descriptor",
      );
      equal(
        (await registry.getManifest(repo, child.descriptor.digest)).descriptor,
        child.descriptor,
        "the descriptor of the child's reader",
      );
      await rejects(() => registry.resolveTag(repo, "claimed"), "MANIFEST_UNKNOWN");
    },
  },
  {
    id: "REFERENCE-04",
    title: "children of nested indexes are found",
    level: "MUST",
    cites: [clause(14, "children"), clause(17, "children"), imageSpec("image-index.md")],
    why: "a release may be an index of indexes",
    lookFor: "only one level of children",
    run: async ({ registry }) => {
      const leaf = await namedArtifact("leaf");
      const inner = await index([leaf]);
      await pushContent(registry, repo, index([inner]), { tags: ["outer"] });
      equal(
        await registry.resolveManifest(repo, leaf.descriptor.digest),
        leaf.descriptor,
        "the child of the inner index",
      );
      equal(
        await registry.resolveManifest(repo, inner.descriptor.digest),
        inner.descriptor,
        "the inner index",
      );
    },
  },
  {
    id: "REFERENCE-05",
    title: "layers may have sha512 digests",
    level: "MUST",
    cites: [clause(14), imageSpec("descriptor.md#digests")],
    needs: ["checksReferences", "sha512"],
    why: "a supported algorithm must work in every call",
    lookFor: "references that are recognized only with sha256 digests",
    run: async ({ registry }) => {
      const content = bytes("a layer");
      const layer = { mediaType: "text/plain", ...(await computeDigest(content, { algorithm: "sha512" })) };
      await pushContent(registry, repo, emptyBlob);
      await rejects(
        () => registry.pushManifest(repo, image2({ layers: [layer] }), imageManifest),
        "MANIFEST_BLOB_UNKNOWN",
      );
      await registry.pushBlob(repo, layer, content);
      await resolves(
        () => registry.pushManifest(repo, image2({ layers: [layer] }), imageManifest),
        "a push of a manifest with a sha512 layer",
      );
    },
  },
  {
    id: "REFERENCE-06",
    title: "without the capability checksReferences, a manifest may be pushed before its blobs",
    level: "MUST",
    cites: [clause(14, "sparse")],
    unless: "checksReferences",
    why: "capabilities must state both what a registry does and what it does not",
    lookFor: "a capability that is supported but set to false",
    run: async ({ registry }) => {
      const { content } = await image({ layers: ["absent"] });
      const { digest } = await resolves(
        () => registry.pushManifest(repo, content, imageManifest, { tags: ["t"] }),
        "a push of a manifest whose blobs are missing",
      );
      equal((await registry.resolveTag(repo, "t")).digest, digest, "the digest of the tag");
    },
  },
  {
    id: "REFERENCE-07",
    title: "a child keeps the media type of its index in later pushes",
    level: "MUST",
    cites: [clause(12, "same-bytes"), clause(14, "children")],
    needs: ["comparesReferences", "opaqueManifests"],
    why: "the media type of the same bytes must not depend on the call",
    lookFor: "media types that are recorded only for pushed manifests",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const plain = bytes(JSON.stringify({ schemaVersion: 2, config: emptyDescriptor, layers: [] }));
      const child = await registry.pushBlob(repo, await computeDigest(plain), plain);
      await resolves(
        () => registry.pushManifest(repo, list({ ...child, mediaType: imageManifest }), imageIndex),
        "a push of an index",
      );
      await rejects(() => registry.pushManifest(repo, plain, dockerMediaTypes.manifest), "MANIFEST_INVALID");
      await rejects(
        () =>
          registry.pushManifest(repo, list({ ...child, mediaType: dockerMediaTypes.manifest }), imageIndex),
        "MANIFEST_INVALID",
      );
      const opaque = await registry.pushManifest(repo, bytes("thing"), "application/x-one");
      await rejects(
        () => registry.pushManifest(repo, list({ ...opaque, mediaType: "application/x-two" }), imageIndex),
        "MANIFEST_INVALID",
      );
      equal(
        (await registry.resolveManifest(repo, child.digest)).mediaType,
        imageManifest,
        "the child's type",
      );
    },
  },
  {
    id: "REFERENCE-08",
    title: "a child of an index can be tagged even if its own references are missing",
    level: "MUST",
    cites: [clause(14, "again"), clause(17, "children")],
    needs: ["comparesReferences"],
    why: "the child is already a manifest of the repository",
    lookFor: "references that are checked again for an existing manifest",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const content = image2({ layers: [{ mediaType: "a/b", digest: nowhere, size: 1 }] });
      const child = {
        ...(await registry.pushBlob(repo, await computeDigest(content), content)),
        mediaType: imageManifest,
      };
      await registry.pushManifest(repo, list(child), imageIndex);
      await resolves(
        () => registry.pushManifest(repo, content, imageManifest, { tags: ["t"] }),
        "a push of a child that an index already contains",
      );
      equal(await registry.resolveTag(repo, "t"), child, "the descriptor of the tag");
    },
  },
  {
    id: "REFERENCE-09",
    title: "one blob may be several layers with different media types",
    level: "MUST",
    cites: [clause(14), imageSpec("manifest.md")],
    why: "small files have the same content, and a blob may be a manifest elsewhere",
    lookFor: "one type recorded for each blob, or layers checked like the children of an index",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const layers = ["a/b", "a/c", imageManifest].map((mediaType) => ({ ...emptyDescriptor, mediaType }));
      await resolves(
        () => registry.pushManifest(repo, image2({ layers }), imageManifest),
        "a push of a manifest that references one blob several times",
      );
    },
  },
  {
    id: "REFERENCE-10",
    title: "children of an index with a sha512 digest are found and protected",
    level: "MUST",
    cites: [clause(12, "bytes"), clause(17, "children"), imageSpec("descriptor.md#digests")],
    needs: ["persistent", "sha512", "deniesReferenced"],
    needsReopen: true,
    why: "a supported algorithm must work in every call",
    lookFor: "manifests whose content is compared only with a sha256 digest",
    run: async ({ registry, reopen }) => {
      const child = await artifact({ artifactType: "application/vnd.conformance" });
      await pushContent(registry, repo, child);
      const content = list(child.descriptor);
      const { digest } = await computeDigest(content, { algorithm: "sha512" });
      await registry.pushManifest(repo, content, imageIndex, { digest, tags: ["list"] });
      equal(
        await resolves(
          () => registry.resolveManifest(repo, child.descriptor.digest),
          "resolveManifest of the child",
        ),
        child.descriptor,
        "it",
      );
      const again = await reopen();
      equal(
        await resolves(
          () => again.resolveManifest(repo, child.descriptor.digest),
          "resolveManifest of the child in another registry",
        ),
        child.descriptor,
        "it",
      );
      if (again.capabilities?.deleteManifest !== false)
        await rejects(() => again.deleteManifest(repo, child.descriptor.digest), "DENIED", "UNSUPPORTED");
    },
  },
  {
    id: "REFERENCE-11",
    title:
      "without the capability comparesReferences, a manifest may state another size than the stored blob has",
    level: "MUST",
    cites: [clause(13, "sizes"), clause(14, "children"), capabilities],
    unless: "comparesReferences",
    why: "capabilities must state both what a registry does and what it does not",
    lookFor: "a capability that is supported but set to false",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const layer = await pushText(registry, "layer");
      const layers = [{ ...layer.descriptor, size: layer.descriptor.size + 1 }];
      await resolves(
        () => registry.pushManifest(repo, image2({ layers }), imageManifest),
        "a push of a manifest that states another size",
      );
      const child = await pushArtifact(registry, "child");
      await resolves(
        () => registry.pushManifest(repo, list({ ...child, size: child.size + 1 }), imageIndex),
        "a push of an index that states another size",
      );
    },
  },
];
