import { requireCount, requireObject } from "@ocilayout/oci-types/authors";

import { beyond } from "../decompression/errors.ts";

/** Limits for an image that is not trusted. Beyond a limit, reading fails with `SIZE_INVALID`. */
export interface LayerLimits {
  /** The maximum number of layers. Defaults to 1,000. */
  readonly layers?: number | undefined;
  /** The maximum size of a layer after decompression, in bytes. Defaults to 64 GiB. */
  readonly layerBytes?: number | undefined;
  /** The maximum size of all layers of an image after decompression, in bytes. Defaults to 256 GiB. */
  readonly bytes?: number | undefined;
  /** The maximum ratio of decompressed to compressed bytes, after the first 64 MiB of a layer. Defaults to 1,000. */
  readonly ratio?: number | undefined;
  /** The maximum number of entries in all layers. Defaults to 1,000,000. */
  readonly entries?: number | undefined;
  /** The maximum size of a file with the zeros of a sparse file, in bytes. Defaults to 1 TiB. */
  readonly fileBytes?: number | undefined;
  /** The maximum memory for the tree of files, in bytes, as an estimate. Defaults to 512 MiB. */
  readonly treeBytes?: number | undefined;
}

/** Limits after they were checked. */
export type CheckedLimits = { readonly [Name in keyof LayerLimits]-?: number };

const GIB = 1024 ** 3;

/** The size of a decompressed layer up to which its ratio does not count, in bytes. */
export const RATIO_FREE_BYTES: number = 64 * 1024 * 1024;

/**
 * The maximum number of names that are looked up behind symlinks, and for targets of hard links in lower layers. Without it, the
 * time would grow with the number of entries times the length of the targets or the number of layers.
 */
export const MAX_STEPS: number = 10_000_000;

/**
 * Checks limits, and sets defaults.
 *
 * @throws TypeError or RangeError if a limit is not a count.
 */
export function requireLimits(limits: LayerLimits = {}): CheckedLimits {
  requireObject(limits, "limits");
  return {
    layers: requireCount(limits.layers ?? 1000, "limits.layers"),
    layerBytes: requireCount(limits.layerBytes ?? 64 * GIB, "limits.layerBytes"),
    bytes: requireCount(limits.bytes ?? 256 * GIB, "limits.bytes"),
    ratio: requireCount(limits.ratio ?? 1000, "limits.ratio"),
    entries: requireCount(limits.entries ?? 1_000_000, "limits.entries"),
    fileBytes: requireCount(limits.fileBytes ?? 1024 * GIB, "limits.fileBytes"),
    treeBytes: requireCount(limits.treeBytes ?? 512 * 1024 * 1024, "limits.treeBytes"),
  };
}

/** Counts what all layers of an image use of the limits together. */
export class Budget {
  readonly limits: CheckedLimits;
  #bytes = 0;
  #entries = 0;
  #treeBytes = 0;
  #steps = 0;

  constructor(limits: CheckedLimits) {
    this.limits = limits;
  }

  /** Counts decompressed bytes. */
  addBytes(count: number): void {
    this.#bytes += count;
    if (this.#bytes > this.limits.bytes) throw beyond("the size of all layers", this.limits.bytes);
  }

  /** Counts an entry. */
  addEntry(): void {
    this.#entries += 1;
    if (this.#entries > this.limits.entries) throw beyond("the number of entries", this.limits.entries);
  }

  /** Counts memory of the tree. A negative number frees it. */
  addTreeBytes(count: number): void {
    this.#treeBytes += count;
    if (this.#treeBytes > this.limits.treeBytes)
      throw beyond("the memory for the tree of files", this.limits.treeBytes);
  }

  /** Counts names that are looked up. */
  addSteps(count: number): void {
    this.#steps += count;
    if (this.#steps > MAX_STEPS) throw beyond("the number of names behind links", MAX_STEPS);
  }
}
