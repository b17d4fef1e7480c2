import type { CheckedPlace, Place } from "../place/place.ts";
import { requirePlace } from "../place/place.ts";
import type { Destination } from "./copying.ts";
import { copyTo } from "./copying.ts";
import type { CheckedCopyOptions, CopyOptions, CopySource } from "./options.ts";
import { requireCopyOptions } from "./options.ts";
import type { CopyReport } from "./report.ts";
import { Target } from "./target.ts";

/** Copies a manifest to several targets, as the call with one target does. Each blob is read once for all of them. */
export async function copy(
  from: Place<CopySource>,
  to: readonly Place[],
  options?: CopyOptions,
): Promise<readonly CopyReport[]>;
/**
 * Copies a manifest with everything that it consists of: configs and layers first, then manifests after their children, and
 * the tag last. So a copy that fails or is killed leaves no tag that points at missing content, and the next copy
 * copies only the rest.
 *
 * - The target is asked for the tag. If the tag points at the manifest already, nothing else is asked or copied. Only
 *   `referrers` and `check` can make more questions necessary.
 * - A target that has a manifest is trusted to have everything below it, unless `check` is `"deep"` or `"content"`. If it then rejects the
 *   parent with `MANIFEST_BLOB_UNKNOWN`, the missing parts are pushed again.
 * - Blobs are linked between layouts of one file system and mounted within one registry, unless `link` is false. Linked and
 *   mounted blobs are not read, so corrupt ones stay corrupt. All others are verified against their digests, and are never compressed again.
 * - Every manifest is verified, even if the source does not verify content. A source that is not trusted is bounded by
 *   `limits`.
 * - A layer that the source does not have is skipped if it has `urls`.
 * - Content of unknown media types is copied as it is, without what it refers to.
 *
 * @param to - The target. `reference` is a tag, or the digest that the manifest has.
 * @throws `RegistryError` with one of these codes. No tag points at missing content then. The tags of a target are set in
 * its last call, and those of several targets one after the other, so some targets may have theirs.
 *
 * - `MANIFEST_UNKNOWN`, `BLOB_UNKNOWN`: the source lacks content, or an image for one of `platforms`.
 * - `MANIFEST_INVALID`: a manifest is invalid, is not what its parent states, or exceeds `limits`.
 * - `SIZE_INVALID`: a manifest is larger than `maxManifestBytes`, everything is larger than `limits.bytes`, or the source
 *   states an invalid size.
 * - `CONTENT_CORRUPT`: content of the source does not match its digest or size.
 * - `DIGEST_INVALID`: `to.reference` is another digest, or a digest of the source cannot be verified.
 * - Any code of the registries themselves.
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#push}
 */
export async function copy(from: Place<CopySource>, to: Place, options?: CopyOptions): Promise<CopyReport>;
export async function copy(
  from: Place<CopySource>,
  to: Place | readonly Place[],
  options: CopyOptions = {},
): Promise<CopyReport | readonly CopyReport[]> {
  const source = requirePlace(from);
  const checked = requireCopyOptions(options);
  const destinations = (isList(to) ? to : [to]).map((place) => destinationOf(requirePlace(place), checked));
  const reports = await copyTo(source, destinations, checked);
  const [only] = reports;
  return isList(to) || only === undefined ? reports : only;
}

function destinationOf(place: CheckedPlace, options: CheckedCopyOptions): Destination {
  const { tag, digest } = place;
  return {
    target: new Target(place, options),
    tags: [...new Set([...(tag === undefined ? [] : [tag]), ...options.tags])],
    digest,
  };
}

function isList(to: Place | readonly Place[]): to is readonly Place[] {
  return Array.isArray(to);
}
