import type { Descriptor, ImageIndex } from "@ocilayout/oci-types";

import { attestedDigest } from "../platform/select-platform.ts";
import { annotateDocument } from "./change-image.ts";
import { changeMembers } from "./members.ts";
import type { ContentName, Rewritten } from "./rewrite.ts";
import { pointAt, rewrite } from "./rewrite.ts";
import type { CheckedTextChanges } from "./text-changes.ts";

/** The changes of an index. */
export interface IndexChanges {
  /** The digests and sizes of the changed manifests, by the digests before. */
  readonly replaced: ReadonlyMap<string, ContentName>;
  readonly annotations: CheckedTextChanges | undefined;
}

/** An index after a change. */
export interface ChangedIndex extends Rewritten<ImageIndex> {
  /** The entries of attestations that are about a manifest before its change. The index no longer has them. */
  readonly dropped: readonly Descriptor[];
}

/**
 * Changes an index. The entry of a changed manifest gets the new digest and size, and keeps its platform, its annotations and
 * unknown members. An attestation about a changed manifest is dropped.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-index.md#image-index-property-descriptions}
 */
export function changeIndex(index: ImageIndex, { replaced, annotations }: IndexChanges): ChangedIndex {
  const dropped: Descriptor[] = [];
  const manifests: Descriptor[] = [];
  for (const entry of index.manifests) {
    const to = replaced.get(entry.digest);
    if (to !== undefined) manifests.push(pointAt(entry, to));
    else if (replaced.has(attestedDigest(entry) ?? "")) dropped.push(entry);
    else manifests.push(entry);
  }
  const changed = changeMembers(index, [["manifests", manifests]]);
  return { ...rewrite(index, annotateDocument(changed, annotations)), dropped };
}
