import type { Precondition } from "@ocilayout/oci-types";
import { requireDigest } from "@ocilayout/oci-types/authors";

/**
 * Refuses preconditions that make no sense: without a tag there is nothing that could match.
 *
 * @throws TypeError where there is no tag, where both forms are given or `ifNoneMatch` is not `"*"`; `RegistryError`
 * `DIGEST_INVALID` where `ifMatch` is neither `"*"` nor a digest.
 */
export function requirePrecondition({ ifMatch, ifNoneMatch }: Precondition, tags: readonly string[]): void {
  if (ifMatch === undefined && ifNoneMatch === undefined) return;
  if (tags.length === 0) throw new TypeError("ifMatch and ifNoneMatch need a tag");
  if (ifMatch !== undefined && ifNoneMatch !== undefined)
    throw new TypeError("give either ifMatch or ifNoneMatch");
  if (ifNoneMatch !== undefined && (ifNoneMatch as string) !== "*")
    throw new TypeError('ifNoneMatch must be "*"');
  if (ifMatch !== undefined && ifMatch !== "*") requireDigest(ifMatch);
}
