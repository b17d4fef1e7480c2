import type { Descriptor } from "@ocilayout/oci-types";
import { isRecord } from "@ocilayout/oci-types/authors";

import type { StatedDescriptor } from "./stated.ts";
import { requireStatedDigest, requireStatedSize, requireStatedType } from "./stated.ts";

/**
 * Returns the media type, the digest and the size of a descriptor that a registry states, which can be any value.
 *
 * @param what - The content, in the message.
 * @throws `RegistryError` `MANIFEST_INVALID`, `DIGEST_INVALID` or `SIZE_INVALID` if one of them is invalid.
 */
export function requireStatedDescriptor(value: unknown, what: string): Descriptor {
  const stated: StatedDescriptor = isRecord(value) ? value : {};
  return {
    mediaType: requireStatedType(stated, what),
    digest: requireStatedDigest(stated, what),
    size: requireStatedSize(stated, what, Infinity),
  };
}
