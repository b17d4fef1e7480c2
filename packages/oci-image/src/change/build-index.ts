import type { Annotations, Descriptor, ImageManifest, Platform } from "@ocilayout/oci-types";
import { ociMediaTypes } from "@ocilayout/oci-types";
import { requireArray, requireObject } from "@ocilayout/oci-types/authors";

import type { Place } from "../place/place.ts";
import { requirePlace, sibling } from "../place/place.ts";
import { requirePlatform } from "../platform/platform.ts";
import { isImage, platformOf, readImageConfig } from "../reading/image-config.ts";
import type { ManifestContent, ReadManifestOptions } from "../reading/read-manifest.ts";
import { readManifest, requireReading } from "../reading/read-manifest.ts";
import type { CreateIndexOptions } from "./create-index.ts";
import { createIndex, requireAnnotations } from "./create-index.ts";
import { changeMembers } from "./members.ts";
import { requireTags } from "./tag.ts";

/** A manifest to list in an index. */
export interface ListedManifest {
  /** A tag or a digest in the repository of the index. */
  readonly reference: string;
  /** The platform, such as `"linux/arm64"`. Defaults to that of the image's config. Indexes and artifacts have no default. */
  readonly platform?: Platform | string | undefined;
  /** Annotations of the entry. */
  readonly annotations?: Annotations | undefined;
}

/** Options of {@link buildIndex}. */
export interface BuildIndexOptions extends CreateIndexOptions, ReadManifestOptions {
  /** More tags for the index. All tags are set together, or none. */
  readonly tags?: readonly string[] | undefined;
}

/**
 * Builds an index of manifests that are in the repository, and pushes it. The manifests keep their order. The entry of an
 * artifact gets its `artifactType`.
 *
 * @param to - The place of the index. `reference` is the tag to set, or the digest that the index has.
 * @returns The media type, the digest and the size of the index.
 * @throws TypeError for a value of another type.
 * @throws `RegistryError` with one of these codes:
 *
 * - `MANIFEST_UNKNOWN`, `BLOB_UNKNOWN`: a manifest or its config is missing.
 * - `MANIFEST_INVALID`: as in {@link createIndex} and `readImage`.
 * - `DIGEST_INVALID`: the index does not have the digest of the place.
 * - `NAME_INVALID`: a tag or a platform is invalid.
 * - `CONTENT_CORRUPT`, `SIZE_INVALID`: as in `readImage`.
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-index.md}
 */
export async function buildIndex(
  to: Place,
  manifests: readonly ListedManifest[],
  options: BuildIndexOptions = {},
): Promise<Descriptor> {
  const place = requirePlace(to);
  const reading = requireReading(options);
  const tags = (place.tag === undefined ? [] : [place.tag]).concat(requireTags(options.tags ?? []));
  requireArray(manifests, "manifests");
  // Checks the options before anything is read.
  createIndex([], options);
  const listed = manifests.map((manifest) => requireListed(place, manifest));
  const entries: Descriptor[] = [];
  for (const manifest of listed) entries.push(await describeEntry(place, manifest, reading));
  const { bytes } = createIndex(entries, options);
  const { signal } = reading;
  signal?.throwIfAborted();
  const { digest } = place;
  return place.registry.pushManifest(place.repository, bytes, ociMediaTypes.imageIndex, {
    digest,
    tags,
    signal,
  });
}

function requireListed(place: Place, manifest: ListedManifest): ListedManifest {
  requireObject(manifest, "a manifest");
  const { reference, platform, annotations } = manifest;
  return {
    reference: requirePlace(sibling(place, reference)).reference,
    platform: platform === undefined ? undefined : requirePlatform(platform),
    annotations: annotations === undefined ? undefined : requireAnnotations(annotations),
  };
}

/** Reads a manifest, and describes it as an entry of an index. */
async function describeEntry(
  place: Place,
  { reference, platform, annotations }: ListedManifest,
  reading: ReadManifestOptions,
): Promise<Descriptor> {
  const manifest = await readManifest(sibling(place, reference), reading);
  const isArtifact = manifest.kind === "image" && !isImage(manifest.document);
  return changeMembers(manifest.descriptor, [
    ["artifactType", isArtifact ? artifactTypeOf(manifest.document) : manifest.document?.artifactType],
    ["annotations", annotations],
    ["platform", platform ?? (await platformIn(place, manifest, reading))],
  ]);
}

function artifactTypeOf({ artifactType, config }: ImageManifest): string {
  return artifactType ?? config.mediaType;
}

/** Returns the platform of an image, from its config. */
async function platformIn(
  place: Place,
  manifest: ManifestContent,
  reading: ReadManifestOptions,
): Promise<Platform | undefined> {
  if (manifest.kind !== "image" || !isImage(manifest.document)) return undefined;
  return platformOf(await readImageConfig(place, manifest.document, reading));
}
