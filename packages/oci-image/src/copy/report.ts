import type { Descriptor } from "@ocilayout/oci-types";

import type { CopyOutcome } from "./options.ts";

/** The result of a copy to one target. After a dry run: what a copy would do. */
export interface CopyReport {
  /** The manifest that the target has now. */
  readonly descriptor: Descriptor;
  /** Whether `platforms` left out manifests and the index was rewritten, so that its digest differs from the source's. */
  readonly isRewritten: boolean;
  /** The tags that were created or moved. */
  readonly tags: readonly string[];
  /** The number of manifests that the target did not have. */
  readonly manifests: number;
  /** The number of manifests of the source that refer to the copied ones. 0 unless `referrers` is set. */
  readonly referrers: number;
  /** The number of blobs by what happened to them. A dry run counts every missing blob as copied. */
  readonly blobs: Readonly<Record<CopyOutcome, number>>;
  /** The size of the blobs whose bytes were pushed. */
  readonly bytes: number;
}

/** Counts what happens to one target. */
export class Tally {
  /** The digests of everything that was pushed. */
  readonly pushed: Set<string> = new Set();
  manifests = 0;
  bytes = 0;
  readonly tags: string[] = [];
  readonly blobs: Record<CopyOutcome, number> = { present: 0, linked: 0, mounted: 0, copied: 0, skipped: 0 };

  /** Counts a blob. */
  blob({ size }: Descriptor, outcome: CopyOutcome): void {
    this.blobs[outcome] += 1;
    if (outcome === "copied") this.bytes += size;
  }
}

/** Counts what happens to each target of a copy. */
export class Tallies {
  readonly #all: Map<object, Tally> = new Map();

  /** Returns the counts of one target. */
  of(target: object): Tally {
    const tally = this.#all.get(target) ?? new Tally();
    this.#all.set(target, tally);
    return tally;
  }
}
