import type { CopyOptions, CopySource, Place } from "@ocilayout/oci-image";
import {
  requireArray,
  requireFlag,
  requireObject,
  requireOneOf,
  requireSignal,
} from "@ocilayout/oci-types/authors";
import { requireTag } from "@ocilayout/ociref";

import { parseArchiveName, type ArchiveName } from "./archive-name.ts";

/** An image to write to an archive. */
export interface ImageToWrite extends Place<CopySource> {
  /**
   * The name of the image in the archive, such as `docker.io/library/app:1.0`. Defaults to the repository and the tag. An image
   * that is given by its digest has no name by default; programs then find it by its digest.
   */
  readonly name?: string | undefined;
}

/** Options of `writeArchive`. */
export interface WriteArchiveOptions extends Pick<
  CopyOptions,
  "signal" | "platforms" | "referrers" | "limits" | "maxManifestBytes" | "onProgress"
> {
  /**
   * The format of the archive:
   *
   * - `"oci"`, the default: an OCI layout. skopeo, podman, containerd, buildx and Docker with its containerd image store read
   *   it. It can contain everything that a registry can.
   * - `"docker"`: images with the `manifest.json` of Docker. Every Docker reads it, and so do skopeo, podman and containerd. From
   *   an index it contains one image: that for the platform in `platforms`, or for this process. It has no manifests, so digests
   *   of manifests are not preserved. Artifacts cannot be written.
   * - `"both"`: an OCI layout that is also an archive of Docker. `manifest.json` has the images that Docker can load, for one
   *   platform each.
   *
   * Layers keep their compression.
   */
  readonly format?: "oci" | "docker" | "both" | undefined;
  /**
   * Whether a file survives a power failure when the call resolves: `"fsync"` syncs it and its directory, `"none"` does not.
   * Defaults to `"fsync"`.
   */
  readonly durability?: "fsync" | "none" | undefined;
}

/** An image to write, with its checked name. */
export interface CheckedImage {
  readonly place: Place<CopySource>;
  readonly name: ArchiveName | undefined;
}

/** Options after they were checked. */
export interface CheckedWriteOptions {
  readonly signal: AbortSignal | undefined;
  readonly format: "oci" | "docker" | "both";
  readonly durable: boolean;
  /** The options of `copy` for every image. */
  readonly copying: CopyOptions;
}

/**
 * Checks the options of `writeArchive`. `copy` checks those that it has, too.
 *
 * @throws TypeError or RangeError if an option has the wrong type or value.
 */
export function requireWriteOptions(options: WriteArchiveOptions): CheckedWriteOptions {
  const signal = requireSignal(options);
  const { format = "oci", durability = "fsync", platforms, referrers = false } = options;
  const { limits, maxManifestBytes, onProgress } = options;
  requireOneOf(format, ["oci", "docker", "both"], "format");
  requireOneOf(durability, ["fsync", "none"], "durability");
  if (format === "docker" && requireFlag(referrers, "referrers"))
    throw new RangeError('an archive with the format "docker" cannot have referrers');
  if (format === "docker" && (platforms?.length ?? 1) !== 1)
    throw new RangeError('an archive with the format "docker" must have one platform');
  return {
    signal,
    format,
    durable: durability === "fsync",
    copying: {
      signal,
      platforms,
      referrers,
      limits,
      maxManifestBytes,
      onProgress,
      // Blobs are written one after the other, while the next ones are opened.
      concurrency: 3,
      link: false,
    },
  };
}

/**
 * Checks the images of `writeArchive`.
 *
 * @throws TypeError or RangeError if they are not such a list, or two have the same name; `RegistryError` `NAME_INVALID` for an
 * invalid name.
 */
export function requireImages(images: readonly ImageToWrite[]): readonly CheckedImage[] {
  requireArray(images, "images");
  if (images.length === 0) throw new RangeError("images must not be empty");
  const names: Set<string> = new Set();
  return images.map((image) => {
    requireObject(image, "an image");
    const { registry, repository, reference, name } = image;
    const checked = { place: { registry, repository, reference }, name: nameOf(repository, reference, name) };
    const full = checked.name?.full;
    if (full !== undefined && names.has(full)) throw new RangeError(`two images have the name ${full}`);
    if (full !== undefined) names.add(full);
    return checked;
  });
}

function nameOf(repository: string, reference: string, name: string | undefined): ArchiveName | undefined {
  if (name !== undefined) return parseArchiveName(name);
  return reference.includes(":") ? undefined : parseArchiveName(`${repository}:${requireTag(reference)}`);
}
