import type { BlobReader, Descriptor, Registry } from "@ocilayout/oci-types";
import { ociMediaTypes } from "@ocilayout/oci-types";

import type { Content, ManifestContent } from "../content/index.ts";
import { artifact, blob, emptyBlob, pushContent } from "../content/index.ts";

/** The repository that most cases use. */
export const repo = "conformance/a";
/** Another repository. */
export const other = "conformance/b";

/** Encodes text as UTF-8. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Pushes a blob of text. */
export async function pushText(
  registry: Registry,
  text: string,
  repository: string = repo,
): Promise<Content> {
  const it = await blob(text);
  await registry.pushBlob(repository, it.descriptor, it.content);
  return it;
}

/** Makes an artifact that `name` distinguishes from others. */
export async function namedArtifact(name: string, subject?: Descriptor): Promise<ManifestContent> {
  return artifact({ artifactType: "application/vnd.conformance", annotations: { name }, subject });
}

/** Pushes an artifact that `name` distinguishes from others. */
export async function pushArtifact(
  registry: Registry,
  name: string,
  tags: readonly string[] = [],
  subject?: Descriptor,
): Promise<Descriptor> {
  return pushContent(registry, repo, namedArtifact(name, subject), { tags });
}

/**
 * Makes the arguments of a push of a manifest that needs no other content: an empty index, which `name` distinguishes from
 * others.
 */
export function emptyList(name: string): readonly [content: Uint8Array, mediaType: string] {
  const { imageIndex: mediaType } = ociMediaTypes;
  return [
    bytes(JSON.stringify({ schemaVersion: 2, mediaType, manifests: [], annotations: { name } })),
    mediaType,
  ];
}

/** Pushes a blob and a manifest with tags to a repository. Some registries do not list one that has never had a blob. */
export async function populate(
  registry: Registry,
  repository: string,
  tags: readonly string[] = ["t"],
): Promise<Descriptor> {
  await pushContent(registry, repository, emptyBlob);
  return registry.pushManifest(repository, ...emptyList(repository), { tags });
}

/** Reads the name of a manifest that {@link emptyList} made. */
export async function nameIn(reader: BlobReader): Promise<string> {
  return (JSON.parse(await reader.text()) as { annotations: { name: string } }).annotations.name;
}

/** Waits for this many turns of the event loop. */
export async function letPass(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1)
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
}

/**
 * The codes of a call about missing content. A call may report the missing repository instead. Cases whose repository
 * exists expect only the first code.
 */
export const absent = {
  blob: ["BLOB_UNKNOWN", "NAME_UNKNOWN"],
  manifest: ["MANIFEST_UNKNOWN", "NAME_UNKNOWN"],
} as const;

/** A digest that no content has. */
export const nowhere: `sha256:${string}` = `sha256:${"0".repeat(64)}`;

/** The media type of an image manifest. */
export const imageManifest: string = ociMediaTypes.imageManifest;
/** The media type of an image index. */
export const imageIndex: string = ociMediaTypes.imageIndex;
