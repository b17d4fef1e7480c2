import type { Descriptor } from "@ocilayout/oci-types";

/** A layer that only one of two images has. */
export interface LayerChange {
  readonly change: "added" | "removed";
  readonly digest: string;
  readonly mediaType: string;
  /** The size in bytes. */
  readonly size: number;
}

/** Returns the layers after the first ones that both images have. */
export function changesOfLayers(before: readonly Descriptor[], after: readonly Descriptor[]): LayerChange[] {
  const differing = before.findIndex(({ digest }, at) => after[at]?.digest !== digest);
  const start = differing < 0 ? before.length : differing;
  const change = (kind: LayerChange["change"], layers: readonly Descriptor[]): LayerChange[] =>
    layers.slice(start).map(({ digest, mediaType, size }) => ({ change: kind, digest, mediaType, size }));
  return [...change("removed", before), ...change("added", after)];
}
