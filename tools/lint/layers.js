/** The packages that each package may import (docs/decisions/0002). */
export const layers = {
  "oci-types": [],
  ociref: ["oci-types"],
  "oci-backend": ["oci-types", "ociref"],
  "oci-image": ["oci-types", "ociref"],
  "layout-core": ["oci-types", "ociref", "oci-backend"],
  "layout-per-repo": ["oci-types", "ociref", "oci-backend", "layout-core"],
  "layout-archive": ["oci-types", "ociref", "oci-backend", "oci-image", "layout-core"],
  "layout-testkit": ["oci-types", "ociref", "oci-backend"],
  "oci-client": ["oci-types", "ociref", "oci-backend"],
  "oci-server": ["oci-types", "ociref"],
};

/** The packages that run in a browser: they use neither `node:` modules nor globals that only Node has. */
export const browserSafe = ["oci-types", "ociref", "oci-backend", "oci-image"];
