/**
 * The kinds of findings of `verify()` that any sequence of calls may cause: blobs without a manifest, referrers
 * without an entry, a layout without an entry, Docker's media types.
 */
export const harmlessFindings: readonly string[] = [
  "unreachable-blob",
  "unlisted-referrer",
  "empty-index",
  "docker-manifest",
];
