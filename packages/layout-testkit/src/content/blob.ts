import type { Descriptor } from "@ocilayout/oci-types";
import { computeDigest, emptyDescriptor, ociMediaTypes, octetStream } from "@ocilayout/oci-types";

/** A value, or the promise of one, so that calls of builders nest without `await`. */
export type Awaitable<Value> = Value | Promise<Value>;

/** Bytes and their descriptor. */
export interface Content {
  /** Media type, digest and size, as a registry returns them. */
  readonly descriptor: Descriptor;
  /** The bytes. Do not change them. */
  readonly content: Uint8Array;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/**
 * Makes a blob of bytes, or of text in UTF-8.
 *
 * @param mediaType - Defaults to `text/plain` for text, `application/octet-stream` for bytes.
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

/** Makes a layer of type `application/vnd.oci.image.layer.v1.tar`. The content is not a tar file. */
export async function layer(content: string | Uint8Array): Promise<Content> {
  return blob(content, ociMediaTypes.layer);
}

/** Makes a JSON document of any value, for documents that the other builders do not make. */
export async function json(value: unknown, mediaType: string): Promise<Content> {
  return blob(JSON.stringify(value), mediaType);
}

/**
 * Makes the empty JSON object `{}`, the config of artifacts without a config.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidance-for-an-empty-descriptor}
 */
export const emptyBlob: Content = Object.freeze({
  descriptor: emptyDescriptor,
  // New bytes each time: a registry that changes its input must not change the input of the next one.
  get content() {
    return encode("{}");
  },
});
