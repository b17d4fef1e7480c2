import type { Descriptor } from "@ocilayout/oci-types";
import { computeDigest, emptyDescriptor, ociMediaTypes, octetStream } from "@ocilayout/oci-types";

/** A value, or the promise of one: so that builders nest without an `await` for each. */
export type Awaitable<Value> = Value | Promise<Value>;

/** Some bytes, and what they are. */
export interface Content {
  /** Media type, digest and size: what a registry answers for it. */
  readonly descriptor: Descriptor;
  /** The bytes themselves; not to be changed. */
  readonly content: Uint8Array;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/**
 * Makes a blob of bytes or, in UTF-8, of text.
 *
 * @param mediaType - Default `text/plain` for text, `application/octet-stream` for bytes.
 */
export async function blob(content: string | Uint8Array, mediaType?: string): Promise<Content> {
  const isText = typeof content === "string";
  const bytes = isText ? encode(content) : content.slice();
  const { digest, size } = await computeDigest(bytes);
  return {
    descriptor: {
      mediaType: mediaType ?? (isText ? "text/plain" : octetStream),
      digest,
      size,
    },
    content: bytes,
  };
}

/** Makes a layer of bytes or text: no tar, but who would look into it. `application/vnd.oci.image.layer.v1.tar`. */
export async function layer(content: string | Uint8Array): Promise<Content> {
  return blob(content, ociMediaTypes.layer);
}

/** Makes a document of a value, as JSON without white space: for what the other builders do not build. */
export async function json(value: unknown, mediaType: string): Promise<Content> {
  return blob(JSON.stringify(value), mediaType);
}

/**
 * The content `{}`, for where some is needed and there is nothing to say.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidance-for-an-empty-descriptor}
 */
export const emptyBlob: Content = Object.freeze({
  descriptor: emptyDescriptor,
  // New bytes each time: a registry that changes what it is given must not change what the next one gets.
  get content() {
    return encode("{}");
  },
});
