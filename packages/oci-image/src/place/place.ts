import type { Digest, Registry } from "@ocilayout/oci-types";
import { requireDigest, requireObject, requireString } from "@ocilayout/oci-types/authors";
import { requireRepository, requireTag } from "@ocilayout/ociref";

/**
 * Names a manifest in a registry. Every function that works on an image or artifact takes one.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests}
 */
export interface Place<Source = Registry> {
  /** The registry. Functions that only read accept a registry that only reads. */
  readonly registry: Source;
  /** The name of the repository. */
  readonly repository: string;
  /** A tag, or a digest with its algorithm. */
  readonly reference: string;
}

/** A {@link Place} with checked names. `reference` is either a tag or a digest. */
export type CheckedPlace<Source = Registry> = Place<Source> &
  (
    | { readonly tag: string; readonly digest?: undefined }
    | { readonly digest: Digest; readonly tag?: undefined }
  );

/**
 * Checks the names of a place.
 *
 * @throws `RegistryError` `NAME_INVALID` if the repository or the tag is invalid, `DIGEST_INVALID` if a reference with a
 * colon is not a digest; TypeError for values of other types.
 */
export function requirePlace<Source>(place: Place<Source>): CheckedPlace<Source> {
  const { registry, repository } = requireRepositoryOf(place);
  const { reference } = place;
  requireString(reference, "a reference");
  const checked = { registry, repository, reference };
  return reference.includes(":")
    ? { ...checked, digest: requireDigest(reference).digest }
    : { ...checked, tag: requireTag(reference) };
}

/** Checks the part of a place that names the repository, as {@link requirePlace} does. */
export function requireRepositoryOf<Source>(
  place: Omit<Place<Source>, "reference">,
): Omit<Place<Source>, "reference"> {
  requireObject(place, "a place");
  const { registry, repository } = place;
  if (typeof registry !== "object" || registry === null) throw new TypeError("a place must have a registry");
  return { registry, repository: requireRepository(repository) };
}

/** Returns the place of another manifest in the same repository. */
export function sibling<Source>(place: Place<Source>, reference: string): Place<Source> {
  return { registry: place.registry, repository: place.repository, reference };
}
