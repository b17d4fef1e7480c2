/** What each package may import of its siblings (docs/decisions/0002). */
export const layers = {
  "oci-types": [],
  ociref: ["oci-types"],
  "oci-backend": ["oci-types", "ociref"],
  "oci-image": ["oci-types", "ociref"],
  "layout-core": ["oci-types", "ociref", "oci-backend"],
  "layout-per-repo": ["oci-types", "ociref", "oci-backend", "layout-core"],
  "layout-testkit": ["oci-types", "ociref", "oci-backend"],
  "oci-server": ["oci-types", "ociref"],
};

/** Packages that run in a browser: no `node:` module, no global that only Node has. */
export const browserSafe = ["oci-types", "ociref", "oci-backend", "oci-image"];
