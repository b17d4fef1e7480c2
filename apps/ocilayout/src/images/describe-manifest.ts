import type { ImageConfigDefaults, ImageSource, Place } from "@ocilayout/oci-image";
import { formatPlatform, readImage, readManifest } from "@ocilayout/oci-image";
import type { Annotations, CallOptions, Descriptor, ImageManifest } from "@ocilayout/oci-types";

import { isImage } from "./manifest-kind.ts";

/** The description of a manifest, as `inspect --json` prints it. */
export interface ManifestSummary {
  readonly name: string;
  readonly kind: "image" | "index" | "artifact" | "other";
  readonly mediaType: string;
  readonly digest: string;
  /** The size of the manifest in bytes. */
  readonly size: number;
  readonly artifactType?: string | undefined;
  /** `os/architecture[/variant]` of an image. */
  readonly platform?: string | undefined;
  readonly created?: string | undefined;
  readonly subject?: string | undefined;
  readonly annotations?: Annotations | undefined;
  /** The defaults of containers: command, environment, user. */
  readonly config?: ImageConfigDefaults | undefined;
  readonly layers?: readonly PartSummary[] | undefined;
  /** The manifests of an index. */
  readonly manifests?: readonly PartSummary[] | undefined;
}

/** A layer, or a manifest of an index. */
export interface PartSummary {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: string | undefined;
  readonly artifactType?: string | undefined;
}

/** Describes the manifest at a place or, with `platform`, the image for that platform. */
export async function describeManifest(
  place: Place<ImageSource>,
  { platform, signal }: CallOptions & { readonly platform?: string | undefined },
): Promise<ManifestSummary> {
  const name = `${place.repository}${place.reference.includes(":") ? "@" : ":"}${place.reference}`;
  if (platform !== undefined) return describeImage(place, name, { platform, signal });
  const { descriptor, kind, document } = await readManifest(place, { signal });
  const { mediaType, digest, size } = descriptor;
  if (kind === "opaque") return { name, kind: "other", mediaType, digest, size };
  if (kind === "image") {
    const pinned = { ...place, reference: digest };
    return isImage(document)
      ? describeImage(pinned, name, { signal })
      : { name, kind: "artifact", mediaType, digest, size, ...describeDocument(document) };
  }
  const { artifactType, annotations, subject } = document;
  const manifests = document.manifests.map(partOf);
  return {
    name,
    kind,
    mediaType,
    digest,
    size,
    artifactType,
    annotations,
    subject: subject?.digest,
    manifests,
  };
}

async function describeImage(
  place: Place<ImageSource>,
  name: string,
  options: CallOptions & { readonly platform?: string | undefined },
): Promise<ManifestSummary> {
  const { descriptor, manifest, config, platform } = await readImage(place, options);
  const { mediaType, digest, size } = descriptor;
  return {
    name,
    kind: "image",
    mediaType,
    digest,
    size,
    platform: formatPlatform(platform),
    created: config.created,
    config: config.config ?? undefined,
    ...describeDocument(manifest),
  };
}

function describeDocument({
  artifactType,
  annotations,
  subject,
  layers,
}: ImageManifest): Partial<ManifestSummary> {
  return { artifactType, annotations, subject: subject?.digest, layers: layers.map(partOf) };
}

function partOf({ mediaType, digest, size, platform, artifactType }: Descriptor): PartSummary {
  return {
    mediaType,
    digest,
    size,
    platform: platform === undefined ? undefined : formatPlatform(platform),
    artifactType,
  };
}
