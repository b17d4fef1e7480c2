import type { Descriptor, ParsedManifest } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";

import { readChild } from "./manifest.ts";
import type { Repository } from "./store.ts";

/**
 * Clauses 13 and 14: what a manifest refers to must be there, of the size it says and, of an index's children, of the
 * type it says. Layers with `urls` and the subject may be absent.
 */
export function checkReferences(parsed: ParsedManifest, repository: Repository, allowSparse: boolean): void {
  const missing: string[] = [];
  for (const { descriptor, isExempt } of references(parsed)) {
    const content = repository.blobs.get(descriptor.digest);
    if (content === undefined) {
      if (!isExempt && !allowSparse) missing.push(descriptor.digest);
      continue;
    }
    if (content.length !== descriptor.size)
      throw new RegistryError("MANIFEST_INVALID", "a size is not that of what is stored");
    if (parsed.kind === "index" && !isAsDescribed(descriptor, content, repository)) {
      throw new RegistryError("MANIFEST_INVALID", "a child is not what its descriptor says");
    }
  }
  if (missing.length > 0)
    throw new RegistryError("MANIFEST_BLOB_UNKNOWN", undefined, { detail: { missing } });
}

/** What the repository knows a child as counts, else what the child itself is. */
function isAsDescribed(descriptor: Descriptor, content: Uint8Array, { manifests }: Repository): boolean {
  const child = manifests.get(descriptor.digest) ?? readChild(descriptor, content);
  return child?.mediaType === descriptor.mediaType;
}

function* references(
  parsed: ParsedManifest,
): Generator<{ descriptor: Descriptor; isExempt: boolean }, void, undefined> {
  if (parsed.kind === "index")
    for (const descriptor of parsed.index.manifests) yield { descriptor, isExempt: false };
  if (parsed.kind !== "image") return;
  yield { descriptor: parsed.manifest.config, isExempt: false };
  for (const descriptor of parsed.manifest.layers)
    yield { descriptor, isExempt: (descriptor.urls?.length ?? 0) > 0 };
}
