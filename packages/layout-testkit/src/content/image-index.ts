import type { Descriptor } from "@ocilayout/oci-types";
import { ociMediaTypes } from "@ocilayout/oci-types";

import type { Awaitable } from "./blob.ts";
import type { ManifestContent, ManifestOptions } from "./manifest.ts";
import { descriptorOf, manifestDocument } from "./manifest.ts";

/**
 * Makes an image index. The descriptor of a child has the platform of that child, if it has one. The same children make the
 * same index.
 *
 * @param children - The manifests of the index, in order. A descriptor in place of a manifest is listed and not pushed.
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-index.md}
 */
export async function index(
  children: readonly Awaitable<ManifestContent | Descriptor>[] = [],
  options: ManifestOptions = {},
): Promise<ManifestContent> {
  const items = await Promise.all(children.map(async (child) => child));
  const document = await manifestDocument({
    ...options,
    mediaType: ociMediaTypes.imageIndex,
    manifests: items.map((item) => ({ ...descriptorOf(item), platform: item.platform })),
  });
  return { ...document, blobs: [], children: items.filter((item) => "descriptor" in item) };
}
