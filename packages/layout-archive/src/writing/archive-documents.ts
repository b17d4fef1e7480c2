import { readImage, type CopySource, type ImageDocuments, type Place } from "@ocilayout/oci-image";
import { annotationKeys, isRegistryError, ociMediaTypes, RegistryError } from "@ocilayout/oci-types";
import type { Annotations, Descriptor } from "@ocilayout/oci-types";

import type { ArchiveName } from "./archive-name.ts";
import { blobPath, type ArchiveTarget, type WrittenManifest } from "./archive-target.ts";
import type { CheckedWriteOptions } from "./options.ts";

/** An image that was copied to an archive. */
export interface WrittenImage {
  /** Its place in the source, by its digest. */
  readonly place: Place<CopySource>;
  readonly name: ArchiveName | undefined;
  /** The descriptor of its manifest in the archive. */
  readonly descriptor: Descriptor;
  /** The manifests that were copied because they refer to it. */
  readonly companions: readonly WrittenManifest[];
}

/** Returns `index.json`: an entry for each image, and one for each manifest that refers to one. */
export function makeIndex(images: readonly WrittenImage[]): Uint8Array {
  const manifests = images.flatMap(({ descriptor, name, companions }) => [
    describe(descriptor, name === undefined ? {} : annotationsOf(name)),
    ...companions.flatMap((companion) => entriesOf(companion, name?.repository)),
  ]);
  const unique = new Map(manifests.map((entry) => [JSON.stringify(entry), entry]));
  return encode({
    schemaVersion: 2,
    mediaType: ociMediaTypes.imageIndex,
    manifests: [...unique.values()],
  });
}

function entriesOf({ descriptor, tags }: WrittenManifest, repository: string | undefined): Descriptor[] {
  if (repository === undefined) return [describe(descriptor, {})];
  if (tags.size === 0)
    return [describe(descriptor, { [annotationKeys.refName]: `${repository}@${descriptor.digest}` })];
  return Array.from(tags, (tag) =>
    describe(descriptor, annotationsOf({ full: `${repository}:${tag}`, repository, tag })),
  );
}

function describe({ mediaType, digest, size }: Descriptor, annotations: Annotations): Descriptor {
  return { mediaType, digest, size, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) };
}

/** containerd, Docker and podman read the whole name, skopeo and others the tag. */
function annotationsOf({ full, tag }: ArchiveName): Annotations {
  return { [annotationKeys.containerdImageName]: full, [annotationKeys.refName]: tag };
}

/** An image in `manifest.json`. */
interface DockerItem {
  readonly Config: string;
  readonly RepoTags: readonly string[] | null;
  readonly Layers: readonly string[];
}

/**
 * Returns the `manifest.json` of Docker.
 *
 * @throws `RegistryError` if the format is `"docker"` and something is not an image that Docker can load.
 */
export async function makeDockerManifest(
  images: readonly WrittenImage[],
  target: ArchiveTarget,
  options: CheckedWriteOptions,
): Promise<Uint8Array> {
  const items: Map<string, { readonly item: Omit<DockerItem, "RepoTags">; readonly names: string[] }> =
    new Map();
  for (const written of images) {
    const found = await findDockerImage(written, target, options);
    if (found === undefined) continue;
    const { digest } = found.descriptor;
    const { config, layers } = found.manifest;
    const item = { Config: blobPath(config.digest), Layers: layers.map((layer) => blobPath(layer.digest)) };
    const listed = items.get(digest) ?? { item, names: [] };
    items.set(digest, listed);
    const name = written.name?.full;
    if (name !== undefined) listed.names.push(name);
  }
  return encode(
    Array.from(items.values(), ({ item, names }) => ({
      Config: item.Config,
      RepoTags: names.length === 0 ? null : names,
      Layers: item.Layers,
    })),
  );
}

/** Returns the image that Docker would load, or `undefined` if an archive with another format leaves it out. */
async function findDockerImage(
  { place }: WrittenImage,
  target: ArchiveTarget,
  { format, signal, copying: { platforms, maxManifestBytes } }: CheckedWriteOptions,
): Promise<ImageDocuments | undefined> {
  try {
    const found = await readImage(place, { platform: platforms?.[0], signal, maxManifestBytes });
    requireLoadable(found, target);
    return found;
  } catch (error) {
    if (format === "both" && isRegistryError(error, "MANIFEST_INVALID", "MANIFEST_UNKNOWN", "UNSUPPORTED"))
      return undefined;
    throw error;
  }
}

/** Requires an image with a filesystem, of which the archive has every layer. */
function requireLoadable(
  { descriptor, manifest: { config, layers }, config: { rootfs } }: ImageDocuments,
  target: ArchiveTarget,
): void {
  const missing = [config, ...layers].find(({ digest }) => !target.has(digest));
  if (missing !== undefined) throw notLoadable(descriptor, `the archive does not have ${missing.digest}`);
  const diffIds = rootfs.diff_ids;
  if (diffIds.length !== layers.length)
    throw notLoadable(
      descriptor,
      `its config has ${diffIds.length} diff_ids, and its manifest ${layers.length} layers`,
    );
}

function notLoadable({ digest }: Descriptor, reason: string): RegistryError {
  return new RegistryError("UNSUPPORTED", `Docker cannot load the image ${digest}: ${reason}`);
}

function encode(document: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document));
}
