import type { Place } from "@ocilayout/oci-image";
import { parsePlatform } from "@ocilayout/oci-image";
import type { CallOptions, Descriptor } from "@ocilayout/oci-types";
import { computeDigest, ociMediaTypes } from "@ocilayout/oci-types";

/**
 * Pushes an image without layers, and tags it. The same platform makes the same image.
 *
 * @throws `RegistryError` `NAME_INVALID` for an invalid platform.
 */
export async function pushEmptyImage(
  { registry, repository, reference }: Place,
  platform: string,
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
  return registry.pushManifest(repository, manifest, mediaType, { tags: [reference], signal });
}

function encode(document: object): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(document));
}
