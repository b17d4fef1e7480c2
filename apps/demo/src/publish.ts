import { createReadStream } from "node:fs";

import type { Descriptor, ImageManifest, Registry } from "@ocilayout/oci-types";
import { annotationKeys, computeDigest, ociMediaTypes } from "@ocilayout/oci-types";

import type { PackedPackage, PackageManifest } from "./pack.ts";

/** The kinds of content that make a published package. */
export const packageTypes = {
  artifact: "application/vnd.ocilayout.package.v1",
  config: "application/vnd.ocilayout.package.config.v1+json",
  tarball: "application/vnd.ocilayout.package.tarball.v1.tar+gzip",
} as const;

/** The repository that a package is published to: `@ocilayout/ociref` goes to `ocilayout/ociref`. */
export function repositoryOf(manifest: PackageManifest): string {
  return manifest.name.replace(/^@/, "");
}

/**
 * Pushes a packed package as an OCI artifact and tags it with its version. Nothing in it depends on when it is done, so
 * that the same package is the same artifact.
 */
export async function publishPackage(registry: Registry, packed: PackedPackage): Promise<Descriptor> {
  const { manifest, fileName, path } = packed;
  const repository = repositoryOf(manifest);
  const tarball = await computeDigest(createReadStream(path));
  await registry.pushBlob(repository, tarball, createReadStream(path));
  const config = await pushJson(registry, repository, {
    name: manifest.name,
    version: manifest.version,
    dependencies: manifest.dependencies ?? {},
  });
  const artifact: ImageManifest = {
    schemaVersion: 2,
    mediaType: ociMediaTypes.imageManifest,
    artifactType: packageTypes.artifact,
    config,
    layers: [{ mediaType: packageTypes.tarball, ...tarball, annotations: { [annotationKeys.title]: fileName } }],
    annotations: {
      [annotationKeys.title]: manifest.name,
      [annotationKeys.version]: manifest.version,
      [annotationKeys.description]: manifest.description,
      [annotationKeys.licenses]: manifest.license,
    },
  };
  return registry.pushManifest(repository, encodeJson(artifact), ociMediaTypes.imageManifest, { tags: [manifest.version] });
}

async function pushJson(registry: Registry, repository: string, value: unknown): Promise<Descriptor> {
  const content = encodeJson(value);
  const { digest, size } = await computeDigest(content);
  await registry.pushBlob(repository, { digest, size }, content);
  return { mediaType: packageTypes.config, digest, size };
}

function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
