import { createReadStream } from "node:fs";

import type {
  Annotations,
  CallOptions,
  Descriptor,
  ImageManifest,
  RegistryWriter,
} from "@ocilayout/oci-types";
import { annotationKeys, computeDigest, emptyDescriptor, ociMediaTypes } from "@ocilayout/oci-types";

import type { SourceFile } from "./collect-files.ts";

/** What an artifact is, beside its files. */
export interface ArtifactDescription {
  /** The kind of the artifact. */
  readonly artifactType: string;
  /** The media type of each layer. */
  readonly mediaType: string;
  /** Of the manifest. */
  readonly annotations: Annotations;
}

/** Options of {@link pushFiles}. */
export interface PushFilesOptions extends CallOptions {
  /** Told of each file before it is pushed. */
  readonly onFile?: ((file: SourceFile) => void) | undefined;
}

/**
 * Pushes `files` as an artifact, a layer for each, and tags it. Nothing in it depends on when or where that is done: the
 * same files are the same artifact.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidelines-for-artifact-usage}
 */
export async function pushFiles(
  registry: Pick<RegistryWriter, "pushBlob" | "pushManifest">,
  repository: string,
  tag: string,
  files: readonly SourceFile[],
  { artifactType, mediaType, annotations }: ArtifactDescription,
  { signal, onFile }: PushFilesOptions = {},
): Promise<{ manifest: Descriptor; layers: readonly Descriptor[] }> {
  const layers: Descriptor[] = [];
  for (const file of files) {
    onFile?.(file);
    const content = await computeDigest(createReadStream(file.path), { signal });
    await registry.pushBlob(repository, content, createReadStream(file.path), { signal });
    layers.push({ mediaType, ...content, annotations: { [annotationKeys.title]: file.title } });
  }
  await registry.pushBlob(repository, emptyDescriptor, new TextEncoder().encode("{}"), { signal });
  const document: ImageManifest = {
    schemaVersion: 2,
    mediaType: ociMediaTypes.imageManifest,
    artifactType,
    config: emptyDescriptor,
    layers,
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  const manifest = await registry.pushManifest(repository, bytes, ociMediaTypes.imageManifest, {
    tags: [tag],
    signal,
  });
  return { manifest, layers };
}
