import { createHash } from "node:crypto";

import {
  emptyDescriptor,
  ociMediaTypes,
  type Descriptor,
  type Digest,
  type ImageManifest,
  type Registry,
} from "@ocilayout/oci-types";

import { bytes } from "./bytes.ts";

/** Computes the sha256 digest of `content`. */
export function digestOf(content: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

/** Describes `content`. */
export function descriptorOf(content: Uint8Array, mediaType = "text/plain"): Descriptor {
  return { mediaType, digest: digestOf(content), size: content.length };
}

/** Makes the manifest of an artifact without layers, which differs from others by `name`. */
export function artifact(name: string, extra: Partial<ImageManifest> = {}): Uint8Array<ArrayBuffer> {
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: ociMediaTypes.imageManifest,
    artifactType: "application/vnd.example",
    config: emptyDescriptor,
    layers: [],
    annotations: { name },
    ...extra,
  };
  return bytes(JSON.stringify(manifest));
}

/** Makes an index of `manifests`. */
export function imageIndex(...manifests: readonly Descriptor[]): Uint8Array<ArrayBuffer> {
  return bytes(JSON.stringify({ schemaVersion: 2, mediaType: ociMediaTypes.imageIndex, manifests }));
}

/** Pushes the artifact called `name`, and the config that it needs, to `repository`. */
export async function pushArtifact(
  registry: Registry,
  repository: string,
  name: string,
  tags: readonly string[] = [],
): Promise<Descriptor> {
  await registry.pushBlob(repository, emptyDescriptor, bytes("{}"));
  return registry.pushManifest(repository, artifact(name), ociMediaTypes.imageManifest, { tags });
}
