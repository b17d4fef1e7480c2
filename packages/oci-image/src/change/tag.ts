import type { Descriptor, Precondition } from "@ocilayout/oci-types";
import { requireTag } from "@ocilayout/ociref";

import type { Place } from "../place/place.ts";
import { requirePlace } from "../place/place.ts";
import type { ReadManifestOptions } from "../reading/read-manifest.ts";
import { readManifest, requireReading } from "../reading/read-manifest.ts";

/** Options of {@link tag}. The precondition applies to each of the tags. */
export interface TagOptions extends ReadManifestOptions, Precondition {}

/**
 * Points tags at a manifest of the same repository. The manifest stays as it is, so it can be of any media type. All tags are
 * set together, or none. A tag that exists moves, unless `ifMatch` or `ifNoneMatch` prevents it.
 *
 * @param at - The manifest.
 * @param tags - One tag, or several.
 * @returns The media type, the digest and the size of the manifest.
 * @throws TypeError if `tags` is empty, or for a value of another type.
 * @throws `RegistryError` with one of these codes:
 *
 * - `NAME_INVALID`: a tag is invalid.
 * - `PRECONDITION_FAILED`: a tag does not fulfil `ifMatch` or `ifNoneMatch`.
 * - `MANIFEST_UNKNOWN`, `MANIFEST_INVALID`, `CONTENT_CORRUPT`, `SIZE_INVALID`: as in `readManifest`.
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests}
 */
export async function tag(
  at: Place,
  tags: string | readonly string[],
  options: TagOptions = {},
): Promise<Descriptor> {
  const place = requirePlace(at);
  const names = requireTags(typeof tags === "string" ? [tags] : tags);
  if (names.length === 0) throw new TypeError("tags must not be empty");
  const reading = requireReading(options);
  const { ifMatch, ifNoneMatch } = options;
  const { bytes, descriptor } = await readManifest(place, reading);
  const { digest, mediaType } = descriptor;
  const { signal } = reading;
  await place.registry.pushManifest(place.repository, bytes, mediaType, {
    digest,
    tags: names,
    ifMatch,
    ifNoneMatch,
    signal,
  });
  return descriptor;
}

/**
 * Checks a list of tags.
 *
 * @throws TypeError if it is not an array of strings; `RegistryError` `NAME_INVALID` if a tag is invalid.
 */
export function requireTags(tags: readonly string[]): readonly string[] {
  if (!Array.isArray(tags)) throw new TypeError(`tags must be an array of strings, not ${typeof tags}`);
  return tags.map(requireTag);
}
