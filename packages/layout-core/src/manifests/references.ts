import type { CheckedDescriptor, StoredReferences } from "@ocilayout/oci-backend";
import type { Descriptor } from "@ocilayout/oci-types";
import { manifestKind } from "@ocilayout/oci-types";

import type { BlobFiles } from "../blobs/blob-files.ts";
import type { EntryView } from "../index-json/entry-table.ts";
import { isReadableDigest } from "../index-json/ref-name.ts";
import type { ManifestGraph } from "./manifest-graph.ts";
import { isReadable } from "./manifest-store.ts";

/** Where references are looked up. */
export interface Stored {
  readonly blobs: BlobFiles;
  readonly graph: ManifestGraph;
}

/** The repository that a manifest is pushed to. */
export interface Destination {
  readonly view: EntryView;
  readonly repository: string;
}

/** Answers the questions of `checkReferences` about a layout. */
export function storedReferences(stored: Stored, destination: Destination): StoredReferences {
  return {
    sizeOf: (digest) => (isReadableDigest(digest) ? stored.blobs.size(digest) : undefined),
    isAsDescribed: (child) => isAsDescribed(child, stored, destination),
  };
}

/**
 * Whether a stored child of an index is a manifest of the type that the index states. The child's bytes decide or, if
 * they state no type, the type under which the repository has it. Content that is too large to be parsed may have any
 * unknown type.
 */
async function isAsDescribed(
  descriptor: Descriptor,
  { graph }: Stored,
  { view, repository }: Destination,
): Promise<boolean> {
  // `checkReferences` asks only about children that have a size, and those have a valid digest.
  const reading = await graph.store.load(descriptor as CheckedDescriptor);
  if (isReadable(reading) && reading.isTyped) return reading.mediaType === descriptor.mediaType;
  await graph.read(view, repository, "indexes");
  const [entry] = view.withDigest(repository, descriptor.digest);
  const { mediaType: known = "" } = entry ?? graph.claimed(view, repository, descriptor.digest) ?? {};
  if (known !== "" && known !== descriptor.mediaType) return false;
  if (isReadable(reading)) return reading.mediaType === descriptor.mediaType;
  // It may be as described, but cannot be read now.
  if (reading.cause !== undefined) throw reading.cause;
  return reading.state === "too large" && manifestKind(descriptor.mediaType) === "opaque";
}
