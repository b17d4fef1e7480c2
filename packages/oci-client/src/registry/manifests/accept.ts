import { dockerMediaTypes, ociMediaTypes } from "@ocilayout/oci-types";

/**
 * The value of `Accept` for manifests. A registry may convert a manifest whose type is missing, or claim that it does not
 * have it.
 */
export const acceptManifests: string = [
  ociMediaTypes.imageManifest,
  ociMediaTypes.imageIndex,
  dockerMediaTypes.manifest,
  dockerMediaTypes.manifestList,
  "*/*",
].join(", ");
