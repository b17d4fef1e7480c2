/**
 * The media types of the OCI image-spec.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/media-types.md}
 */
export const ociMediaTypes = {
  /** A descriptor as a document. */
  descriptor: "application/vnd.oci.descriptor.v1+json",
  /** The `oci-layout` file. */
  layoutHeader: "application/vnd.oci.layout.header.v1+json",
  imageIndex: "application/vnd.oci.image.index.v1+json",
  imageManifest: "application/vnd.oci.image.manifest.v1+json",
  imageConfig: "application/vnd.oci.image.config.v1+json",
  /** The content `{}` of `emptyDescriptor`. */
  empty: "application/vnd.oci.empty.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
  layerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  layerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  /** Layers that must not be distributed. The specification deprecates them. */
  layerNondistributable: "application/vnd.oci.image.layer.nondistributable.v1.tar",
  layerNondistributableGzip: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
  layerNondistributableZstd: "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
} as const;

/**
 * The media types of Docker's image manifest, version 2, schema 2.
 *
 * @see {@link https://distribution.github.io/distribution/spec/manifest-v2-2/}
 */
export const dockerMediaTypes = {
  manifestList: "application/vnd.docker.distribution.manifest.list.v2+json",
  manifest: "application/vnd.docker.distribution.manifest.v2+json",
  imageConfig: "application/vnd.docker.container.image.v1+json",
  layerGzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  /** A layer that clients download from its `urls`. */
  foreignLayer: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
} as const;

/** The media type of unknown bytes. Every resolved blob has it. */
export const octetStream = "application/octet-stream" as const;

/** How a registry treats content of a media type: as an image manifest, as an index, or as opaque bytes. */
export type ManifestKind = "image" | "index" | "opaque";

const KINDS: ReadonlyMap<string, ManifestKind> = new Map<string, ManifestKind>([
  [ociMediaTypes.imageManifest, "image"],
  [dockerMediaTypes.manifest, "image"],
  [ociMediaTypes.imageIndex, "index"],
  [dockerMediaTypes.manifestList, "index"],
]);

/**
 * Returns the kind of a media type. Only OCI's and Docker's image manifest and index are not opaque. The comparison is
 * case-sensitive, as in other registries and runtimes.
 */
export function manifestKind(mediaType: string): ManifestKind {
  return KINDS.get(mediaType) ?? "opaque";
}

/** The maximum length of a media type: two names of RFC 6838 with a slash between them. */
const maxMediaTypeLength = 255;

const name = "[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}";
const MEDIA_TYPE = new RegExp(`^${name}/${name}$`);

/**
 * Whether `value` is a media type without parameters.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6838#section-4.2}
 */
export function isMediaType(value: unknown): value is string {
  return typeof value === "string" && value.length <= maxMediaTypeLength && MEDIA_TYPE.test(value);
}

/** Returns `mediaType` without parameters and surrounding white space. */
export function stripMediaTypeParameters(mediaType: string): string {
  const semicolon = mediaType.indexOf(";");
  return (semicolon < 0 ? mediaType : mediaType.slice(0, semicolon)).trim();
}
