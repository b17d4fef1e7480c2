import type { Descriptor, Digest } from "@ocilayout/oci-types";
import { computeDigest, dockerMediaTypes, emptyDescriptor, ociMediaTypes } from "@ocilayout/oci-types";

/** Bytes and their descriptor. */
export interface Content {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** A small world: few enough items that random operations meet the same ones again. */
export interface World {
  readonly repositories: readonly string[];
  readonly tags: readonly string[];
  readonly blobs: readonly Content[];
  readonly manifests: readonly Content[];
  /** A digest without content. */
  readonly nowhere: Digest;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

async function content(text: string, mediaType: string): Promise<Content> {
  const bytes = encode(text);
  const { digest, size } = await computeDigest(bytes);
  return { descriptor: { mediaType, digest, size }, bytes };
}

async function document(mediaType: string, members: object): Promise<Content> {
  return content(JSON.stringify({ schemaVersion: 2, mediaType, ...members }), mediaType);
}

/** Makes the world: images, referrers, nested indexes, documents of unknown types, and blobs that are not manifests. */
export async function createWorld(): Promise<World> {
  const { imageManifest, imageIndex, layer } = ociMediaTypes;
  const empty = await content("{}", ociMediaTypes.empty);
  const [one, two, nothing, absent] = await Promise.all(
    ["one", "two", "", "nowhere"].map((text) => content(text, layer)),
  );
  if (one === undefined || two === undefined || nothing === undefined || absent === undefined)
    throw new Error("four were made");
  const image = (layers: readonly Content[], more: object = {}): Promise<Content> =>
    document(imageManifest, { config: emptyDescriptor, layers: layers.map((it) => it.descriptor), ...more });
  const index = (children: readonly Descriptor[], more: object = {}): Promise<Content> =>
    document(imageIndex, { manifests: children, ...more });

  const first = await image([one]);
  const second = await image([two, two], { annotations: { name: "second" } });
  const signature = await image([], {
    artifactType: "application/vnd.example.signature",
    subject: first.descriptor,
  });
  const list = await index([first.descriptor, second.descriptor]);
  const outer = await index([list.descriptor, list.descriptor, signature.descriptor], {
    subject: first.descriptor,
  });
  const about = await image([], { subject: list.descriptor, annotations: { about: "list" } });
  const thing = await content(JSON.stringify({ parts: ["two"] }), "application/x-thing");
  const things = await index([thing.descriptor]);
  const sparse = await image([
    { ...absent, descriptor: { ...absent.descriptor, urls: ["https://example.com/layer"] } },
  ]);
  const wanting = await image([absent]);
  const lying = await index([{ ...first.descriptor, size: first.descriptor.size + 1 }]);
  const confused = await index([{ ...first.descriptor, mediaType: imageIndex }]);
  const silent = await content(
    JSON.stringify({ schemaVersion: 2, config: emptyDescriptor, layers: [] }),
    imageManifest,
  );
  const silentDocker = {
    ...silent,
    descriptor: { ...silent.descriptor, mediaType: dockerMediaTypes.manifest },
  };
  const broken = await document(imageManifest, { layers: [] });
  return {
    repositories: ["a", "a/b", "z"],
    tags: ["t", "u", "v"],
    blobs: [empty, one, two, nothing],
    manifests: [
      first,
      second,
      signature,
      list,
      outer,
      about,
      thing,
      things,
      sparse,
      wanting,
      lying,
      confused,
      silent,
      silentDocker,
      broken,
    ],
    nowhere: absent.descriptor.digest,
  };
}
