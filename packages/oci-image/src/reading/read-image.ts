import type { Descriptor, ImageManifest, Platform } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import type { CheckedPlace, Place } from "../place/place.ts";
import { requirePlace } from "../place/place.ts";
import { hostPlatform } from "../platform/host-platform.ts";
import { formatPlatform, isPlatformName, requirePlatform } from "../platform/platform.ts";
import { selectPlatform } from "../platform/select-platform.ts";
import { ImageSearch, type FoundImage } from "./find-image.ts";
import type { ImageConfig } from "./image-config.ts";
import { platformOf, readImageConfig } from "./image-config.ts";
import type { ImageSource } from "./image-source.ts";
import type { ManifestContent, ReadManifestOptions } from "./read-manifest.ts";
import { readManifest, requireReading } from "./read-manifest.ts";

/** An image: its manifest and its config, both verified. */
export interface ImageDocuments {
  /** The media type, the digest and the size in bytes of the image manifest. */
  readonly descriptor: Descriptor;
  /** The image manifest. */
  readonly manifest: ImageManifest;
  /** The config: the platform, the defaults for running a container, and the history. */
  readonly config: ImageConfig;
  /** The platform from the index, or else from the config. */
  readonly platform: Platform;
}

/** Options of {@link readImage}. */
export interface ReadImageOptions extends ReadManifestOptions {
  /**
   * The platform that the image must run on, such as `"linux/arm64"`. Without it, an image manifest is returned whatever its
   * platform is. From an index, the default is the image for this process, or else the image for Linux on the same
   * architecture. A browser has no default for an index.
   */
  readonly platform?: Platform | string | undefined;
}

/**
 * Reads the manifest and the config of the image that runs on a platform. From an index it chooses as
 * {@link selectPlatform} does, also from nested indexes. If no descriptor with a platform fits, it reads the configs of the
 * images without one. It skips attestations.
 *
 * @throws TypeError in a browser, if the place is an index and `platform` is absent.
 * @throws `RegistryError` with one of these codes:
 *
 * - `MANIFEST_UNKNOWN`: the manifest is missing, or no image runs on the platform. `detail.platforms` has the platforms of
 *   the images.
 * - `MANIFEST_INVALID`: the manifest or the config is invalid or belongs to an artifact. Also if the choice needs more than
 *   1,000 manifests, or 16 MiB of nested indexes.
 * - `NAME_INVALID`: the place is invalid, or `platform` is text of another form than `os/architecture[/variant]`.
 * - `BLOB_UNKNOWN`: the config is missing.
 * - `CONTENT_CORRUPT`, `DIGEST_INVALID`, `SIZE_INVALID`: as in `readManifest`, also for the config. A config can have 8 MiB.
 */
export async function readImage(
  at: Place<ImageSource>,
  options: ReadImageOptions = {},
): Promise<ImageDocuments> {
  const place = requirePlace(at);
  const reading = requireReading(options);
  const wanted = options.platform === undefined ? undefined : requirePlatform(options.platform);
  const root = await readManifest(place, reading);
  const found = await choose(place, root, wanted, reading);
  const { manifest } = found;
  if (manifest.kind !== "image") {
    throw new RegistryError("MANIFEST_INVALID", `${manifest.descriptor.digest} is not an image or an index`);
  }
  const config = await readImageConfig(place, manifest.document, reading);
  const platform = found.platform ?? platformOf(config);
  if (wanted !== undefined && selectPlatform([{ ...manifest.descriptor, platform }], wanted) === undefined) {
    throw noImageFor(place, wanted, [platform]);
  }
  return { descriptor: manifest.descriptor, manifest: manifest.document, config, platform };
}

/** Returns `root`, or if it is an index the image that runs on `wanted`. */
async function choose(
  place: CheckedPlace<ImageSource>,
  root: ManifestContent,
  wanted: Platform | undefined,
  options: ReadManifestOptions,
): Promise<Partial<FoundImage> & Pick<FoundImage, "manifest">> {
  if (root.kind !== "index") return { manifest: root };
  const host = wanted ?? hostPlatform();
  const linux = { os: "linux", architecture: host.architecture, variant: host.variant };
  const search = new ImageSearch(place, root.document, options);
  for (const choice of wanted === undefined && host.os !== "linux" ? [host, linux] : [host]) {
    const found = await search.find(choice);
    if (found !== undefined) return found;
  }
  throw noImageFor(place, host, search.offered);
}

/** The maximum number of platforms that an error names. */
const MAX_NAMED = 20;

/** Creates the error for a place without an image for a platform. It names only well-formed platforms. */
export function noImageFor(
  { reference }: Pick<Place, "reference">,
  wanted: Platform,
  offered: readonly Platform[],
): RegistryError {
  const platforms = [...new Set(offered.filter(isNameable).map(formatPlatform))].slice(0, MAX_NAMED);
  const has = platforms.length === 0 ? "" : `: it has ${platforms.join(", ")}`;
  const name = isNameable(wanted) ? formatPlatform(wanted) : excerpt(formatPlatform(wanted));
  return new RegistryError("MANIFEST_UNKNOWN", `${reference} has no image for ${name}${has}`, {
    detail: { platforms },
  });
}

/** Whether a platform has a name that is safe for a message, and is the platform of an image. */
function isNameable(platform: Platform): boolean {
  return platform.os !== "unknown" && isPlatformName(formatPlatform(platform));
}
