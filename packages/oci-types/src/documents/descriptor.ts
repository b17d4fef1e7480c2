import type { Digest } from "../basics/digest.ts";
import { ociMediaTypes } from "./media-types.ts";

/** Annotations: text under a key. */
export type Annotations = Readonly<Record<string, string>>;

/**
 * The platform that an image runs on.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-index.md#image-index-property-descriptions}
 */
export interface Platform {
  /** The processor, as in Go's `GOARCH`: `amd64`, `arm64`. */
  readonly architecture: string;
  /** The operating system, as in Go's `GOOS`: `linux`, `windows`. */
  readonly os: string;
  /** The version of the operating system. On Windows it decides whether an image runs. */
  readonly "os.version"?: string | undefined;
  /** The features that the operating system must have: `win32k`. */
  readonly "os.features"?: readonly string[] | undefined;
  /** The variant of the processor: `v7`, `v8`. */
  readonly variant?: string | undefined;
  /** Reserved by the specification. */
  readonly features?: readonly string[] | undefined;
}

/**
 * Describes content by its media type, digest and size.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/descriptor.md}
 */
export interface Descriptor {
  /** The media type of the content, in the form of RFC 6838. */
  readonly mediaType: string;
  /** The digest of the content. */
  readonly digest: Digest;
  /** The size of the content, in bytes. */
  readonly size: number;
  /** Other places to download the content from. */
  readonly urls?: readonly string[] | undefined;
  /** Annotations of the content. */
  readonly annotations?: Annotations | undefined;
  /** The content itself, in base64. */
  readonly data?: string | undefined;
  /** The artifact type of the described manifest. */
  readonly artifactType?: string | undefined;
  /** The platform of the described image. */
  readonly platform?: Platform | undefined;
}

/**
 * The descriptor of the content `{}`. Use it as the `config` of an artifact that needs no config.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidance-for-an-empty-descriptor}
 */
export const emptyDescriptor: Descriptor = Object.freeze({
  mediaType: ociMediaTypes.empty,
  digest: "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
  size: 2,
  data: "e30=",
});

/** The expected digest and size of a pushed blob. A {@link Descriptor} is one, too. */
export interface BlobDescriptor {
  /** The digest that the content must have. */
  readonly digest: string;
  /** The size that the content must have, in bytes. Absent: the digest alone decides. */
  readonly size?: number | undefined;
}
