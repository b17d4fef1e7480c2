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

/** The types and annotations of an artifact. */
export interface ArtifactDescription {
  /** The type of the artifact. */
  readonly artifactType: string;
  /** The media type of each layer. */
  readonly mediaType: string;
  /** The annotations of the manifest. */
  readonly annotations: Annotations;
  /** The manifest that the artifact is about. */
  readonly subject?: Descriptor | undefined;
}

/** Options of {@link pushFiles}. */
export interface PushFilesOptions extends CallOptions {
  /** Called with each file before it is pushed. */
  readonly onFile?: ((file: SourceFile) => void) | undefined;
}

/**
 * Pushes `files` as an artifact with one layer per file, and tags it unless `tag` is absent. The same files make the same artifact, at any time and
 * in any place.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidelines-for-artifact-usage}
 */
export async function pushFiles(
  registry: Pick<RegistryWriter, "pushBlob" | "pushManifest">,
  repository: string,
  tag: string | undefined,
  files: readonly SourceFile[],
  { artifactType, mediaType, annotations, subject }: ArtifactDescription,
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
    ...(subject === undefined ? {} : { subject }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  const manifest = await registry.pushManifest(repository, bytes, ociMediaTypes.imageManifest, {
    tags: tag === undefined ? [] : [tag],
    signal,
  });
  return { manifest, layers };
}
