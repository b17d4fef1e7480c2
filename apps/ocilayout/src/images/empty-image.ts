import type { Place } from "@ocilayout/oci-image";
import { buildIndex, parsePlatform } from "@ocilayout/oci-image";
import type { CallOptions, Descriptor } from "@ocilayout/oci-types";
import { computeDigest, ociMediaTypes } from "@ocilayout/oci-types";

/**
 * Pushes an image without layers or, for several platforms, an index of such images, and tags it. The same platforms make the
 * same image.
 *
 * @throws `RegistryError` `NAME_INVALID` for an invalid platform.
 */
export async function pushEmptyImages(
  at: Place,
  platforms: readonly string[],
  { signal }: CallOptions,
): Promise<Descriptor> {
  const tags = platforms.length === 1 ? [at.reference] : [];
  const images: Descriptor[] = [];
  for (const platform of platforms) images.push(await pushEmptyImage(at, platform, tags, { signal }));
  const [only] = images;
  if (only !== undefined && images.length === 1) return only;
  return buildIndex(
    at,
    images.map(({ digest }) => ({ reference: digest })),
    { signal },
  );
}

async function pushEmptyImage(
  { registry, repository }: Pick<Place, "registry" | "repository">,
  platform: string,
  tags: readonly string[],
  { signal }: CallOptions,
): Promise<Descriptor> {
  const content = encode({
    ...parsePlatform(platform),
    config: {},
    rootfs: { type: "layers", diff_ids: [] },
  });
  const config = { mediaType: ociMediaTypes.imageConfig, ...(await computeDigest(content)) };
  await registry.pushBlob(repository, config, content, { signal });
  const mediaType = ociMediaTypes.imageManifest;
  const manifest = encode({ schemaVersion: 2, mediaType, config, layers: [] });
  return registry.pushManifest(repository, manifest, mediaType, { tags, signal });
}

function encode(document: object): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(document));
}
