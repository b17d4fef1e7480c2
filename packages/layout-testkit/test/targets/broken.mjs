import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";

/** A registry whose ranges include the byte at end, as in HTTP. One of its two skips is stale. */
export function create() {
  const whole = createMemoryRegistry();
  const getBlobRange = (repo, digest, { start, end }, options) =>
    whole.getBlobRange(repo, digest, { start, end: end === undefined ? end : end + 1 }, options);
  return { registry: { ...whole, getBlobRange } };
}

export const capabilities = { persistent: false };
export const only = ["BLOB", "RANGE", "TAG"];
export const skip = { "RANGE-05": "known, and <not> mended yet", "BLOB-01": "was mended long ago" };
export const seed = 1;
