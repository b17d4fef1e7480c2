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
import { absent, bytes, imageIndex, imageManifest, pushArtifact, repo } from "../../case/content.ts";

const manifest = {
  schemaVersion: 2,
  mediaType: imageManifest,
  config: emptyDescriptor,
  layers: [] as unknown[],
};
const index = { schemaVersion: 2, mediaType: imageIndex, manifests: [] as unknown[] };
const encode = (document: unknown): Uint8Array => bytes(JSON.stringify(document));

/** What a document must be like to be stored under a known type. */
export const validityCases: readonly ConformanceCase[] = [
  {
    id: "MANIFEST-08",
    title: "what a manifest says that it is must be what it is pushed as",
    level: "MUST",
    cites: [clause(12, "media-type"), cve("CVE-2021-41190")],
    why: "two readers would take the same bytes for two things",
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
    title: "an unknown type is no way round: what a document says that it is must be it, too",
    level: "MUST",
    cites: [clause(12, "unknown")],
    why: "whoever sends another Content-Type would get past every check of a manifest",
    lookFor:
      "a document that is compared with known types only; parseManifest() of oci-types compares it with any",
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
        "what says the type that it is pushed as",
      );
    },
  },
  {
    id: "MANIFEST-09",
    title: "a document that is no manifest is MANIFEST_INVALID",
    level: "MUST",
    cites: [clause(13), imageSpec("manifest.md"), imageSpec("image-index.md")],
    why: "what is stored under a known type is read by everybody",
    lookFor: "a media type that is believed; parseManifest() of oci-types looks at the document",
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
    title: "a document is not a manifest and an index at once",
    level: "MUST",
    cites: [clause(13, "one-kind"), cve("CVE-2021-41190")],
    why: "two readers would take the same bytes for two things",
    lookFor: "members that are not looked at because the type says which count",
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
    title: "a size is a whole number, not negative, and safe",
    level: "MUST",
    cites: [clause(13, "descriptors"), imageSpec("descriptor.md#properties")],
    why: "who allocates by it would fail, or worse",
    lookFor: "a size that only has to be there; parseManifest() of oci-types looks at it",
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
    title: "a descriptor's size is that of the stored blob",
    level: "MUST",
    cites: [clause(13, "sizes")],
    needs: ["checksReferences"],
    why: "every client compares it, and refuses the image",
    lookFor:
      "blobs that are only asked whether they exist, a layer with urls that is not compared though it is there",
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
    title: "annotations are strings",
    level: "MUST",
    cites: [clause(13), imageSpec("annotations.md#rules")],
    why: "clients in typed languages cannot even parse others",
    lookFor: "members that are not looked at",
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
    title: "every descriptor has a digest and a media type that are ones",
    level: "MUST",
    cites: [clause(13, "descriptors"), imageSpec("descriptor.md")],
    why: "digests become paths, in whoever pulls",
    lookFor: "descriptors that only have to be there; parseManifest() of oci-types looks at them",
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
    title: "an index that is none is MANIFEST_INVALID",
    level: "MUST",
    cites: [clause(13), imageSpec("manifest.md"), imageSpec("image-index.md")],
    why: "what is stored under a known type is read by everybody",
    lookFor: "indexes that are stored without a look",
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
        "the push of an index without manifests",
      );
    },
  },
  {
    id: "VALID-07",
    title: "a document without a media type is what it is pushed as",
    level: "MUST",
    cites: [clause(12, "media-type"), imageSpec("manifest.md#image-manifest-property-descriptions")],
    why: "the specification only advises it, and real tools leave it out",
    lookFor: "a media type that is required or taken from the document alone",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      for (const [document, type] of [
        [{ ...manifest, mediaType: undefined }, imageManifest],
        [{ ...index, mediaType: undefined }, imageIndex],
      ] as const) {
        const { digest } = await resolves(
          () => registry.pushManifest(repo, encode(document), type),
          "the push of a document without a type",
        );
        equal((await registry.resolveManifest(repo, digest)).mediaType, type, "its type");
      }
    },
  },
  {
    id: "VALID-08",
    title: "types of artifacts, configs and layers, and members, that nobody knows are no obstacle",
    level: "MUST",
    cites: [clause(12, "unknown"), imageSpec("considerations.md#extensibility")],
    why: "artifacts of every kind are stored in registries",
    lookFor: "a list of allowed types, a schema that allows no more members",
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
        "the push of an artifact of unknown types",
      );
    },
  },
  {
    id: "VALID-09",
    title: "Docker's manifests are looked at like OCI's",
    level: "MUST",
    cites: [clause(12, "media-type"), clause(13)],
    why: "most images are of that type",
    lookFor: "types that are known to be unknown",
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
        "the push of one of Docker's manifests",
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
    title: "what was refused is not there",
    level: "MUST",
    cites: [clause(6, "invisible"), clause(13)],
    why: "the next push would find it, and take it for good",
    lookFor: "bytes that are stored before they are looked at",
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
    title: "a document that is nested deep, or lists very many manifests, is stored or refused with a code",
    level: "MUST",
    cites: [clause(1, "code"), clause(13, "limits")],
    why: "anyone who may push could make the calls of others fail",
    lookFor:
      "recursion over the document, such as structuredClone; push(...children); a message that a RangeError came through",
    run: async ({ registry }) => {
      await pushArtifact(registry, "good", ["t"]);
      const deep = `{"schemaVersion":2,"mediaType":"${imageIndex}","manifests":[],"x":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;
      const many = `{"schemaVersion":2,"mediaType":"${imageIndex}","manifests":[${Array<string>(130_000).fill('{"mediaType":"a/b","digest":"a:b","size":1}').join(",")}]}`;
      for (const [document, what] of [
        [deep, "an index that is nested 20,000 deep"],
        [many, "an index of 130,000 manifests"],
      ] as const) {
        await storesOrRefuses(
          () => registry.pushManifest(repo, bytes(document), imageIndex, { tags: ["t"] }),
          what,
        );
        await resolves(() => registry.resolveTag(repo, "t"), "the tag that was moved, or was not");
        await resolves(() => collect(registry.tags(repo)), "the tags");
      }
    },
  },
];

/** Fails if `call` rejects with anything but a code. */
async function storesOrRefuses(call: () => Promise<unknown>, what: string): Promise<void> {
  const error = await call().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error !== undefined && !isRegistryError(error))
    throw new ConformanceFailure(
      `${what}: stored, or refused with a code`,
      `rejection with ${showError(error)}`,
    );
}
