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
import { clause, distSpec, imageSpec } from "../../case/cites.ts";
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

/** What a manifest refers to. */
export const referenceCases: readonly ConformanceCase[] = [
  {
    id: "MANIFEST-03",
    title: "a missing config or layer is MANIFEST_BLOB_UNKNOWN",
    level: "MUST",
    cites: [clause(14, "missing"), distSpec("end-7a")],
    needs,
    why: "an image that cannot be pulled is found out at the worst moment",
    lookFor: "references that are not looked at",
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
      equal(await registry.resolveTag(repo, "t"), one, "the tag, as it was");
    },
  },
  {
    id: "MANIFEST-04",
    title: "a missing subject is no obstacle",
    level: "MUST",
    cites: [clause(14, "subject"), distSpec("pushing-manifests-with-subject")],
    why: "a signature may come before its image",
    lookFor: "a subject that is checked like a layer",
    run: async ({ registry }) => {
      const subject = { mediaType: imageManifest, digest: nowhere, size: 7 };
      await resolves(
        () => pushArtifact(registry, "about", [], subject),
        "the push of a manifest whose subject is absent",
      );
      await resolves(
        () => pushContent(registry, repo, index([], { subject })),
        "the push of an index whose subject is absent",
      );
    },
  },
  {
    id: "MANIFEST-05",
    title: "a layer that is to be had elsewhere may be absent",
    level: "MUST",
    cites: [clause(14, "urls"), imageSpec("layer.md#non-distributable-layers")],
    needs,
    why: "images with foreign layers must be storable",
    lookFor: "urls that are not looked at, or an empty list of them that counts like a full one",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const layers = [{ mediaType: "a/b", digest: nowhere, size: 1, urls: ["https://example.com/layer"] }];
      await resolves(
        () => registry.pushManifest(repo, image2({ layers }), imageManifest),
        "the push of a manifest with a foreign layer",
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
    title: "an index's children must be there, and be what it says",
    level: "MUST",
    cites: [clause(14, "children"), imageSpec("image-index.md")],
    needs,
    why: "an index that lists a plain blob breaks whoever walks it",
    lookFor:
      "a child that is only looked for as a blob, or whose size and type are not compared: what is there and is something else is MANIFEST_INVALID",
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
        "the push of an index of what is there",
      );
    },
  },
  {
    id: "REFERENCE-01",
    title: "the refusal names everything that is missing, and nothing else",
    level: "MUST",
    cites: [clause(14, "missing"), distSpec("MANIFEST_BLOB_UNKNOWN")],
    needs,
    why: "a client pushes what is named and tries again",
    lookFor: "a check that ends at the first one, or an error whose detail does not name every digest",
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
        "whether `detail` names the missing config, the missing layer, and the layer that is there",
      );
    },
  },
  {
    id: "REFERENCE-02",
    title: "what another repository has is missing here",
    level: "MUST",
    cites: [clause(11, "scoped"), clause(14, "missing")],
    needs: ["checksReferences", "repositoryScopedBlobs"],
    why: "the image could not be pulled from this repository",
    lookFor: "references that are looked for in all repositories",
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
    title: "a child is what its own bytes say, whatever its index says of it",
    level: "MUST",
    cites: [clause(14, "children"), clause(18, "claims")],
    why: "who may push an index could change what another's image is",
    lookFor:
      "children that are only looked for among manifests, though a client may push them as blobs; an index's descriptor that is kept for the child",
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
          "the child, which was pushed as a blob",
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
    title: "indexes in indexes are looked through",
    level: "MUST",
    cites: [clause(14, "children"), clause(17, "children"), imageSpec("image-index.md")],
    why: "a release is an index of images that are indexes themselves",
    lookFor: "one level only",
    run: async ({ registry }) => {
      const leaf = await namedArtifact("leaf");
      const inner = await index([leaf]);
      await pushContent(registry, repo, index([inner]), { tags: ["outer"] });
      equal(await registry.resolveManifest(repo, leaf.descriptor.digest), leaf.descriptor, "the leaf");
      equal(
        await registry.resolveManifest(repo, inner.descriptor.digest),
        inner.descriptor,
        "the index between",
      );
    },
  },
  {
    id: "REFERENCE-05",
    title: "parts may have sha512 digests",
    level: "MUST",
    cites: [clause(14), imageSpec("descriptor.md#digests")],
    needs: ["checksReferences", "sha512"],
    why: "an algorithm that is promised is promised everywhere",
    lookFor: "references that are only recognised where they are sha256",
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
        "the push of a manifest with a sha512 layer",
      );
    },
  },
  {
    id: "REFERENCE-06",
    title: "where references are not checked a manifest may come before its parts",
    level: "MUST",
    cites: [clause(14, "sparse")],
    unless: "checksReferences",
    why: "what is promised and what is not should both be true",
    lookFor: "a capability that says too little",
    run: async ({ registry }) => {
      const { content } = await image({ layers: ["absent"] });
      const { digest } = await resolves(
        () => registry.pushManifest(repo, content, imageManifest, { tags: ["t"] }),
        "the push of a manifest whose parts are absent",
      );
      equal((await registry.resolveTag(repo, "t")).digest, digest, "what the tag points at");
    },
  },
  {
    id: "REFERENCE-07",
    title: "what an index lists is of that type for every later push",
    level: "MUST",
    cites: [clause(12, "same-bytes"), clause(14, "children")],
    why: "what bytes are that do not say it themselves must not depend on who is asked",
    lookFor: "types that are only known of what was pushed",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const plain = bytes(JSON.stringify({ schemaVersion: 2, config: emptyDescriptor, layers: [] }));
      const child = await registry.pushBlob(repo, await computeDigest(plain), plain);
      await resolves(
        () => registry.pushManifest(repo, list({ ...child, mediaType: imageManifest }), imageIndex),
        "the push of an index",
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
    title: "a child of an index can be tagged, whatever became of its parts",
    level: "MUST",
    cites: [clause(14, "again"), clause(17, "children")],
    why: "it is a manifest of the repository already",
    lookFor: "references that are checked again for what is there",
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
        "the push of what an index lists already",
      );
      equal(await registry.resolveTag(repo, "t"), child, "what the tag points at");
    },
  },
  {
    id: "REFERENCE-09",
    title: "one blob may be several layers, of several types",
    level: "MUST",
    cites: [clause(14), imageSpec("manifest.md")],
    why: "small files have the same content, and a blob may be a manifest elsewhere",
    lookFor: "one type for each blob, layers that are looked at like an index's children",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const layers = ["a/b", "a/c", imageManifest].map((mediaType) => ({ ...emptyDescriptor, mediaType }));
      await resolves(
        () => registry.pushManifest(repo, image2({ layers }), imageManifest),
        "the push of a manifest that has one blob in several places",
      );
    },
  },
  {
    id: "REFERENCE-10",
    title: "an index with a sha512 digest contains its children",
    level: "MUST",
    cites: [clause(12, "bytes"), clause(17, "children"), imageSpec("descriptor.md#digests")],
    needs: ["persistent", "sha512"],
    needsReopen: true,
    why: "an algorithm that is promised is promised everywhere",
    lookFor: "manifests that are only compared with a sha256 digest when they are read",
    run: async ({ registry, reopen }) => {
      const child = await artifact({ artifactType: "application/vnd.conformance" });
      await pushContent(registry, repo, child);
      const content = list(child.descriptor);
      const { digest } = await computeDigest(content, { algorithm: "sha512" });
      await registry.pushManifest(repo, content, imageIndex, { digest, tags: ["list"] });
      equal(
        await resolves(() => registry.resolveManifest(repo, child.descriptor.digest), "the child"),
        child.descriptor,
        "it",
      );
      const again = await reopen();
      equal(
        await resolves(
          () => again.resolveManifest(repo, child.descriptor.digest),
          "the child in another registry",
        ),
        child.descriptor,
        "it",
      );
      if (again.capabilities?.deleteManifest !== false)
        await rejects(() => again.deleteManifest(repo, child.descriptor.digest), "DENIED", "UNSUPPORTED");
    },
  },
];
