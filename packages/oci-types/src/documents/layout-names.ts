/**
 * The file names in the directory of an OCI image layout.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-layout.md}
 */
export const layoutNames = {
  /** The file that marks a directory as a layout, with the version of the layout. */
  header: "oci-layout",
  /** The index of the layout: its list of manifests. */
  index: "index.json",
  /** The directory of the blobs: `blobs/<algorithm>/<encoded>`. */
  blobs: "blobs",
} as const;

/** The version of layouts that this project reads and writes. */
export const layoutVersion = "1.0.0" as const;
