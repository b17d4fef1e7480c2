import type { Descriptor, Digest, ParsedManifest } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";

import { missingReferences } from "./errors.ts";
import type { Awaitable } from "./awaitable.ts";

/** What {@link checkReferences} asks of a store. */
export interface StoredReferences {
  /** The size of a stored blob or manifest in bytes; `undefined` if it is missing. */
  sizeOf(digest: string): Awaitable<number | undefined>;
  /**
   * Whether a stored child of an index is a manifest of the media type in its descriptor: as the repository knows it, else
   * as its bytes say.
   */
  isAsDescribed(child: Descriptor): Awaitable<boolean>;
}

/**
 * Checks that what a manifest refers to is stored and is what its descriptor says: configs, layers and the children of an
 * index. A subject may be missing, and so may layers with `urls`.
 *
 * @param allowSparse - Whether anything may be missing; what is stored must be right all the same.
 * @throws `RegistryError` `MANIFEST_BLOB_UNKNOWN` with every missing digest in `detail.missing`;
 * `MANIFEST_INVALID` if something is stored with another size or type.
 */
export async function checkReferences(
  parsed: ParsedManifest,
  stored: StoredReferences,
  allowSparse: boolean = false,
): Promise<void> {
  const missing: Digest[] = [];
  const types: Map<string, string> = new Map();
  for (const { path, descriptor, isExempt } of references(parsed)) {
    const size = await stored.sizeOf(descriptor.digest);
    if (size === undefined) {
      if (!allowSparse && !isExempt) missing.push(descriptor.digest);
      continue;
    }
    if (size !== descriptor.size)
      throw invalid(`${path}.size`, `must be ${size}, the size of what is stored`);
    if (parsed.kind !== "index") continue;
    const isSameType = (types.get(descriptor.digest) ?? descriptor.mediaType) === descriptor.mediaType;
    types.set(descriptor.digest, descriptor.mediaType);
    if (!isSameType) throw invalid(path, "must be of the same type as elsewhere in this index");
    if (!(await stored.isAsDescribed(descriptor)))
      throw invalid(
        path,
        `must be a manifest of the type ${descriptor.mediaType}, and what is stored is not`,
      );
  }
  if (missing.length > 0) throw missingReferences(missing);
}

interface ManifestReference {
  /** The JSONPath of the descriptor. */
  readonly path: string;
  readonly descriptor: Descriptor;
  /** Whether it may be missing. */
  readonly isExempt: boolean;
}

function* references(parsed: ParsedManifest): Generator<ManifestReference, void, undefined> {
  if (parsed.kind === "image") {
    const { config, layers } = parsed.manifest;
    yield { path: "$.config", descriptor: config, isExempt: false };
    for (const [place, descriptor] of layers.entries())
      yield { path: `$.layers[${place}]`, descriptor, isExempt: (descriptor.urls?.length ?? 0) > 0 };
  } else if (parsed.kind === "index") {
    for (const [place, descriptor] of parsed.index.manifests.entries())
      yield { path: `$.manifests[${place}]`, descriptor, isExempt: false };
  }
}

function invalid(path: string, reason: string): RegistryError {
  return new RegistryError("MANIFEST_INVALID", `${path} ${reason}`, {
    detail: { problems: [{ path, reason }] },
  });
}
