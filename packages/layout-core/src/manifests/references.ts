import { missingReferences } from "@ocilayout/oci-backend";
import type { Descriptor, Digest, ParsedManifest } from "@ocilayout/oci-types";
import { manifestKind, RegistryError } from "@ocilayout/oci-types";

import type { EntryView } from "../index-json/entry-table.ts";
import type { BlobFiles } from "../blobs/blob-files.ts";
import type { ManifestGraph } from "./manifest-graph.ts";
import { isReadable } from "./manifest-store.ts";
import { isReadableDigest } from "../index-json/ref-name.ts";

/** What is looked at to tell whether a reference holds. */
export interface Stored {
  readonly blobs: BlobFiles;
  readonly graph: ManifestGraph;
}

/** Where a manifest is pushed to. */
export interface Destination {
  readonly view: EntryView;
  readonly repository: string;
}

/**
 * Checks that what a manifest refers to is there and is what it says: configs, layers and an index's children, not
 * its subject, and not layers that are to be had elsewhere.
 *
 * @param allowSparse - Whether what is absent is let pass; what is there must be right all the same.
 * @throws `RegistryError` `MANIFEST_BLOB_UNKNOWN` with every absent digest in `detail.missing`;
 * `MANIFEST_INVALID` where something is there and has another size or type.
 */
export async function checkReferences(
  parsed: ParsedManifest,
  stored: Stored,
  destination: Destination,
  allowSparse: boolean,
): Promise<void> {
  const missing: Digest[] = [];
  const types: Map<string, string> = new Map();
  for (const { path, descriptor, isExempt } of references(parsed)) {
    const size = isReadableDigest(descriptor.digest) ? await stored.blobs.size(descriptor.digest) : undefined;
    if (size === undefined) {
      if (!allowSparse && !isExempt) missing.push(descriptor.digest);
      continue;
    }
    if (size !== descriptor.size)
      throw invalid(`${path}.size`, `must be ${size}, the size of what is stored`);
    const isSameType = (types.get(descriptor.digest) ?? descriptor.mediaType) === descriptor.mediaType;
    types.set(descriptor.digest, descriptor.mediaType);
    if (parsed.kind === "index" && !isSameType)
      throw invalid(path, "must be of the same type as elsewhere in this index");
    if (parsed.kind === "index" && !(await isAsDescribed(descriptor, stored, destination))) {
      throw invalid(
        path,
        `must be a manifest of the type ${descriptor.mediaType}, and what is stored is not`,
      );
    }
  }
  if (missing.length > 0) throw missingReferences(missing);
}

interface ManifestReference {
  readonly path: string;
  readonly descriptor: Descriptor;
  /** Whether it may be absent. */
  readonly isExempt: boolean;
}

function* references(parsed: ParsedManifest): Generator<ManifestReference, void, undefined> {
  if (parsed.kind === "image") {
    const { config, layers } = parsed.manifest;
    yield { path: "$.config", descriptor: config, isExempt: false };
    for (const [place, descriptor] of layers.entries()) {
      yield { path: `$.layers[${place}]`, descriptor, isExempt: (descriptor.urls?.length ?? 0) > 0 };
    }
  } else if (parsed.kind === "index") {
    for (const [place, descriptor] of parsed.index.manifests.entries()) {
      yield { path: `$.manifests[${place}]`, descriptor, isExempt: false };
    }
  }
}

/**
 * Whether a stored child of an index is a manifest of the type that the index says: by its own bytes or, where they do
 * not say it, by what the repository knows it as. What is too large to be a manifest may be anything.
 */
async function isAsDescribed(
  descriptor: Descriptor,
  { graph }: Stored,
  { view, repository }: Destination,
): Promise<boolean> {
  const reading = await graph.store.load(descriptor);
  if (isReadable(reading) && reading.isTyped) return reading.mediaType === descriptor.mediaType;
  await graph.read(view, repository, "indexes");
  const [entry] = view.withDigest(repository, descriptor.digest);
  const { mediaType: known = "" } = entry ?? graph.claimed(view, repository, descriptor.digest) ?? {};
  if (known !== "" && known !== descriptor.mediaType) return false;
  if (isReadable(reading)) return reading.mediaType === descriptor.mediaType;
  // What cannot be read now may be as described.
  if (reading.cause !== undefined) throw reading.cause;
  return reading.state === "too large" && manifestKind(descriptor.mediaType) === "opaque";
}

function invalid(path: string, reason: string): RegistryError {
  return new RegistryError("MANIFEST_INVALID", `${path} ${reason}`, {
    detail: { problems: [{ path, reason }] },
  });
}
