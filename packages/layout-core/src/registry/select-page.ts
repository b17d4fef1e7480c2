import type { Page } from "@ocilayout/oci-backend";

/** Returns the part of a sorted list that a caller asked for. */
export function selectPage(items: readonly string[], { startAfter, limit }: Page): readonly string[] {
  const first = startAfter === undefined ? 0 : countUpTo(items, startAfter);
  return items.slice(first, limit === undefined ? undefined : first + limit);
}

/** Counts the sorted `items` that are not greater than `bound`. */
function countUpTo(items: readonly string[], bound: string): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && item <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
