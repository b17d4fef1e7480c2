import type { Descriptor, PushManifestOptions, RegistryWriter } from "@ocilayout/oci-types";

import type { Awaitable, Content } from "./blob.ts";
import type { ManifestContent } from "./manifest.ts";

/**
 * Pushes `item` and everything it needs, in the order in which a registry takes it: blobs, then the manifests it
 * lists, then itself. Its subject is not pushed.
 *
 * @param options - For `item` itself, where it is a manifest; what it lists gets no tags.
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
    if (options.tags !== undefined) throw new TypeError("a blob has no tags");
    return registry.pushBlob(repository, it.descriptor, it.content, { signal });
  }
  for (const part of it.blobs) await registry.pushBlob(repository, part.descriptor, part.content, { signal });
  for (const child of it.children) await pushContent(registry, repository, child, { signal });
  const { mediaType, digest } = it.descriptor;
  return registry.pushManifest(repository, it.content, mediaType, { digest, ...options });
}
