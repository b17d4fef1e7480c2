import type { ManifestListing } from "@ocilayout/layout-core";
import type { CallOptions, Descriptor } from "@ocilayout/oci-types";

import type { OpenRegistry } from "./target.ts";

/** Lists the manifests of a repository with their tags. A remote registry can list only those with a tag. */
export async function* listManifests(
  registry: OpenRegistry,
  repository: string,
  options: CallOptions,
): AsyncGenerator<ManifestListing, void, undefined> {
  if (registry.manifests === undefined) yield* listTagged(registry, repository, options);
  else yield* registry.manifests(repository, options);
}

async function* listTagged(
  registry: OpenRegistry,
  repository: string,
  options: CallOptions,
): AsyncGenerator<ManifestListing, void, undefined> {
  const found: Map<string, { descriptor: Descriptor; tags: string[]; unreadableNames: string[] }> = new Map();
  for await (const tag of registry.tags(repository, options)) {
    const descriptor = await registry.resolveTag(repository, tag, options);
    const known = found.get(descriptor.digest);
    if (known === undefined) found.set(descriptor.digest, { descriptor, tags: [tag], unreadableNames: [] });
    else known.tags.push(tag);
  }
  yield* found.values();
}
