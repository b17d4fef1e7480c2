import type { Descriptor, PushManifestOptions, RegistryWriter } from "@ocilayout/oci-types";

import type { Awaitable, Content } from "./blob.ts";
import type { ManifestContent } from "./manifest.ts";

/**
 * Pushes `item` and everything that it needs: first its blobs, then the manifests that it lists, then the item. Its subject
 * is not pushed.
 *
 * @param options - Options of the push of `item`, if it is a manifest. The manifests that it lists get no tags.
 */
export async function pushContent(
  registry: Pick<RegistryWriter, "pushBlob" | "pushManifest">,
  repository: string,
  item: Awaitable<Content | ManifestContent>,
  options: PushManifestOptions = {},
): Promise<Descriptor> {
  const { signal } = options;
  const it = await item;
  if (!("children" in it)) {
    if (options.tags !== undefined) throw new TypeError("a blob cannot have tags");
    return registry.pushBlob(repository, it.descriptor, it.content, { signal });
  }
  for (const part of it.blobs) await registry.pushBlob(repository, part.descriptor, part.content, { signal });
  for (const child of it.children) await pushContent(registry, repository, child, { signal });
  const { mediaType, digest } = it.descriptor;
  return registry.pushManifest(repository, it.content, mediaType, { digest, ...options });
}
