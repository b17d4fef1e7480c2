/**
 * The names in the directory of an OCI image layout.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-layout.md}
 */
export const layoutNames = {
  /** The file that makes a directory a layout, and that states its version. */
  header: "oci-layout",
  /** The index of the images in the layout. */
  index: "index.json",
  /** The directory of the blobs: `blobs/<algorithm>/<encoded>`. */
  blobs: "blobs",
} as const;

/** The version of the layouts that are read and written here. */
export const layoutVersion = "1.0.0" as const;
