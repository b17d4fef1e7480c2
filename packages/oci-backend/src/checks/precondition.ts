import type { Precondition } from "@ocilayout/oci-types";
import { requireDigest } from "@ocilayout/oci-types/authors";

/**
 * Rejects invalid preconditions.
 *
 * @throws TypeError if there are no tags, if both forms are used, or if `ifNoneMatch` is not `"*"`.
 * @throws `RegistryError` `DIGEST_INVALID` if `ifMatch` is neither `"*"` nor a digest.
 */
export function requirePrecondition({ ifMatch, ifNoneMatch }: Precondition, tags: readonly string[]): void {
  if (ifMatch === undefined && ifNoneMatch === undefined) return;
  if (tags.length === 0) throw new TypeError("ifMatch and ifNoneMatch need a tag");
  if (ifMatch !== undefined && ifNoneMatch !== undefined)
    throw new TypeError("ifMatch and ifNoneMatch cannot be used together");
  if (ifNoneMatch !== undefined && (ifNoneMatch as string) !== "*")
    throw new TypeError('ifNoneMatch must be "*"');
  if (ifMatch !== undefined && ifMatch !== "*") requireDigest(ifMatch);
}
