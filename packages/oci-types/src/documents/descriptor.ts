import type { Digest } from "../basics/digest.ts";
import { ociMediaTypes } from "./media-types.ts";

/** Text for text, about the thing it stands on. */
export type Annotations = Readonly<Record<string, string>>;

/**
 * The platform that an image runs on.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-index.md#image-index-property-descriptions}
 */
export interface Platform {
  /** As Go's GOARCH: `amd64`, `arm64`. */
  readonly architecture: string;
  /** As Go's GOOS: `linux`, `windows`. */
  readonly os: string;
  /** Of the operating system; for Windows it decides whether an image runs. */
  readonly "os.version"?: string | undefined;
  /** What the operating system must have: `win32k`. */
  readonly "os.features"?: readonly string[] | undefined;
  /** Of the processor: `v7`, `v8`. */
  readonly variant?: string | undefined;
  /** Reserved by the specification. */
  readonly features?: readonly string[] | undefined;
}

/**
 * What some content is: its type, its digest and its size.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/descriptor.md}
 */
export interface Descriptor {
  /** What the content is, by RFC 6838. */
  readonly mediaType: string;
  /** What the content is named by. */
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
  /** Where else the content can be had. */
  readonly urls?: readonly string[] | undefined;
  /** What else is to be said of the content. */
  readonly annotations?: Annotations | undefined;
  /** The content itself, in base64. */
  readonly data?: string | undefined;
  /** What kind of artifact the described manifest is. */
  readonly artifactType?: string | undefined;
  /** Where the described image runs. */
  readonly platform?: Platform | undefined;
}

/**
 * The descriptor of `{}`, for where one is needed and there is nothing to describe.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidance-for-an-empty-descriptor}
 */
export const emptyDescriptor: Descriptor = Object.freeze({
  mediaType: ociMediaTypes.empty,
  digest: "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
  size: 2,
  data: "e30=",
});

/** What a pushed blob must turn out to be. */
export interface BlobDescriptor {
  /** What the content must hash to. */
  readonly digest: string;
  /** The size in bytes; where absent, the digest alone decides. */
  readonly size?: number | undefined;
}
