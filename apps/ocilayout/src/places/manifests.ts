import type { ManifestListing } from "@ocilayout/layout-core";
import { readManifest } from "@ocilayout/oci-image";
import type { CallOptions, Descriptor } from "@ocilayout/oci-types";
import { collect, isRegistryError, manifestKind } from "@ocilayout/oci-types";

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

/** Lists the manifests of a repository that have a tag, or that no index of the repository contains. */
export async function listRoots(
  registry: OpenRegistry,
  repository: string,
  options: CallOptions,
): Promise<readonly ManifestListing[]> {
  const listings = await collect(listManifests(registry, repository, options));
  const contained: Set<string> = new Set();
  for (const { descriptor } of listings) {
    if (manifestKind(descriptor.mediaType) !== "index") continue;
    const place = { registry, repository, reference: descriptor.digest };
    const index = await readManifest(place, options).catch((error: unknown) => {
      // A damaged index contains nothing that can be known. Its copy fails later, with the reason.
      if (isRegistryError(error)) return undefined;
      throw error;
    });
    if (index?.kind === "index") for (const { digest } of index.document.manifests) contained.add(digest);
  }
  return listings.filter(({ tags, descriptor }) => tags.length > 0 || !contained.has(descriptor.digest));
}
