import type { CheckedDescriptor, StoredReferences } from "@ocilayout/oci-backend";
import type { Descriptor } from "@ocilayout/oci-types";
import { manifestKind } from "@ocilayout/oci-types";

import type { BlobFiles } from "../blobs/blob-files.ts";
import type { EntryView } from "../index-json/entry-table.ts";
import { isReadableDigest } from "../index-json/ref-name.ts";
import type { ManifestGraph } from "./manifest-graph.ts";
import { isReadable } from "./manifest-store.ts";

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

/** What `checkReferences` asks of a layout. */
export function storedReferences(stored: Stored, destination: Destination): StoredReferences {
  return {
    sizeOf: (digest) => (isReadableDigest(digest) ? stored.blobs.size(digest) : undefined),
    isAsDescribed: (child) => isAsDescribed(child, stored, destination),
  };
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
  // A digest that was not checked has no size: whether it is as described is never asked.
  const reading = await graph.store.load(descriptor as CheckedDescriptor);
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
