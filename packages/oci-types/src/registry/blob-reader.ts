import type { Descriptor } from "../documents/descriptor.ts";

/**
 * The content of a blob or manifest, to be consumed once, like the body of a `fetch` answer: a second consumption
 * is a `TypeError`. Size and digest are verified while it is read, and the last chunk comes only once they are
 * right: a corrupt blob ends in `CONTENT_CORRUPT` and never yields its full length, unless the consumer went without that
 * (`verify: false`). Every chunk is the consumer's to keep, unless it said otherwise (`chunks: "reused"`). Consuming it to the end,
 * leaving the loop and closing all free what it holds.
 */
export interface BlobReader extends AsyncIterable<Uint8Array>, AsyncDisposable {
  /** What the content is. For a range: the whole blob's. The caller may change it: the reader does not look at it again. */
  readonly descriptor: Descriptor;
  /** The content as a web stream that reads as fast as it is read. */
  stream(): ReadableStream<Uint8Array>;
  /** The content in one piece. */
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  /** The content decoded as UTF-8. */
  text(): Promise<string>;
  /** The content parsed as JSON; `MANIFEST_INVALID` where it is not JSON. */
  json(): Promise<unknown>;
  /** Frees what the reader holds; what is read afterwards rejects with `CLOSED`. Idempotent. */
  close(): Promise<void>;
}
