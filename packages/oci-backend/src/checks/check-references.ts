import type { Descriptor, Digest, ParsedManifest } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";

import { missingReferences } from "./errors.ts";
import type { Awaitable } from "./awaitable.ts";

/** The store, as {@link checkReferences} uses it. */
export interface StoredReferences {
  /** Returns the size of a stored blob or manifest in bytes, or `undefined` if it is missing. */
  sizeOf(digest: string): Awaitable<number | undefined>;
  /**
   * Whether a stored child of an index is a manifest of the media type in its descriptor. If the repository does not know it
   * as a manifest, its bytes decide.
   */
  isAsDescribed(child: Descriptor): Awaitable<boolean>;
}

/**
 * Checks that the config, the layers and the children of a manifest are stored, with the sizes and types of their
 * descriptors. A subject may be missing, and so may layers with `urls`.
 *
 * @param allowSparse - Whether all references may be missing. Stored content is checked anyway.
 * @throws `RegistryError` `MANIFEST_BLOB_UNKNOWN` with every missing digest in `detail.missing`. `MANIFEST_INVALID` if
 * content is stored with another size or type.
 * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-14 | Contract, clause 14}
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
      throw invalid(`${path}.size`, `must be ${size}, the size of the stored content`);
    if (parsed.kind !== "index") continue;
    const isSameType = (types.get(descriptor.digest) ?? descriptor.mediaType) === descriptor.mediaType;
    types.set(descriptor.digest, descriptor.mediaType);
    if (!isSameType) throw invalid(path, "must have the same media type as elsewhere in this index");
    if (!(await stored.isAsDescribed(descriptor)))
      throw invalid(
        path,
        `must be a manifest of type ${descriptor.mediaType}, but the stored content is not`,
      );
  }
  if (missing.length > 0) throw missingReferences(missing);
}

interface ManifestReference {
  /** The JSONPath of the descriptor. */
  readonly path: string;
  readonly descriptor: Descriptor;
  /** Whether the content may be missing. */
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
