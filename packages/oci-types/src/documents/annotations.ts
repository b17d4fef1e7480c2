/**
 * The annotation keys that the OCI image-spec defines, and one that containerd defines.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/annotations.md}
 */
export const annotationKeys = {
  /** The time of the build, in the form of RFC 3339. */
  created: "org.opencontainers.image.created",
  authors: "org.opencontainers.image.authors",
  /** A URL with more information. */
  url: "org.opencontainers.image.url",
  documentation: "org.opencontainers.image.documentation",
  /** A URL of the source code. */
  source: "org.opencontainers.image.source",
  version: "org.opencontainers.image.version",
  /** The revision of the source code in version control. */
  revision: "org.opencontainers.image.revision",
  vendor: "org.opencontainers.image.vendor",
  /** The licences, as an SPDX expression. */
  licenses: "org.opencontainers.image.licenses",
  /** The name of an entry in a layout's `index.json`. */
  refName: "org.opencontainers.image.ref.name",
  title: "org.opencontainers.image.title",
  description: "org.opencontainers.image.description",
  /** The digest of the image that this one was built on. */
  baseDigest: "org.opencontainers.image.base.digest",
  /** The reference of the image that this one was built on. */
  baseName: "org.opencontainers.image.base.name",
  /** The full name that containerd, Docker and BuildKit give an entry in a layout's `index.json`. */
  containerdImageName: "io.containerd.image.name",
} as const;
