import {
  collect,
  computeDigest,
  dockerMediaTypes,
  emptyDescriptor,
  isRegistryError,
  ociMediaTypes,
} from "@ocilayout/oci-types";

import { artifact, emptyBlob, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause, cve, imageSpec } from "../../case/cites.ts";
import { equal, rejects, resolves } from "../../case/context.ts";
import { ConformanceFailure } from "../../case/failure.ts";
import { showError } from "../../case/show.ts";
import { bytes, imageIndex, imageManifest, pushArtifact, repo, absent } from "../../case/content.ts";

const manifest = {
  schemaVersion: 2,
  mediaType: imageManifest,
  config: emptyDescriptor,
  layers: [] as unknown[],
};
const index = { schemaVersion: 2, mediaType: imageIndex, manifests: [] as unknown[] };
const encode = (document: unknown): Uint8Array => bytes(JSON.stringify(document));

/** Documents pushed as known media types. */
export const validityCases: readonly ConformanceCase[] = [
  {
    id: "MANIFEST-08",
    title: "pushManifest rejects a document whose mediaType differs from the argument",
    level: "MUST",
    cites: [clause(12, "media-type"), cve("CVE-2021-41190")],
    why: "two readers would interpret the same bytes differently",
    lookFor: "a media type that is not compared with the document's",
    run: async ({ registry }) => {
      const { content, descriptor } = await pushContent(registry, repo, emptyBlob).then(() =>
        artifact({ artifactType: "a/b" }),
      );
      await rejects(
        () => registry.pushManifest(repo, content, dockerMediaTypes.manifest),
        "MANIFEST_INVALID",
      );
      await rejects(() => registry.pushManifest(repo, content, imageIndex), "MANIFEST_INVALID");
      await rejects(() => registry.resolveManifest(repo, descriptor.digest), ...absent.manifest);
    },
  },
  {
    id: "VALID-100",
    title: "pushManifest compares a document's mediaType with unknown media types, too",
    level: "MUST",
    cites: [clause(12, "unknown")],
    needs: ["opaqueManifests"],
    why: "a client could bypass every check of a manifest by sending another Content-Type",
    lookFor:
      "a document compared only with known types; parseManifest() of oci-types compares it with any type",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const documents = [
        manifest,
        index,
        { ...manifest, config: undefined },
        { mediaType: "application/x-other" },
      ];
      for (const document of documents) {
        await rejects(
          () => registry.pushManifest(repo, encode(document), "application/x-unknown", { tags: ["t"] }),
          "MANIFEST_INVALID",
        );
      }
      await rejects(() => registry.resolveTag(repo, "t"), ...absent.manifest);
      await resolves(
        () =>
          registry.pushManifest(
            repo,
            encode({ mediaType: "application/x-unknown" }),
            "application/x-unknown",
          ),
        "a push of a document whose mediaType equals the argument",
      );
    },
  },
  {
    id: "MANIFEST-09",
    title: "pushManifest rejects an invalid image manifest with MANIFEST_INVALID",
    level: "MUST",
    cites: [clause(13), imageSpec("manifest.md"), imageSpec("image-index.md")],
    why: "clients rely on documents of known types being valid",
    lookFor: "a media type trusted without a check; parseManifest() of oci-types validates the document",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const wrong: unknown[] = [
        [],
        null,
        "text",
        7,
        {},
        { ...manifest, schemaVersion: 7 },
        { ...manifest, schemaVersion: undefined },
        { ...manifest, schemaVersion: "2" },
        { ...manifest, config: undefined },
        { ...manifest, config: undefined, artifactType: "a/b" },
        { ...manifest, config: null },
        { ...manifest, config: [] },
        { ...manifest, layers: {} },
        { ...manifest, layers: [null] },
        { ...manifest, subject: {} },
      ];
      for (const document of wrong)
        await rejects(
          () => registry.pushManifest(repo, encode(document), imageManifest, { tags: ["t"] }),
          "MANIFEST_INVALID",
        );
      for (const text of ["", "{", "\u00ff"])
        await rejects(() => registry.pushManifest(repo, bytes(text), imageManifest), "MANIFEST_INVALID");
      await rejects(() => registry.resolveTag(repo, "t"), ...absent.manifest);
    },
  },
  {
    id: "VALID-01",
    title: "pushManifest rejects a document that is both an image manifest and an index",
    level: "MUST",
    cites: [clause(13, "one-kind"), cve("CVE-2021-41190")],
    why: "two readers would interpret the same bytes differently",
    lookFor: "members that are not checked because the media type selects which ones count",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      await rejects(
        () => registry.pushManifest(repo, encode({ ...manifest, manifests: [] }), imageManifest),
        "MANIFEST_INVALID",
      );
      await rejects(
        () => registry.pushManifest(repo, encode({ ...index, config: emptyDescriptor }), imageIndex),
        "MANIFEST_INVALID",
      );
      await rejects(
        () => registry.pushManifest(repo, encode({ ...index, layers: [] }), imageIndex),
        "MANIFEST_INVALID",
      );
    },
  },
  {
    id: "VALID-02",
    title: "pushManifest rejects a descriptor whose size is not a safe non-negative integer",
    level: "MUST",
    cites: [clause(13, "descriptors"), imageSpec("descriptor.md#properties")],
    why: "clients allocate memory by this size",
    lookFor: "a size that only has to be present; parseManifest() of oci-types validates it",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      for (const size of [-1, 1.5, 2 ** 53, "2", null, undefined]) {
        await rejects(
          () =>
            registry.pushManifest(
              repo,
              encode({ ...manifest, config: { ...emptyDescriptor, size } }),
              imageManifest,
            ),
          "MANIFEST_INVALID",
        );
      }
    },
  },
  {
    id: "VALID-03",
    title: "pushManifest rejects a descriptor whose size differs from the stored blob",
    level: "MUST",
    cites: [clause(13, "sizes")],
    needs: ["checksReferences", "comparesReferences"],
    why: "every client compares the size and rejects the image",
    lookFor: "blobs that are only checked for existence, or an existing layer with urls that is not compared",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      for (const size of [1, 3]) {
        await rejects(
          () =>
            registry.pushManifest(
              repo,
              encode({ ...manifest, config: { ...emptyDescriptor, size } }),
              imageManifest,
            ),
          "MANIFEST_INVALID",
        );
        const wrong = { ...emptyDescriptor, size };
        for (const layers of [
          [wrong],
          [emptyDescriptor, wrong],
          [{ ...wrong, urls: ["https://example.com/layer"] }],
        ]) {
          await rejects(
            () => registry.pushManifest(repo, encode({ ...manifest, layers }), imageManifest),
            "MANIFEST_INVALID",
          );
        }
      }
    },
  },
  {
    id: "VALID-04",
    title: "pushManifest rejects annotations that are not strings",
    level: "MUST",
    cites: [clause(13), imageSpec("annotations.md#rules")],
    why: "clients in typed languages cannot parse other values",
    lookFor: "members that are not validated",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const child = await pushArtifact(registry, "child");
      for (const annotations of [{ a: 1 }, { a: null }, [], "text"]) {
        await rejects(
          () => registry.pushManifest(repo, encode({ ...manifest, annotations }), imageManifest),
          "MANIFEST_INVALID",
        );
        await rejects(
          () =>
            registry.pushManifest(
              repo,
              encode({ ...manifest, config: { ...emptyDescriptor, annotations } }),
              imageManifest,
            ),
          "MANIFEST_INVALID",
        );
        await rejects(
          () =>
            registry.pushManifest(
              repo,
              encode({ ...manifest, layers: [{ ...emptyDescriptor, annotations }] }),
              imageManifest,
            ),
          "MANIFEST_INVALID",
        );
        await rejects(
          () => registry.pushManifest(repo, encode({ ...index, annotations }), imageIndex),
          "MANIFEST_INVALID",
        );
        await rejects(
          () =>
            registry.pushManifest(
              repo,
              encode({ ...index, manifests: [{ ...child, annotations }] }),
              imageIndex,
            ),
          "MANIFEST_INVALID",
        );
      }
    },
  },
  {
    id: "VALID-05",
    title: "pushManifest rejects a descriptor with an invalid digest or media type",
    level: "MUST",
    cites: [clause(13, "descriptors"), imageSpec("descriptor.md")],
    why: "clients turn digests into paths",
    lookFor: "descriptors that only have to be present; parseManifest() of oci-types validates them",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      for (const wrong of [
        { digest: "latest" },
        { digest: "sha256:../../../victim" },
        { digest: undefined },
        { mediaType: 7 },
        { mediaType: undefined },
        { mediaType: "no type" },
      ]) {
        const descriptor = { ...emptyDescriptor, ...wrong };
        await rejects(
          () => registry.pushManifest(repo, encode({ ...manifest, config: descriptor }), imageManifest),
          "MANIFEST_INVALID",
        );
        for (const members of [
          { layers: [descriptor] },
          { layers: [{ ...descriptor, urls: ["https://example.com/layer"] }] },
          { subject: descriptor },
        ]) {
          await rejects(
            () => registry.pushManifest(repo, encode({ ...manifest, ...members }), imageManifest),
            "MANIFEST_INVALID",
          );
        }
        await rejects(
          () => registry.pushManifest(repo, encode({ ...index, subject: descriptor }), imageIndex),
          "MANIFEST_INVALID",
        );
        await rejects(
          () => registry.pushManifest(repo, encode({ ...index, manifests: [descriptor] }), imageIndex),
          "MANIFEST_INVALID",
        );
      }
    },
  },
  {
    id: "VALID-06",
    title: "pushManifest rejects an invalid index with MANIFEST_INVALID",
    level: "MUST",
    cites: [clause(13), imageSpec("manifest.md"), imageSpec("image-index.md")],
    why: "clients rely on documents of known types being valid",
    lookFor: "indexes that are stored without validation",
    run: async ({ registry }) => {
      const wrong: unknown[] = [
        [],
        null,
        {},
        { ...index, schemaVersion: 1 },
        { ...index, schemaVersion: "2" },
        { ...index, schemaVersion: undefined },
        { ...index, subject: {} },
        { ...index, manifests: undefined },
        { ...index, manifests: {} },
        { ...index, manifests: [7] },
      ];
      for (const document of wrong)
        await rejects(() => registry.pushManifest(repo, encode(document), imageIndex), "MANIFEST_INVALID");
      await resolves(
        () => registry.pushManifest(repo, encode(index), imageIndex),
        "a push of an index without manifests",
      );
    },
  },
  {
    id: "VALID-07",
    title: "a document without a mediaType has the type that it is pushed as",
    level: "MUST",
    cites: [clause(12, "media-type"), imageSpec("manifest.md#image-manifest-property-descriptions")],
    why: "the member is optional, and real tools omit it",
    lookFor: "a mediaType that is required, or read only from the document",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      for (const [document, type] of [
        [{ ...manifest, mediaType: undefined }, imageManifest],
        [{ ...index, mediaType: undefined }, imageIndex],
      ] as const) {
        const { digest } = await resolves(
          () => registry.pushManifest(repo, encode(document), type),
          "a push of a document without a mediaType",
        );
        equal((await registry.resolveManifest(repo, digest)).mediaType, type, "its type");
      }
    },
  },
  {
    id: "VALID-08",
    title: "pushManifest accepts unknown members and unknown types of artifacts, configs and layers",
    level: "MUST",
    cites: [clause(12, "unknown"), imageSpec("considerations.md#extensibility")],
    why: "registries store artifacts of every kind",
    lookFor: "a list of allowed types, or a schema that forbids additional members",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const part = { ...emptyDescriptor, mediaType: "application/vnd.conformance.part.v9+json" };
      const document = {
        ...manifest,
        artifactType: "application/vnd.conformance.strange",
        config: part,
        layers: [part, { ...part, "x-more": [1] }],
        "x-more": { a: 1 },
      };
      await resolves(
        () => registry.pushManifest(repo, encode(document), imageManifest),
        "a push of an artifact with unknown types",
      );
    },
  },
  {
    id: "VALID-09",
    title: "pushManifest validates Docker manifests like OCI manifests",
    level: "MUST",
    cites: [clause(12, "media-type"), clause(13)],
    why: "many images still have Docker media types",
    lookFor: "Docker media types treated as unknown",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const docker = {
        schemaVersion: 2,
        mediaType: dockerMediaTypes.manifest,
        config: { ...emptyDescriptor, mediaType: dockerMediaTypes.imageConfig },
        layers: [],
      };
      const { mediaType } = await resolves(
        () => registry.pushManifest(repo, encode(docker), dockerMediaTypes.manifest),
        "a push of a Docker manifest",
      );
      equal(mediaType, dockerMediaTypes.manifest, "its type");
      await rejects(
        () =>
          registry.pushManifest(repo, encode({ ...docker, config: undefined }), dockerMediaTypes.manifest),
        "MANIFEST_INVALID",
      );
      await rejects(
        () =>
          registry.pushManifest(
            repo,
            encode({ ...docker, mediaType: ociMediaTypes.imageManifest }),
            dockerMediaTypes.manifest,
          ),
        "MANIFEST_INVALID",
      );
      await rejects(() => registry.pushManifest(repo, encode(docker), imageManifest), "MANIFEST_INVALID");
      await rejects(
        () =>
          registry.pushManifest(
            repo,
            encode({ schemaVersion: 2, mediaType: dockerMediaTypes.manifestList }),
            dockerMediaTypes.manifestList,
          ),
        "MANIFEST_INVALID",
      );
    },
  },
  {
    id: "VALID-10",
    title: "a rejected manifest is not stored",
    level: "MUST",
    cites: [clause(6, "invisible"), clause(13)],
    why: "the next push would find it and accept it",
    lookFor: "bytes that are stored before they are validated",
    run: async ({ registry }) => {
      await pushArtifact(registry, "good");
      const refused = encode({ ...manifest, mediaType: undefined, schemaVersion: 7 });
      await rejects(
        () => registry.pushManifest(repo, refused, imageManifest, { tags: ["t"] }),
        "MANIFEST_INVALID",
      );
      await rejects(
        async () => registry.resolveManifest(repo, (await computeDigest(refused)).digest),
        "MANIFEST_UNKNOWN",
      );
      await rejects(() => registry.resolveTag(repo, "t"), "MANIFEST_UNKNOWN");
    },
  },
  {
    id: "VALID-90",
    title: "a deeply nested document or a very large index is stored or rejected with a code",
    level: "MUST",
    cites: [clause(1, "code"), clause(13, "limits")],
    why: "one client could make the calls of others fail",
    lookFor:
      "recursion over the document such as structuredClone, push(...children), or a RangeError that reaches the caller",
    run: async ({ registry }) => {
      await pushArtifact(registry, "good", ["t"]);
      const deep = `{"schemaVersion":2,"mediaType":"${imageIndex}","manifests":[],"x":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;
      const many = `{"schemaVersion":2,"mediaType":"${imageIndex}","manifests":[${Array<string>(130_000).fill('{"mediaType":"a/b","digest":"a:b","size":1}').join(",")}]}`;
      for (const [document, what] of [
        [deep, "an index nested 20,000 levels deep"],
        [many, "an index of 130,000 manifests"],
      ] as const) {
        await storesOrRefuses(
          () => registry.pushManifest(repo, bytes(document), imageIndex, { tags: ["t"] }),
          what,
        );
        await resolves(() => registry.resolveTag(repo, "t"), "resolveTag after the push");
        await resolves(() => collect(registry.tags(repo)), "tags() after the push");
      }
    },
  },
];

/** Fails if `call` rejects with an error that has no code. */
async function storesOrRefuses(call: () => Promise<unknown>, what: string): Promise<void> {
  const error = await call().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error !== undefined && !isRegistryError(error))
    throw new ConformanceFailure(
      `${what} to be stored, or rejected with a code`,
      `rejection with ${showError(error)}`,
    );
}
