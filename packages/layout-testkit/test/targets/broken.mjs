import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";

/** Its ranges end with the last byte, as HTTP's do. Of its skips one has a reason, and one has it no longer. */
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
