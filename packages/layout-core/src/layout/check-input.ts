import type { Page } from "@ocilayout/oci-backend";
import { requireTag } from "@ocilayout/ociref";

/** `tags`, each once, all valid. */
export function requireTags(tags: readonly string[] = []): string[] {
  if (!Array.isArray(tags)) throw new TypeError(`tags must be an array, not ${typeof tags}`);
  return [...new Set(tags as readonly string[])].map((tag) => requireTag(tag));
}

/** The part of a sorted list that a caller asks for. */
export function selectPage(items: readonly string[], { startAfter, limit }: Page): readonly string[] {
  const first = startAfter === undefined ? 0 : countUpTo(items, startAfter);
  return items.slice(first, limit === undefined ? undefined : first + limit);
}

/** How many of the sorted `items` are not greater than `bound`. */
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
